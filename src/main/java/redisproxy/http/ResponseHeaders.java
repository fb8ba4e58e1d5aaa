package redisproxy.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;

/**
 * The headers of every response, errors included: the date (RFC 9110, 6.6.1), and an order to
 * browsers not to guess a content type. Without the latter, a page of another origin could load a
 * value as a script.
 */
public final class ResponseHeaders {
  private static final CharSequence CONTENT_TYPE_OPTIONS =
      HttpHeaders.createOptimized("x-content-type-options");
  private static final CharSequence NOSNIFF = HttpHeaders.createOptimized("nosniff");
  private static final HttpDate DATE = new HttpDate(System::currentTimeMillis);

  private ResponseHeaders() {}

  /** Sets the headers before the handler sees the request, so every response has them. */
  public static Handler<HttpServerRequest> before(Handler<HttpServerRequest> next) {
    return request -> {
      addTo(request.response());
      next.handle(request);
    };
  }

  public static void addTo(HttpServerResponse response) {
    response.putHeader(HttpHeaders.DATE, DATE.now()).putHeader(CONTENT_TYPE_OPTIONS, NOSNIFF);
  }
}
