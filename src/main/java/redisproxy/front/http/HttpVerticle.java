package redisproxy.front.http;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.VerticleBase;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerOptions;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.ext.web.Router;
import io.vertx.ext.web.RoutingContext;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.accept.Listeners;
import redisproxy.admission.Admission;
import redisproxy.admission.ClientMemory;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.Gate;
import redisproxy.admission.LiveLimits;
import redisproxy.auth.Credentials;
import redisproxy.auth.LateRefusals;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.bus.SlowLookups;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.Key;
import redisproxy.config.Settings;
import redisproxy.http.Asset;
import redisproxy.http.HeapBodies;
import redisproxy.http.HttpFraming;
import redisproxy.http.HttpKeys;
import redisproxy.http.Problem;
import redisproxy.http.ResponseHeaders;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.metrics.LoopDelay;
import redisproxy.tls.CertificateFiles;
import redisproxy.tracing.Spans;
import redisproxy.upstream.CredentialCheck;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.load.ValueStreams;

/**
 * Serves HTTP with a router that looks keys up in the cache. Any number of instances share the
 * port.
 */
public final class HttpVerticle extends VerticleBase {
  private static final Logger LOG = LoggerFactory.getLogger(HttpVerticle.class);

  /** The limits of the request line and of the headers in bytes. Beyond them: 414 and 431. */
  private static final int MAX_REQUEST_LINE = 16 * 1024;

  private static final int MAX_HEADERS = 16 * 1024;

  /** Any free port, the same for all instances. With 0 each instance would get a different port. */
  private static final int ANY_PORT = -2;

  private final Settings settings;
  private final Admission admission;
  private final LongSupplier clock;
  private final StatsCollector statsCollector;
  private final CertificateFiles certificates;
  private final HttpSpans spans;

  private Front front;
  private HttpAccess access;
  private UnreadResponses unread;
  private HttpAnswers answers;
  private LoopDelay loopDelay;
  private Listeners server;
  private @Nullable Future<Asset> description;

  /**
   * Creates the verticle; deploy it next.
   *
   * @param clock the cache's clock
   * @param spans null if requests are not traced
   */
  public HttpVerticle(
      Settings settings,
      Admission admission,
      LongSupplier clock,
      StatsCollector statsCollector,
      CertificateFiles certificates,
      @Nullable Spans spans) {
    this.settings = settings;
    this.admission = admission;
    this.clock = clock;
    this.statsCollector = statsCollector;
    this.certificates = certificates;
    this.spans = new HttpSpans(spans);
  }

  @Override
  public Future<?> start() {
    front = new Front(vertx, context, new SlowLookups(StatsCollector.HTTP, settings.log()));
    loopDelay = new LoopDelay(vertx);
    statsCollector.register(StatsCollector.HTTP, context, this::share);
    LiveLimits live = admission.limits();
    FrontLimits limits = FrontLimits.of(live, live.http(), settings.http().instances());
    Transport transport = new Transport(vertx, settings.redis(), certificates.redis());
    access =
        new HttpAccess(
            settings.redis(),
            Credentials.of(settings.auth()),
            new CredentialCheck(transport, admission.streams()),
            new LateRefusals(context, limits.failedLogins()),
            task -> context.runOnContext(turn -> task.run()),
            clock);
    vertx.eventBus().localConsumer(Bus.ACCESS, changed -> access.voidVerdicts());
    unread =
        new UnreadResponses(
            ClientMemory.of(
                LogKey.HTTP, settings.http().instances(), settings.cache().maxValueBytes()));
    answers =
        new HttpAnswers(
            new ValueStreams(vertx, transport, admission.streams(), front::seen),
            admission.httpRequests(),
            unread,
            clock,
            settings.http().maxAgeRemaining());
    HttpServerOptions options =
        new HttpServerOptions()
            .setHost(settings.http().host())
            .setPort(settings.http().port() == 0 ? ANY_PORT : settings.http().port())
            .setAcceptBacklog(1024)
            .setTcpKeepAlive(true)
            .setHttp2ClearTextEnabled(false)
            .setUseAlpn(true)
            // No route is a WebSocket, but these handlers would still see every message.
            .setPerMessageWebSocketCompressionSupported(false)
            .setPerFrameWebSocketCompressionSupported(false)
            .setMaxInitialLineLength(MAX_REQUEST_LINE)
            .setMaxHeaderSize(MAX_HEADERS)
            .setIdleTimeout((int) settings.http().idleTimeout().toMillis())
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    certificates.http().applyTo(options);
    var routes = counted(new HttpLimit(limits.rate(), new HttpFraming(router())));
    server =
        Listeners.ofHttp(
            () ->
                vertx
                    .createHttpServer(options)
                    .connectionHandler(this::connected)
                    .invalidRequestHandler(counted(Problem::ofInvalidRequest))
                    .requestHandler(routes));
    return server
        .listen(options.getHost(), options.getPort())
        .onSuccess(listening -> certificates.http().follow(context, server::updateSslOptions));
  }

