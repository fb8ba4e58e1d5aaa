package redisproxy.admin;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.lang.management.ManagementFactory;
import java.util.concurrent.TimeUnit;
import java.util.function.BiConsumer;
import redisproxy.accept.Listeners;
import redisproxy.admission.Admission;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.Gate;
import redisproxy.admission.LiveLimits;
import redisproxy.bus.Bus.Report;
import redisproxy.bus.CoherenceState;
import redisproxy.bus.Reading;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.CacheStats;
import redisproxy.cacheverticle.Insight;
import redisproxy.command.CachedCommands;
import redisproxy.config.Settings;
import redisproxy.config.Version;
import redisproxy.http.HeapBodies;
import redisproxy.http.HttpFraming;
import redisproxy.http.Problem;
import redisproxy.http.ResponseHeaders;
import redisproxy.metrics.Exposition;
import redisproxy.tls.Certificates;

/**
 * Reports how the proxy is doing, on its own port: {@code /health/live}, {@code /health/ready},
 * {@code /metrics}, {@code /stats} and the {@link Dashboard}. No other verticle shares its event
 * loop. So it notices when another event loop is stuck, and its work delays no client.
 */
public final class AdminVerticle extends VerticleBase {
  private final Settings settings;
  private final Admission admission;
  private final StatsCollector statsCollector;
  private final Certificates certificates;
  private final Insight insight;
  private Exposition<Reading> exposition;
  private Listeners server;

  public AdminVerticle(
      Settings settings,
      Admission admission,
      StatsCollector statsCollector,
      Certificates certificates,
      Insight insight) {
    this.settings = settings;
    this.admission = admission;
    this.statsCollector = statsCollector;
    this.certificates = certificates;
    this.insight = insight;
  }

  @Override
  public Future<?> start() {
    exposition =
        new Exposition<>(
            Meters.table(
                admission.respClients(),
                admission.httpClients(),
                admission.httpRequests(),
                CachedCommands.of(settings.cache().commands()).names()));
    Router router = Router.router(vertx);
    LiveLimits limits = admission.limits();
    FrontLimits own = FrontLimits.of(limits, limits.admin(), 1);
    new AdminAccess(context, settings.admin().token(), own).mount(router);
    LogLevel.mount(router);
    router.route().handler(AdminVerticle::onlyReads);
    router
        .route("/health/live")
        .handler(ctx -> read(ctx, (to, reading) -> health(to, Health.live(reading))));
    router
        .route("/health/ready")
        .handler(ctx -> read(ctx, (to, reading) -> health(to, Health.ready(reading))));
    router.route("/stats").handler(ctx -> read(ctx, this::stats));
    router.route("/metrics").handler(ctx -> read(ctx, this::metrics));
    new Dashboard(vertx, settings, admission, statsCollector, insight).mount(router);
    router.route().handler(ctx -> Problem.of(404, "no such path").end(ctx.request()));
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.admin().host())
            .setPort(settings.admin().port())
            .setHttp2ClearTextEnabled(false)
            .setIdleTimeout(60);
    certificates.applyTo(options);
    Handler<HttpServerRequest> requests = ResponseHeaders.before(new HttpFraming(router));
    server =
        Listeners.ofHttp(
            () ->
                vertx
                    .createHttpServer(options)
                    .connectionHandler(HeapBodies::addTo)
                    .invalidRequestHandler(ResponseHeaders.before(Problem::ofInvalidRequest))
                    .requestHandler(requests));
    return server
        .listen(options.getHost(), options.getPort())
        .onSuccess(listening -> certificates.follow(context, server::updateSslOptions));
  }

  /** The port listened on. It differs from the setting when that is 0. */
  public int port() {
    return server.port();
  }

  private static void onlyReads(RoutingContext ctx) {
    HttpMethod method = ctx.request().method();
    if (method.equals(HttpMethod.GET) || method.equals(HttpMethod.HEAD)) {
      ctx.next();
    } else {
      ctx.response().putHeader("allow", "GET, HEAD");
      Problem.of(405, "only GET and HEAD are answered here").end(ctx.request());
    }
  }

  private void read(RoutingContext ctx, BiConsumer<RoutingContext, Reading> view) {
    statsCollector.collect(context, reading -> view.accept(ctx, reading));
  }

  private static void health(RoutingContext ctx, Health health) {
    end(ctx, health.isGood() ? 200 : 503, health.body());
  }

  private void metrics(RoutingContext ctx, Reading reading) {
    if (reading.cache() == null) {
      Problem.of(503, "the cache does not answer").end(ctx.request());
      return;
    }
    ctx.response()
        .putHeader("content-type", Exposition.CONTENT_TYPE)
        .putHeader("cache-control", "no-store")
        .end(exposition.scrape(reading));
  }

  private static JsonObject coherence(CoherenceState coherence) {
    JsonObject json =
        Health.coherence(coherence)
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

  private void stats(RoutingContext ctx, Reading reading) {
    if (reading.cache() == null) {
      Problem.of(503, "the cache does not answer").end(ctx.request());
      return;
    }
    Report report = reading.cache();
    CacheStats cache = report.cache();
    JsonObject json =
        new JsonObject()
            .put("version", Version.TEXT)
            .put("uptime", ManagementFactory.getRuntimeMXBean().getUptime() / 1000)
            .put("transport", report.transport().kind().toString())
            .put("transportReason", report.transport().reason())
            .put("hits", cache.hits())
            .put("misses", cache.misses())
            .put("commands", commands(cache))
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
            .put("touched", report.touched())
            .put("evictions", cache.evictions())
            .put("expirations", cache.expirations())
            .put("entries", cache.entries())
            .put("capacity", cache.capacity())
            .put("bytes", cache.bytes())
            .put("maxBytes", cache.maxBytes())
            .put("clients", admission.respClients().current() + admission.httpClients().current())
            .put(
                "resp",
                gate(admission.respClients())
                    .put("clientsStalled", reading.tally(StatsCollector.RESP).stalledClients()))
            .put(
                "http",
                gate(admission.httpClients()).put("requests", admission.httpRequests().total()))
            .put("redis", Health.redis(report))
            .put("coherence", coherence(report.coherence()));
    end(ctx, 200, json);
  }

  /** The lookups of each command that was looked up. */
  private static JsonObject commands(CacheStats cache) {
    JsonObject commands = new JsonObject();
    cache
        .commands()
        .forEach(
            (name, command) ->
                commands.put(
                    name,
                    new JsonObject().put("hits", command.hits()).put("misses", command.misses())));
    return commands;
  }

  private static JsonObject gate(Gate clients) {
    return new JsonObject()
        .put("clients", clients.current())
        .put("clientsTotal", clients.total())
        .put("clientsRejected", clients.rejected());
  }

  static void end(RoutingContext ctx, int status, JsonObject body) {
    ctx.response()
        .setStatusCode(status)
        .putHeader("content-type", "application/json")
        .putHeader("cache-control", "no-store")
        .end(body.toBuffer().appendString("\n"));
  }

  @Override
  public Future<?> stop() {
    exposition.close();
    return server.shutdown(0, TimeUnit.SECONDS);
  }
}
