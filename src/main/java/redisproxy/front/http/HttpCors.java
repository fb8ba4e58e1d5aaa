package redisproxy.front.http;

import io.vertx.core.http.HttpMethod;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.handler.CorsHandler;
import java.util.Set;
import redisproxy.config.Cors;
import redisproxy.http.Problem;

/** Allows pages of other origins to read over HTTP, by the CORS protocol of the Fetch standard. */
final class HttpCors {
  private static final int PREFLIGHT_KEPT_S = 600;

  private HttpCors() {}

  /**
   * Call it before mounting the routes. Requests from origins that the settings do not name get
   * 403.
   */
  static void mount(Router router, Cors cors) {
    if (cors.isOff()) {
      return;
    }
    CorsHandler handler =
        CorsHandler.create()
            .allowedMethods(Set.of(HttpMethod.GET, HttpMethod.HEAD))
            .allowedHeaders(Set.of("accept", "authorization", "if-none-match"))
            .exposedHeaders(Set.of("age", "cache-status", "etag", "retry-after"))
            .maxAgeSeconds(PREFLIGHT_KEPT_S);
    cors.origins().forEach(handler::addOrigin);
    router.route().handler(handler);
    router.errorHandler(
        403, ctx -> Problem.of(403, "not for pages of this origin").end(ctx.request()));
  }
}
