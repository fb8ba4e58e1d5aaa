package redisproxy.admin;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import redisproxy.bus.Bus;
import redisproxy.bus.CoherenceState;
import redisproxy.bus.Reading;

/**
 * The response of {@code /health/*}: each check by its name, with its status and details.
 *
 * @param isGood whether to keep the process (live), or to send it clients (ready)
 */
public record Health(boolean isGood, JsonObject body) {

  /** Whether to keep the process: none of its event loops is stuck. */
  public static Health live(Reading reading) {
    boolean up = reading.silent().isEmpty();
    return new Health(
        up, new JsonObject().put("status", up ? "up" : "down").put("event-loops", loops(reading)));
  }

  /**
   * Whether to send clients: Redis has been reached at least once, so cached keys can be served.
   */
  public static Health ready(Reading reading) {
    Bus.Report cache = reading.cache();
    if (!reading.silent().isEmpty() || cache == null) {
      return new Health(
          false, new JsonObject().put("status", "down").put("event-loops", loops(reading)));
    }
    boolean isHealthy = cache.redis().now() && cache.coherence().reason().isEmpty();
    String status = isHealthy ? "ready" : cache.redis().ever() ? "degraded" : "not ready";
    return new Health(
        cache.redis().ever(),
        new JsonObject()
            .put("status", status)
            .put("redis", redis(cache))
            .put("coherence", coherence(cache.coherence()))
            .put("event-loops", loops(reading)));
  }

  private static JsonObject loops(Reading reading) {
    boolean up = reading.silent().isEmpty();
    JsonObject loops = new JsonObject().put("status", up ? "up" : "down");
    return up ? loops : loops.put("stuck", new JsonArray(reading.silent()));
  }

  static JsonObject redis(Bus.Report report) {
    boolean up = report.redis().now();
    JsonObject redis = new JsonObject().put("status", up ? "up" : "down").put("connected", up);
    return up ? redis : redis.put("reason", report.redis().reason());
  }

  static JsonObject coherence(CoherenceState coherence) {
    boolean up = coherence.reason().isEmpty();
    JsonObject json =
        new JsonObject()
            .put("state", coherence.state())
            .put("status", up ? "up" : "degraded")
            .put("trust", coherence.trustName());
    return up ? json : json.put("reason", coherence.reason());
  }
}
