package redisproxy.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;

/**
 * Refuses, before anything is made of it, a request that another server on its way could have
 * understood otherwise, for whom it is (several hosts), by whom (several credentials) or where it
 * ends (RFC 9112, 3.2 and 11.2); and one with a body that is not small, which nobody here would
 * read. The connection ends with it. A list that comes in several lines is made one (RFC 9110,
 * 5.3), before the router reads it.
 */
public final class HttpFraming implements Handler<HttpServerRequest> {
  /** Longest body that is read and ignored, in bytes. */
  private static final long MAX_BODY = 64 * 1024;

  private final Handler<HttpServerRequest> next;

  /** Stands before what answers all other requests. */
  public HttpFraming(Handler<HttpServerRequest> next) {
    this.next = next;
  }

  @Override
  public void handle(HttpServerRequest request) {
    if (!isForOneHost(request.headers().getAll(HttpHeaders.HOST), request.version())) {
      Problem.of(400, "a request names one host").endAndClose(request);
    } else if (isRepeated(request, HttpHeaders.AUTHORIZATION)) {
      Problem.of(400, "a request has one authorization").endAndClose(request);
    } else if (!isSmall(request)) {
      Problem.of(413, "a request here has no body").endAndClose(request);
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
   * HTTP/2 has its own word for it, which is there once. A header that was continued on another
   * line, as was allowed once, has blanks in it.
   */
  private static boolean isForOneHost(List<String> hosts, HttpVersion version) {
    return hosts.isEmpty()
        ? version != HttpVersion.HTTP_1_1
        : hosts.size() == 1 && hosts.get(0).indexOf(' ') < 0 && hosts.get(0).indexOf(',') < 0;
  }

  /** A body on a GET means nothing and is ignored, within reason. */
  private static boolean isSmall(HttpServerRequest request) {
    String length = request.getHeader(HttpHeaders.CONTENT_LENGTH);
    if (request.getHeader(HttpHeaders.TRANSFER_ENCODING) != null) {
      return false;
    }
    return length == null || length.matches("[0-9]{1,6}") && Long.parseLong(length) <= MAX_BODY;
  }
}
