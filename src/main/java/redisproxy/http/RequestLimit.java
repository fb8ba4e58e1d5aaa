package redisproxy.http;

import io.vertx.core.http.HttpServerRequest;
import redisproxy.admission.RateLimit;
import redisproxy.auth.ClientAddress;

/** Limits how many HTTP requests a client may send in a second. */
public final class RequestLimit {
  public static final String EXCEEDED = "too many requests, try again in a second";

  private RequestLimit() {}

  /** Whether a request exceeds the limit. If not, it is counted. */
  public static boolean isExceeded(RateLimit rate, HttpServerRequest request) {
    rate.tick();
    return !rate.take(ClientAddress.of(request.remoteAddress().hostAddress()));
  }

  /** The answer to a request that exceeds the limit. */
  public static Problem problem() {
    return Problem.of(429, EXCEEDED);
  }
}
