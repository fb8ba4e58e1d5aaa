package redisproxy.front.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.RateLimit;
import redisproxy.auth.ClientAddress;

/** Refuses what one client, or all together, ask too often over HTTP. */
public final class HttpLimit implements Handler<HttpServerRequest> {
  private static final String EXCEEDED = "too many requests, try again in a second";

  private final RateLimit rate;
  private final Handler<HttpServerRequest> next;

  /** A limit before what answers the requests that are not too many. */
  HttpLimit(RateLimit rate, Handler<HttpServerRequest> next) {
    this.rate = rate;
    this.next = next;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (rate.isOn() && isExceeded(rate, request)) {
      refuse(request);
    } else {
      next.handle(request);
    }
  }

  /** Whether a request is one too many; else it counts. */
  public static boolean isExceeded(RateLimit rate, HttpServerRequest request) {
    rate.tick();
    return !rate.take(ClientAddress.of(request.remoteAddress().hostAddress()));
  }

  /** The answer to one too many. */
  public static Problem problem() {
    return Problem.of(429, EXCEEDED);
  }

  /** As the project it comes from has it, {@code /lookup} says 503. */
  private static void refuse(HttpServerRequest request) {
    if ("/lookup".equals(request.path())) {
      HttpStyle.LOOKUP.fail(request, key(request), Problem.of(503, EXCEEDED));
    } else {
      problem().end(request);
    }
  }

  private static byte @Nullable [] key(HttpServerRequest request) {
    try {
      return HttpKeys.inQuery(request);
    } catch (IllegalArgumentException notEncoded) {
      return null;
    }
  }
}
