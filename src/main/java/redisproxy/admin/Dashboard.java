package redisproxy.admin;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import io.vertx.core.net.HostAndPort;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.lang.management.ManagementFactory;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.Admission;
import redisproxy.bus.Reading;
import redisproxy.bus.SaltedDigest;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.HotKeys;
import redisproxy.cacheverticle.Insight;
import redisproxy.config.Loopback;
import redisproxy.config.Settings;
import redisproxy.config.Version;
import redisproxy.http.Asset;
import redisproxy.http.Json;
import redisproxy.http.Problem;
import redisproxy.metrics.Connections;

/**
 * The live page that shows how the proxy is doing: its files, {@code /events} with its data, and
 * {@code /peek}, which looks up one key. It collects the statistics once a second even without
 * viewers, so that a newly opened page shows the past. Without viewers it sends nothing and does
 * not ask for the hot keys. Belongs to the admin verticle's event loop.
 */
final class Dashboard {
  private static final int EVERY_MS = 1_000;

  /** The page loads nothing from elsewhere, and no other page may frame it. */
  private static final String POLICY =
      "default-src 'self'; base-uri 'none'; form-action 'self'; frame-ancestors 'none'";

  private final Vertx vertx;
  private final Context context;
  private final Settings settings;
  private final Admission admission;
  private final StatsCollector statsCollector;
  private final Insight insight;
  private final Trend trend = new Trend();
  private final CommandRates commands = new CommandRates();
  private final Viewers viewers = new Viewers();
  private @Nullable Future<Map<String, Asset>> assets;
  private JsonArray hotKeys = new JsonArray();
  private boolean censusUnderWay;

  /** Creates the dashboard. Call it on the admin verticle's event loop. */
  Dashboard(
      Vertx vertx,
      Settings settings,
      Admission admission,
      StatsCollector statsCollector,
      Insight insight) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.settings = settings;
    this.admission = admission;
    this.statsCollector = statsCollector;
    this.insight = insight;
  }

  /** Adds the routes, and starts to collect the statistics periodically. */
  void mount(Router router) {
    router.route("/").handler(this::asset);
    router.route("/dashboard/*").handler(this::asset);
    router.route("/events").handler(this::requireOwnOrigin).handler(this::view);
    router
        .route("/peek")
        .handler(this::requireOwnOrigin)
        .handler(new Peek(settings, insight, context)::answer);
    vertx.setPeriodic(EVERY_MS, timer -> takeCensus());
  }

  /** Serves a file. The first request reads all files, and not on the event loop. */
  private void asset(RoutingContext ctx) {
    secure(ctx.response());
    if (assets == null || assets.failed()) {
      assets = vertx.executeBlocking(Asset::all);
    }
    assets.onComplete(
        all -> {
          Asset asset = all.succeeded() ? all.result().get(ctx.request().path()) : null;
          if (asset != null) {
            asset.send(ctx.request());
          } else if (all.succeeded()) {
            Problem.of(404, "no such path").end(ctx.request());
          } else {
            Problem.of(500, "a file of the dashboard cannot be read").end(ctx.request());
          }
        });
  }

  private static void secure(HttpServerResponse response) {
    response
        .putHeader("content-security-policy", POLICY)
        .putHeader("referrer-policy", "no-referrer");
  }

  /**
   * While the admin port is on loopback, refuses requests for any other host name. Otherwise a web
   * page could make its own host name resolve to this machine (DNS rebinding) and read the data.
   * The request's Host header has that name.
   */
  private void requireOwnOrigin(RoutingContext ctx) {
    secure(ctx.response());
    HostAndPort named = ctx.request().authority();
    String host = named == null ? "" : named.host().replaceAll("[\\[\\]]", "");
    if (Loopback.is(settings.admin().host()) && !Loopback.is(host)) {
      Problem.of(421, "use localhost or a loopback address").end(ctx.request());
    } else {
      ctx.next();
    }
  }

  private void view(RoutingContext ctx) {
    if (!ctx.request().method().name().equals("GET")) {
      ctx.response().putHeader("content-type", "text/event-stream").end();
    } else if (viewers.isFull()) {
      Problem.of(503, "too many viewers of the dashboard").end(ctx.request());
    } else {
      viewers.add(ctx.request(), "past", past());
    }
  }

  private JsonObject past() {
    return new JsonObject()
        .put("version", Version.TEXT)
        .put("redis", settings.redis().endpoint().toString())
        .put("database", settings.redis().endpoint().database())
        .put("capacity", settings.cache().capacity())
        .put("maxBytes", settings.cache().maxBytes())
        .put("watchesHotKeys", settings.dashboard().hotKeys())
        .put("showsValues", settings.dashboard().showValues())
        .put("most", Trend.POINTS)
        .put("columns", trend.columns())
        .put("points", trend.points());
  }

  private void takeCensus() {
    if (censusUnderWay) {
      return;
    }
    censusUnderWay = true;
    if (!viewers.isEmpty() && settings.dashboard().hotKeys()) {
      insight.hottest(context, hottest -> hotKeys = shown(hottest));
    }
    statsCollector.collect(context, this::onReading);
  }

  private void onReading(Reading reading) {
    censusUnderWay = false;
    if (reading.cache() == null) {
      return;
    }
    long nanos = System.nanoTime();
    trend.add(reading, nanos);
    commands.add(reading.report().cache(), nanos);
    if (!viewers.isEmpty() && trend.newest() != null) {
      viewers.send("now", now(reading));
    }
  }

  private JsonObject now(Reading reading) {
    JsonObject connections = new JsonObject();
    for (Connections.Kind kind : Connections.Kind.values()) {
      connections.put(kind.name().toLowerCase(Locale.ROOT), reading.connections().open(kind));
    }
    long kept = 0;
    for (Connections.Use use : Connections.Use.values()) {
      boolean isShown = use == Connections.Use.BORROWED || use == Connections.Use.IDLE;
      kept += isShown ? 0 : reading.connections().used(use);
    }
    connections
        .put("borrowed", reading.connections().used(Connections.Use.BORROWED))
        .put("idle", reading.connections().used(Connections.Use.IDLE))
        .put("kept", kept)
        .put("waiting", reading.connections().waiting());
    return new JsonObject()
        .put("point", trend.newest())
        .put("uptime", ManagementFactory.getRuntimeMXBean().getUptime() / 1000)
        .put("transport", reading.report().transport().kind().toString())
        .put("transportReason", reading.report().transport().reason())
        .put("redis", Health.redis(reading.report()))
        .put("coherence", Health.coherence(reading.report().coherence()))
        .put("stuck", new JsonArray(reading.silent()))
        .put("resp", admission.respClients().current())
        .put("http", admission.httpClients().current())
        .put("connections", connections)
        .put("commands", commands.busiest())
        .put("hotKeys", hotKeys);
  }

  private JsonArray shown(List<HotKeys.Hot> hottest) {
    JsonArray shown = new JsonArray();
    for (HotKeys.Hot hot : hottest) {
      byte[] key = hot.key().bytes();
      JsonObject row = new JsonObject().put("db", hot.key().db()).put("rate", hot.rate());
      shown.add(
          settings.dashboard().maskKeys()
              ? row.put("digest", SaltedDigest.of(key, 0, key.length))
              : Json.putKey(row, key));
    }
    return shown;
  }
}
