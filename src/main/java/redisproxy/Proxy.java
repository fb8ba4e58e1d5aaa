package redisproxy;

import io.vertx.core.Deployable;
import io.vertx.core.DeploymentOptions;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.admin.AdminVerticle;
import redisproxy.admission.Admission;
import redisproxy.admission.Clients;
import redisproxy.admission.Gate;
import redisproxy.admission.LiveLimits;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.LruCache;
import redisproxy.cacheverticle.CacheVerticle;
import redisproxy.cacheverticle.Insight;
import redisproxy.config.Loaded;
import redisproxy.config.Settings;
import redisproxy.config.Version;
import redisproxy.front.http.HttpVerticle;
import redisproxy.front.resp.ClientIds;
import redisproxy.front.resp.RespVerticle;
import redisproxy.log.LogKey;
import redisproxy.tls.CertificateFiles;
import redisproxy.tracing.Spans;
import redisproxy.transport.Sockets;
import redisproxy.upstream.node.LastReplies;

/** The running proxy: deploys the verticles in order and takes them down in order. */
public final class Proxy {
  private static final Logger LOG = LoggerFactory.getLogger(Proxy.class);

  /** How many values too large to keep may be streamed at once. */
  private static final int STREAMS = 64;

  /** Two for the acceptors and one for the admin verticle. */
  private static final int OTHER_LOOPS = 3;

  private final Vertx vertx;

  /** The admin verticle's own Vertx; null when the admin port is off. */
  private final @Nullable Vertx adminVertx;

  private final Settings settings;
  private final CertificateFiles certificates;
  private final LongSupplier clock = Proxy::millis;
  private final EventLoops loops;
  private final Clients clients;
  private final Admission admission;
  private final LastReplies lastReplies = new LastReplies();
  private final ClientIds ids = new ClientIds();
  private final StatsCollector statsCollector = new StatsCollector();

  /** Null when tracing is off. */
  private final @Nullable Spans spans;

  private final List<RespVerticle> respVerticles = new ArrayList<>();
  private final List<HttpVerticle> httpVerticles = new ArrayList<>();
  private final List<String> fronts = new ArrayList<>();
  private @Nullable AdminVerticle adminVerticle;

  private Proxy(Settings settings, CertificateFiles certificates, Sockets sockets) {
    this.certificates = certificates;
    this.loops = new EventLoops(sockets, settings.resp().pooling());
    this.vertx = loops.open(settings.eventLoops(), settings.redis());
    this.adminVertx = settings.admin().enabled() ? loops.open(1, settings.redis()) : null;
    this.settings = settings;
    this.spans = Spans.of(settings.tracing(), settings.redis().endpoint(), Version.TEXT);
    this.clients = new Clients(loops.room(), settings);
    this.admission =
        new Admission(
            clients.resp(),
            clients.http(),
            new Gate(settings.http().maxConcurrentRequests()),
            new Semaphore(loops.room().streams(STREAMS)),
            new LiveLimits(settings.limits()));
  }

  /**
   * Starts a proxy. Redis need not be up. Fails before it connects to anything if a port cannot be
   * bound or the configured transport does not work, and then leaves nothing running. Blocks while
   * it checks ports, tries the transport and reads certificates.
   */
  public static Future<Proxy> start(Settings settings) {
    CertificateFiles certificates;
    Sockets sockets;
    try {
      Listener.enabled(settings).forEach(Listener::requireFree);
      sockets = Sockets.choose(settings.transport(), settings.eventLoops() + OTHER_LOOPS);
      certificates = new CertificateFiles(settings);
    } catch (IllegalArgumentException | IllegalStateException fault) {
      return Future.failedFuture(fault);
    }
    Proxy proxy = new Proxy(settings, certificates, sockets);
    Promise<Proxy> started = Promise.promise();
    proxy
        .deploy()
        .onSuccess(deployed -> started.complete(proxy))
        .onFailure(failure -> proxy.close().onComplete(closed -> started.fail(failure)));
    return started.future();
  }

  private static long millis() {
    return System.nanoTime() / 1_000_000;
  }

  /**
   * The order decides the placement, because Vert.x assigns event loops in turn. With n loops and n
   * - 1 instances of each front, the cache gets the first loop and the RESP instances get the
   * others. Then a spacer takes the first loop's turn, so the HTTP instances get the others too.
   * The admin verticle has its own event loop.
   */
  private Future<Void> deploy() {
    Bus.register(vertx);
    LruCache cache = new LruCache(settings.cache().capacity(), settings.cache().maxBytes());
    Insight insight =
        new Insight(cache, clock, settings.admin().enabled() && settings.dashboard().hotKeys());
    return deploy(
            1,
            () ->
                new CacheVerticle(
                    settings,
                    loops.transport(),
                    clock,
                    statsCollector,
                    insight,
                    certificates.redis(),
                    spans))
        .compose(id -> settings.resp().enabled() ? deployResp() : nothing())
        .compose(id -> settings.resp().enabled() ? deploy(1, Spacer::new) : nothing())
        .compose(id -> settings.http().enabled() ? deployHttp() : nothing())
        .compose(id -> adminVertx != null ? deployAdmin(adminVertx, insight) : nothing())
        .onSuccess(id -> logStart())
        .mapEmpty();
  }

