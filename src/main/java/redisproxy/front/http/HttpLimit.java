package redisproxy.front.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpServerRequest;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.RateLimit;
import redisproxy.http.HttpKeys;
import redisproxy.http.Problem;
import redisproxy.http.RequestLimit;

/** Refuses what one client, or all together, ask too often over HTTP. */
public final class HttpLimit implements Handler<HttpServerRequest> {

  private final RateLimit rate;
  private final Handler<HttpServerRequest> next;

  /** A limit before what answers the requests that are not too many. */
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

  /** As the project it comes from has it, {@code /lookup} says 503. */
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
