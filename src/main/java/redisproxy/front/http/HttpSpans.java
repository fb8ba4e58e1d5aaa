package redisproxy.front.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import java.util.IdentityHashMap;
import org.jspecify.annotations.Nullable;
import redisproxy.tracing.RequestSpan;
import redisproxy.tracing.Spans;

/** The spans of the requests that one HTTP front is answering. To be used on its event loop. */
final class HttpSpans {
  /** Null where none are wanted. */
  private final @Nullable Spans spans;

  /** By their responses, which are the same whatever the router has wrapped the request in. */
  private final IdentityHashMap<HttpServerResponse, RequestSpan> open = new IdentityHashMap<>();

  /**
   * None yet.
   *
   * @param spans null where none are wanted
   */
  HttpSpans(@Nullable Spans spans) {
    this.spans = spans;
  }

  /** A request has come. */
  void begin(HttpServerRequest request) {
    if (spans != null) {
      HttpMethod method = request.method();
      // Others are refused, and may have any name.
      boolean isRead = HttpMethod.GET.equals(method) || HttpMethod.HEAD.equals(method);
      String name = isRead ? method.name() : "_OTHER";
      open.put(request.response(), spans.request(name, request.scheme(), request::getHeader));
    }
  }

  /** The span of a request, or null. */
  @Nullable RequestSpan of(HttpServerRequest request) {
    return spans == null ? null : open.get(request.response());
  }

  /** It has been answered, or the client is gone. */
  void end(HttpServerResponse response) {
    RequestSpan span = spans == null ? null : open.remove(response);
    if (span != null) {
      span.ended(response.ended() ? response.getStatusCode() : 0);
    }
  }
}
