package redisproxy.front.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import redisproxy.tracing.RequestSpan;
import redisproxy.tracing.Spans;

/** The spans of the requests in progress in one HTTP front. Belongs to its event loop. */
final class HttpSpans {
  /** Null if tracing is off. */
  private final @Nullable Spans spans;

  /** Keyed by response, because the router may wrap the request but not the response. */
  private final IdentityHashMap<HttpServerResponse, RequestSpan> open = new IdentityHashMap<>();

  /**
   * Starts without spans.
   *
   * @param spans null if tracing is off
   */
  HttpSpans(@Nullable Spans spans) {
    this.spans = spans;
  }

  /** Begins the span of a request. */
  void begin(HttpServerRequest request) {
    if (spans != null) {
      HttpMethod method = request.method();
      // Other methods are refused, and a client may send any name.
      boolean isRead = HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method);
      String name = isRead ? method.name() : "_OTHER";
      open.put(request.response(), spans.request(name, request.scheme(), request::getHeader));
    }
  }

  /** The span of a request, or null. */
  @Nullable RequestSpan of(HttpServerRequest request) {
    return spans == null ? null : open.get(request.response());
  }

  /** Ends the span of a request that was answered, or whose client is gone. */
  void end(HttpServerResponse response) {
    RequestSpan span = spans == null ? null : open.remove(response);
    if (span != null) {
      span.ended(response.ended() ? response.getStatusCode() : 0);
    }
  }
}
