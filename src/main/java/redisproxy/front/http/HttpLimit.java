package redisproxy.front.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.RateLimit;
import redisproxy.http.HttpKeys;
import redisproxy.http.Problem;
import redisproxy.http.RequestLimit;

/** Refuses HTTP requests beyond the rate of one client or of all clients together. */
public final class HttpLimit implements Handler<HttpServerRequest> {

  private final RateLimit rate;
  private final Handler<HttpServerRequest> next;

  /** Passes the requests within the limit to the next handler. */
  HttpLimit(RateLimit rate, Handler<HttpServerRequest> next) {
    this.rate = rate;
    this.next = next;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (rate.isOn() && RequestLimit.isExceeded(rate, request)) {
      refuse(request);
    } else {
      next.handle(request);
    }
  }

  /** {@code /lookup} answers 503, as in the project it comes from. */
  private static void refuse(HttpServerRequest request) {
    if ("/lookup".equals(request.path())) {
      HttpStyle.LOOKUP.fail(request, key(request), Problem.of(503, RequestLimit.EXCEEDED));
    } else {
      RequestLimit.problem().end(request);
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