  /** Counts the status of each response, and traces the request. */
  private Handler<HttpServerRequest> counted(Handler<HttpServerRequest> handler) {
    return request -> {
      HttpServerResponse response = request.response();
      ResponseHeaders.addTo(response);
      response.endHandler(
          over -> {
            // Otherwise the client left before a status was sent.
            if (response.ended()) {
              front.tally().status(response.getStatusCode());
            }
            spans.end(response);
          });
      spans.begin(request);
      handler.handle(request);
    };
  }

  private StatsCollector.VerticleStats share() {
    return new StatsCollector.VerticleStats(
        front.tally().copy(), new Connections(), loopDelay.delays().copy(), null);
  }

  /** The port that the server listens on. It differs from the setting if that is 0. */
  public int port() {
    return server.port();
  }

  private void connected(HttpConnection connection) {
    Gate clients = admission.httpClients();
    if (clients.enter()) {
      HeapBodies.addTo(connection);
      unread.add(connection);
      connection.closeHandler(closed -> clients.leave());
    } else {
      connection.close();
    }
  }

  /**
   * The routes. Paths with keys are matched without normalization, because {@code ..} and {@code
   * a//b} are valid keys.
   */
  Router router() {
    Router router = Router.router(vertx);
    HttpCors.mount(router, settings.cors());
    for (String prefix : new String[] {"/keys/", "/get/"}) {
      router
          .routeWithRegex(prefix + ".*")
          .setName(prefix + "{key}")
          .useNormalizedPath(false)
          .handler(
              ctx ->
                  value(
                      ctx, HttpStyle.preferred(ctx), request -> HttpKeys.inPath(request, prefix)));
    }
    for (String path : new String[] {"/get", "/proxy", "/proxy/", "/keys"}) {
      router.route(path).handler(ctx -> value(ctx, HttpStyle.preferred(ctx), HttpKeys::inQuery));
    }
    router.route("/lookup").handler(ctx -> value(ctx, HttpStyle.LOOKUP, HttpKeys::inQuery));
    router.route("/").handler(this::replyUp);
    router.route("/openapi.json").handler(this::describe);
    router.route().handler(ctx -> Problem.of(404, "no such path").end(ctx.request()));
    router.errorHandler(500, HttpVerticle::failed);
    // No route matches a request target that is not a path, such as the * of OPTIONS.
    router.errorHandler(404, ctx -> Problem.of(404, "no such path").end(ctx.request()));
    router.errorHandler(400, ctx -> Problem.of(400, "not a valid HTTP request").end(ctx.request()));
    return router;
  }

  private static void failed(RoutingContext ctx) {
    LOG.error("request ended by a fault of the proxy", ctx.failure());
    Problem.of(500, "the proxy failed").end(ctx.request());
  }

  private void replyUp(RoutingContext ctx) {
    if (isRead(ctx.request())) {
      ctx.response().putHeader("content-type", "text/plain").end("redis-proxy is up\n");
    }
  }

  /** Reads the file on the first request, and not on the event loop. */
  private void describe(RoutingContext ctx) {
    if (isRead(ctx.request())) {
      if (description == null || description.failed()) {
        description = vertx.executeBlocking(() -> Asset.read("/openapi.json", "application/json"));
      }
      description.onSuccess(file -> file.send(ctx.request())).onFailure(ctx::fail);
    }
  }

  private void value(
      RoutingContext ctx, HttpStyle style, Function<HttpServerRequest, byte @Nullable []> find) {
    HttpServerRequest request = ctx.request();
    if (!isRead(request)) {
      return;
    }
    try {
      value(ctx, style, find.apply(request));
    } catch (IllegalArgumentException e) {
      style.fail(request, null, Problem.of(400, String.valueOf(e.getMessage())));
    }
  }

  private void value(RoutingContext ctx, HttpStyle style, byte @Nullable [] key) {
    HttpServerRequest request = ctx.request();
    if (key == null) {
      style.fail(request, null, Problem.of(400, "no key"));
    } else {
      access.check(
          request,
          () -> lookup(request, style, key),
          problem -> style.fail(request, key, problem),
          ctx::fail);
    }
  }

  private void lookup(HttpServerRequest request, HttpStyle style, byte[] key) {
    if (!admission.httpRequests().enter()) {
      style.fail(request, key, Problem.of(503, "too many requests are being answered"));
      return;
    }
    Key wanted = Key.of(settings.redis().endpoint().database(), key);
    front.lookup(new HttpExchange(answers, request, wanted, style, spans.of(request)), 0, wanted);
  }

  private static boolean isRead(HttpServerRequest request) {
    if (request.method().equals(HttpMethod.GET) || request.method().equals(HttpMethod.HEAD)) {
      return true;
    }
    request.response().putHeader("allow", "GET, HEAD");
    Problem.of(405, "only GET and HEAD are answered here").end(request);
    return false;
  }

  /** Finishes the requests already read, then closes. */
  @Override
  public Future<?> stop() {
    return server.shutdown(Front.GRACE_MS, TimeUnit.MILLISECONDS);
  }
}
