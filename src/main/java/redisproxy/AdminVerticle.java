package redisproxy;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.eventbus.DeliveryOptions;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.lang.management.ManagementFactory;
import java.util.Locale;
import redisproxy.Bus.Report;
import redisproxy.cache.CacheStats;
import redisproxy.config.Settings;
import redisproxy.metrics.Gate;

/**
 * Tells how the proxy is doing, on a port of its own: {@code /health/live}, {@code /health/ready}
 * and {@code /stats}.
 */
final class AdminVerticle extends VerticleBase {
  /** A cache verticle that does not answer within this is stuck; the process is then not alive. */
  private static final long ANSWER_WITHIN_MS = 1_000;

  private static final DeliveryOptions SOON =
      new DeliveryOptions(Bus.BY_REFERENCE).setSendTimeout(ANSWER_WITHIN_MS);

  private final Settings settings;
  private final Gate respClients;
  private final Gate httpClients;
  private final Gate httpRequests;
  private HttpServer server;

  AdminVerticle(Settings settings, Gate respClients, Gate httpClients, Gate httpRequests) {
    this.settings = settings;
    this.respClients = respClients;
    this.httpClients = httpClients;
    this.httpRequests = httpRequests;
  }

  @Override
  public Future<?> start() {
    Router router = Router.router(vertx);
    router.route().handler(AdminVerticle::onlyReads);
    router.route("/health/live").handler(ctx -> report(ctx, this::live));
    router.route("/health/ready").handler(ctx -> report(ctx, this::ready));
    router.route("/stats").handler(ctx -> report(ctx, this::stats));
    router.route().handler(ctx -> Problem.of(404, "no such path").end(ctx.request()));
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.admin().host())
            .setPort(settings.admin().port())
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout(60);
    server = vertx.createHttpServer(options).requestHandler(router);
    return server.listen();
  }

  /** The port listened on, which is not the one set when that is 0. */
  int port() {
    return server.actualPort();
  }

  private static void onlyReads(RoutingContext ctx) {
    HttpMethod method = ctx.request().method();
    if (method == HttpMethod.GET || method == HttpMethod.HEAD) {
      ctx.next();
    } else {
      ctx.response().putHeader("allow", "GET, HEAD");
      Problem.of(405, "only GET and HEAD are answered here").end(ctx.request());
    }
  }

  private interface View {
    void show(RoutingContext ctx, Report report);
  }

  private void report(RoutingContext ctx, View view) {
    vertx
        .eventBus()
        .<Report>request(Bus.REPORT, null, SOON)
        .onSuccess(reply -> view.show(ctx, reply.body()))
        .onFailure(
            failure ->
                end(
                    ctx,
                    503,
                    new JsonObject().put("status", "down").put("cache", "not answering")));
  }

  private void live(RoutingContext ctx, Report report) {
    end(ctx, 200, new JsonObject().put("status", "up"));
  }

  /** Ready once Redis has been reached; without it later, cached keys are still served. */
  private void ready(RoutingContext ctx, Report report) {
    boolean isAsItShouldBe = report.redis().now() && report.coherence().reason().isEmpty();
    String status = isAsItShouldBe ? "ready" : report.redis().ever() ? "degraded" : "not ready";
    end(
        ctx,
        report.redis().ever() ? 200 : 503,
        new JsonObject()
            .put("status", status)
            .put("redis", redis(report))
            .put("coherence", brief(report.coherence())));
  }

  private static JsonObject brief(Coherence.State coherence) {
    JsonObject brief = new JsonObject().put("state", coherence.state());
    return coherence.reason().isEmpty() ? brief : brief.put("reason", coherence.reason());
  }

  private static JsonObject coherence(Coherence.State coherence) {
    JsonObject json =
        brief(coherence)
            .put("trust", coherence.trust().name().toLowerCase(Locale.ROOT))
            .put("fences", coherence.fences())
            .put("fencesMs", coherence.fenceMs());
    if (coherence.feed() != null) {
      json.put("keysTold", coherence.feed().keys())
          .put("flushesTold", coherence.feed().flushes())
          .put("pings", coherence.feed().pings())
          .put("sinceToldMs", coherence.sinceToldMs());
    }
    return json;
  }

  private static JsonObject redis(Report report) {
    JsonObject redis = new JsonObject().put("connected", report.redis().now());
    return report.redis().now() ? redis : redis.put("reason", report.redis().reason());
  }

  private void stats(RoutingContext ctx, Report report) {
    CacheStats cache = report.cache();
    JsonObject json =
        new JsonObject()
            .put("version", Version.TEXT)
            .put("uptime", ManagementFactory.getRuntimeMXBean().getUptime() / 1000)
            .put("hits", cache.hits())
            .put("misses", cache.misses())
            .put("loads", cache.loads())
            .put("coalesced", cache.coalesced())
            .put("loadsFailed", cache.failures())
            .put("loadsRejected", cache.rejected())
            .put("loadsTooLarge", cache.tooLarge())
            .put("loadsInFlight", cache.loadsInFlight())
            .put("overtaken", cache.overtaken())
            .put("invalidations", cache.invalidations())
            .put("flushes", cache.flushes())
            .put("unverified", cache.unverified())
            .put("refreshes", cache.refreshes())
            .put("evictions", cache.evictions())
            .put("expirations", cache.expirations())
            .put("entries", cache.entries())
            .put("capacity", settings.cache().capacity())
            .put("bytes", cache.bytes())
            .put("maxBytes", settings.cache().maxBytes())
            .put("clients", respClients.current() + httpClients.current())
            .put("resp", gate(respClients))
            .put("http", gate(httpClients).put("requests", httpRequests.total()))
            .put("redis", redis(report))
            .put("coherence", coherence(report.coherence()));
    end(ctx, 200, json);
  }

  private static JsonObject gate(Gate clients) {
    return new JsonObject()
        .put("clients", clients.current())
        .put("clientsTotal", clients.total())
        .put("clientsRejected", clients.rejected());
  }

  private static void end(RoutingContext ctx, int status, JsonObject body) {
    ctx.response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .end(body.toBuffer().appendString("\n"));
  }

  @Override
  public Future<?> stop() {
    return server.close();
  }
}
