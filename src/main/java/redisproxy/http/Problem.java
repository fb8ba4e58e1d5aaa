package redisproxy.http;

import io.netty.handler.codec.http.HttpResponseStatus;
import io.netty.handler.codec.http.TooLongHttpHeaderException;
import io.netty.handler.codec.http.TooLongHttpLineException;
import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.json.JsonObject;

/**
 * An HTTP error, sent as problem JSON (RFC 9457).
 *
 * @param status the HTTP status
 * @param detail what happened, in words
 */
public record Problem(int status, String detail) {

  public static Problem of(int status, String detail) {
    return new Problem(status, detail);
  }

  /** Answers a request that the HTTP decoder rejected. */
  public static void ofInvalidRequest(HttpServerRequest request) {
    Throwable cause = request.decoderResult().cause();
    Problem problem =
        cause instanceof TooLongHttpLineException
            ? of(414, "the request line is too long")
            : cause instanceof TooLongHttpHeaderException
                ? of(431, "the headers are too large")
                : of(400, "not a valid HTTP request");
    problem.endAndClose(request);
  }

  /** Ends the response and closes the connection, before any later request on it is answered. */
  void endAndClose(HttpServerRequest request) {
    if (request.version() == HttpVersion.HTTP_2) {
      // Other requests share the connection.
      end(request);
      return;
    }
    request.response().putHeader("connection", "close");
    end(request);
    request.connection().close();
  }

  /** Ends the response with this problem. */
  public Future<Void> end(HttpServerRequest request) {
    JsonObject body =
        new JsonObject()
            .put("type", "about:blank")
            .put("title", HttpResponseStatus.valueOf(status).reasonPhrase())
            .put("status", status)
            .put("detail", detail);
    return end(request, "application/problem+json", body);
  }

  /** Ends the response with this status and another JSON body. */
  public Future<Void> end(HttpServerRequest request, String type, JsonObject body) {
    HttpServerResponse response = request.response().setStatusCode(status);
    response.putHeader("content-type", type).putHeader("cache-control", "no-store");
    if (status == 503 || status == 429) {
      response.putHeader("retry-after", "1");
    }
    Buffer bytes = body.toBuffer();
    if (request.method().equals(HttpMethod.HEAD)) {
      return response.putHeader("content-length", Integer.toString(bytes.length())).end();
    }
    return response.end(bytes);
  }
}
