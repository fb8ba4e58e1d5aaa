package redisproxy.http;

import io.vertx.core.http.HttpServerRequest;
import redisproxy.admission.RateLimit;
import redisproxy.auth.ClientAddress;

/** How many requests a client may send over HTTP in a second. */
public final class RequestLimit {
  public static final String EXCEEDED = "too many requests, try again in a second";

  private RequestLimit() {}

  /** Whether a request is one too many; else it counts. */
  public static boolean isExceeded(RateLimit rate, HttpServerRequest request) {
    rate.tick();
    return !rate.take(ClientAddress.of(request.remoteAddress().hostAddress()));
  }

  /** The answer to one too many. */
  public static Problem problem() {
    return Problem.of(429, EXCEEDED);
  }
}
