package redisproxy.front.resp;

import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.NetSocket;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redisproxy.accept.Listeners;
import redisproxy.admission.Admission;
import redisproxy.admission.ClientFaults;
import redisproxy.admission.ClientMemory;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.Gate;
import redisproxy.admission.LiveLimits;
import redisproxy.auth.Credentials;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.bus.SlowLookups;
import redisproxy.bus.StatsCollector;
import redisproxy.command.CachedCommands;
import redisproxy.config.Log;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.metrics.LoopDelay;
import redisproxy.resp.Reply;
import redisproxy.tls.CertificateFiles;
import redisproxy.upstream.Server;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.node.LastReplies;
import redisproxy.upstream.node.Node;

/** Serves RESP, with a session for each client. Any number of instances share the port. */
public final class RespVerticle extends VerticleBase {
  /** Any free port, the same for all instances. With 0 each instance would get a different port. */
  private static final int ANY_PORT = -1;

  private final Settings.Resp settings;
  private final CachedCommands cachedCommands;
  private final Settings.Redis redis;
  private final Log log;

  /** Null if Redis checks credentials. */
  private final @Nullable Credentials own;

  private final Admission admission;
  private final LastReplies lastReplies;
  private final StatsCollector statsCollector;
  private final CertificateFiles certificates;
  private final ClientIds ids;
  private final Set<Session> sessions = new HashSet<>();

  private ClientMemory memory;
  private ClientFaults faults;

  private Front front;
  private Node node;
  private Session.Shared shared;
  private LoopDelay loopDelay;
  private Listeners server;
  private boolean stopping;

  public RespVerticle(
      Settings settings,
      Admission admission,
      LastReplies lastReplies,
      StatsCollector statsCollector,
      CertificateFiles certificates,
      ClientIds ids) {
    this.settings = settings.resp();
    this.cachedCommands = CachedCommands.of(settings.cache().commands());
    this.redis = settings.redis();
    this.log = settings.log();
    this.own = Credentials.of(settings.auth());
    this.admission = admission;
    this.lastReplies = lastReplies;
    this.statsCollector = statsCollector;
    this.certificates = certificates;
    this.ids = ids;
  }

  @Override
  public Future<?> start() {
    front = new Front(vertx, context, new SlowLookups(StatsCollector.RESP, log));
    LiveLimits live = admission.limits();
    FrontLimits limits = FrontLimits.of(live, live.resp(), settings.instances());
    Transport transport = new Transport(vertx, redis, certificates.redis());
    node =
        new Node(
            vertx,
            transport,
            lastReplies,
            admission.streams(),
            settings,
            new Node.Observers(front::invalidate, front::seen, front::moved, front.tally()));
    int db = redis.endpoint().database();
    shared = new Session.Shared(front, node, own, limits, settings, cachedCommands, db, ids);
    loopDelay = new LoopDelay(vertx);
    memory = ClientMemory.of(LogKey.RESP, settings.instances(), settings.maxPendingBytes());
    faults = new ClientFaults(settings.maxPendingBytes());
    statsCollector.register(StatsCollector.RESP, context, this::share);
    vertx.eventBus().localConsumer(Bus.ACCESS, news -> node.accessChanged());
    vertx.eventBus().localConsumer(Bus.RENEW, news -> node.renew());
    vertx.eventBus().<Server>localConsumer(Bus.SERVER, news -> lastReplies.server(news.body()));
    NetServerOptions options =
        new NetServerOptions()
            .setHost(settings.host())
            .setPort(settings.port() == 0 ? ANY_PORT : settings.port())
            .setAcceptBacklog(1024)
            .setTcpNoDelay(true)
            .setTcpKeepAlive(true)
            .setIdleTimeout((int) settings.idleTimeout().toMillis())
            .setIdleTimeoutUnit(TimeUnit.MILLISECONDS);
    certificates.resp().applyTo(options);
    server = Listeners.ofTcp(() -> vertx.createNetServer(options).connectHandler(this::connected));
    return server
        .listen(options.getHost(), options.getPort())
        .onSuccess(listening -> certificates.resp().follow(context, server::updateSslOptions));
  }

  private StatsCollector.VerticleStats share() {
    front.tally().stalledClients(faults.stalledClients());
    return new StatsCollector.VerticleStats(
        front.tally().copy(), node.connections().copy(), loopDelay.delays().copy(), null);
  }

  /** The port that the server listens on. It differs from the setting if that is 0. */
  public int port() {
    return server.port();
  }

  private void connected(NetSocket socket) {
    Gate clients = admission.respClients();
    if (!clients.enter()) {
      socket.end(Buffer.buffer(Reply.MAX_CLIENTS));
      return;
    }
    ClientConnection connection = new ClientConnection();
    Session session = new Session(connection, shared);
    sessions.add(session);
    socket.closeHandler(
        closed -> {
          sessions.remove(session);
          clients.leave();
        });
    // Without this handler Vert.x would close the socket at once, before the last replies.
    socket.shutdownHandler(grace -> {});
    connection.attach((NetSocketInternal) socket, settings.maxPendingBytes(), memory, faults);
    if (stopping) {
      // The socket was accepted, or finished its TLS handshake, while the server was stopping.
      session.drain();
    }
  }

  /**
   * Stops listening, answers the requests that were read, then closes the sessions. Clients that do
   * not leave in time are disconnected.
   */
  @Override
  public Future<?> stop() {
    stopping = true;
    Future<Void> shutdown = server.shutdown(Front.GRACE_MS, TimeUnit.MILLISECONDS);
    List.copyOf(sessions).forEach(Session::drain);
    return shutdown;
  }
}
