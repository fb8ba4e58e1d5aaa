package redisproxy.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;

/**
 * Refuses ambiguous requests before anything else handles them. Another server on the way could
 * disagree about the host (several Host headers), the client (several credentials) or the end of
 * the request (RFC 9112, 3.2 and 11.2). Also refuses a body that is not small, because no handler
 * reads bodies. Closes the connection after a refusal. Joins a list header that comes in several
 * lines into one line before the router reads it (RFC 9110, 5.3).
 */
public final class HttpFraming implements Handler<HttpServerRequest> {
  /** Longest body that is read and ignored, in bytes. */
  private static final long MAX_BODY = 64 * 1024;

  private final Handler<HttpServerRequest> next;

  /** Creates the filter. It passes all other requests to {@code next}. */
  public HttpFraming(Handler<HttpServerRequest> next) {
    this.next = next;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (!isForOneHost(request.headers().getAll(HttpHeaders.HOST), request.version())) {
      Problem.of(400, "a request must name one host").endAndClose(request);
    } else if (isRepeated(request, HttpHeaders.AUTHORIZATION)) {
      Problem.of(400, "a request must have at most one authorization").endAndClose(request);
    } else if (!isSmall(request)) {
      Problem.of(413, "a request must not have a body").endAndClose(request);
    } else {
      joinLines(request, HttpHeaders.ACCEPT);
      joinLines(request, HttpHeaders.IF_NONE_MATCH);
      next.handle(request);
    }
  }

  private static boolean isRepeated(HttpServerRequest request, CharSequence name) {
    return request.headers().contains(name) && request.headers().getAll(name).size() > 1;
  }

  private static void joinLines(HttpServerRequest request, CharSequence name) {
    if (isRepeated(request, name)) {
      request.headers().set(name, String.join(", ", request.headers().getAll(name)));
    }
  }

  /**
   * Whether the request names one host. HTTP/2 may have no Host header, because its own
   * pseudo-header names the host. A header that continues on a second line (obsolete line folding)
   * contains blanks and is refused.
   */
  private static boolean isForOneHost(List<String> hosts, HttpVersion version) {
    return hosts.isEmpty()
        ? version != HttpVersion.HTTP_1_1
        : hosts.size() == 1 && hosts.get(0).indexOf(' ') < 0 && hosts.get(0).indexOf(',') < 0;
  }

  /** Whether the body is small enough to ignore. A body of a GET has no meaning. */
  private static boolean isSmall(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null) {
      return false;
    }
    return length == null || length.matches("[0-9]{1,6}") && Long.parseLong(length) <= MAX_BODY;
  }
}
