package redisproxy.bench;

import io.vertx.core.Vertx;
import io.vertx.core.VertxOptions;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;

/**
 * Measures the limit of any HTTP server in vertx-web. Its one route sends the headers of the
 * proxy's hits and always the same body. Uses one event loop.
 */
final class ConstantHttp {
  private static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("cache-status");
  private static final CharSequence HIT = HttpHeaders.createOptimized("redis-proxy; hit; ttl=3500");
  private static final CharSequence AGE = HttpHeaders.createOptimized("100");
  private static final CharSequence REVALIDATE =
      HttpHeaders.createOptimized("max-age=0, must-revalidate");
  private static final CharSequence ETAG = HttpHeaders.createOptimized("\"0123456789abcdef\"");
  private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain; charset=utf-8");

  private final Buffer body;

  private ConstantHttp(Buffer body) {
    this.body = body;
  }

  /** Listens on 127.0.0.1 until the process ends. */
  static void listen(int port, String body) {
    Vertx vertx =
        Vertx.vertx(new VertxOptions().setEventLoopPoolSize(1).setPreferNativeTransport(true));
    Router router = Router.router(vertx);
    router.get("/keys/:key").handler(new ConstantHttp(Buffer.buffer(body))::answer);
    vertx
        .createHttpServer(new HttpServerOptions().setHost("127.0.0.1").setPort(port))
        .requestHandler(router)
        .listen()
        .onFailure(
            failure -> {
              System.err.println(failure.getMessage());
              System.exit(1);
            });
  }

  private void answer(RoutingContext ctx) {
    ctx.response()
        .putHeader(CACHE_STATUS, HIT)
        .putHeader(HttpHeaders.AGE, AGE)
        .putHeader(HttpHeaders.CACHE_CONTROL, REVALIDATE)
        .putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT)
        .putHeader(HttpHeaders.ETAG, ETAG)
        .putHeader(HttpHeaders.CONTENT_TYPE, TEXT)
        .end(body);
  }
}