  /** Does nothing but take one turn when event loops are assigned. */
  private static final class Spacer extends VerticleBase {}

  private static Future<String> nothing() {
    return Future.succeededFuture();
  }

  private Future<String> deployResp() {
    Settings.Resp resp = settings.resp();
    return deploy(
            resp.instances(),
            () ->
                added(
                    respVerticles,
                    new RespVerticle(
                        settings, admission, lastReplies, statsCollector, certificates, ids)))
        .recover(failure -> Future.failedFuture(Listener.resp(resp).failed(failure)))
        .onSuccess(fronts::add);
  }

  private Future<String> deployHttp() {
    Settings.Http http = settings.http();
    return deploy(
            http.instances(),
            () ->
                added(
                    httpVerticles,
                    new HttpVerticle(
                        settings, admission, clock, statsCollector, certificates, spans)))
        .recover(failure -> Future.failedFuture(Listener.http(http).failed(failure)))
        .onSuccess(fronts::add);
  }

  private Future<String> deployAdmin(Vertx adminVertx, Insight insight) {
    adminVerticle =
        new AdminVerticle(settings, admission, statsCollector, certificates.admin(), insight);
    return adminVertx
        .deployVerticle(adminVerticle)
        .recover(failure -> Future.failedFuture(Listener.admin(settings.admin()).failed(failure)));
  }

  private static <T> T added(List<T> list, T element) {
    list.add(element);
    return element;
  }

  private Future<String> deploy(int instances, Supplier<Deployable> verticle) {
    return vertx.deployVerticle(verticle, new DeploymentOptions().setInstances(instances));
  }

  private void logStart() {
    LOG.atInfo()
        .addKeyValue(LogKey.VERSION, Version.TEXT)
        .addKeyValue(LogKey.HTTP, settings.http().enabled() ? httpPort() : "off")
        .addKeyValue(LogKey.RESP, settings.resp().enabled() ? respPort() : "off")
        .addKeyValue(LogKey.ADMIN, settings.admin().enabled() ? adminPort() : "off")
        .addKeyValue(LogKey.REDIS, settings.redis().endpoint())
        .addKeyValue(LogKey.EVENT_LOOPS, settings.eventLoops())
        .addKeyValue(LogKey.TRANSPORT, loops.transport().kind())
        .addKeyValue(LogKey.TRANSPORT_REASON, loops.transport().reason())
        .log("redis-proxy is up");
  }

  /**
   * From now on applies settings when their file changes, and on SIGHUP.
   *
   * @param running the settings that the proxy was started with
   */
  void follow(Path file, Loaded running, SighupHandler sighup) {
    vertx
        .deployVerticle(new Reload(file, running, sighup, clients, admission.limits()))
        .onFailure(failure -> LOG.warn("cannot watch the settings file", failure));
  }

  /** The HTTP port. Call it only when HTTP is enabled. */
  public int httpPort() {
    return httpVerticles.get(0).port();
  }

  /** The RESP port. Call it only when RESP is enabled. */
  public int respPort() {
    return respVerticles.get(0).port();
  }

  /** The admin port. Call it only when the admin port is enabled. */
  public int adminPort() {
    return Objects.requireNonNull(adminVerticle, "no admin port").port();
  }

  /**
   * Stops listening, answers the requests that were read, closes every client, and only then takes
   * the cache down. Clients that do not read their last replies are disconnected after {@link
   * Front#GRACE_MS}.
   */
  public Future<Void> stop() {
    certificates.close();
    List<Future<Void>> undeployed = new ArrayList<>();
    for (String front : fronts) {
      undeployed.add(vertx.undeploy(front));
    }
    // A future of this Vertx cannot report that it has closed: its event loops are gone by then.
    Promise<Void> ended = Promise.promise();
    Future.join(undeployed)
        .timeout(Front.GRACE_MS + 1_000, TimeUnit.MILLISECONDS)
        .onComplete(stopped -> close().onComplete(ended));
    return ended.future();
  }

  private Future<Void> close() {
    certificates.close();
    Promise<Void> closed = Promise.promise();
    vertx
        .close()
        .onComplete(
            rest -> {
              if (adminVertx == null) {
                closed.handle(rest);
              } else {
                adminVertx.close().onComplete(closed);
              }
            });
    return spans == null
        ? closed.future()
        : closed.future().eventually(() -> Future.fromCompletionStage(spans.close()));
  }
}
