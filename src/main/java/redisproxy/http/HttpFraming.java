package redisproxy.http;

import io.vertx.core.Handler;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpVersion;
import java.util.List;

/**
 * Refuses, before anything is made of it, a request that another server on its way could have
 * understood otherwise, for whom it is (several hosts) or where it ends (RFC 9112, 3.2 and 11.2);
 * and one with a body that is not small, which nobody here would read. The connection ends with it.
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
    } else if (!isSmall(request)) {
      Problem.of(413, "a request here has no body").endAndClose(request);
    } else {
      next.handle(request);
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
