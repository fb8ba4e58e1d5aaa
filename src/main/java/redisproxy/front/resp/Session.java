package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.FrontLimits;
import redisproxy.auth.Credentials;
import redisproxy.bus.Front;
import redisproxy.command.CommandName;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.command.UsualGet;
import redisproxy.config.Settings;
import redisproxy.upstream.node.DedicatedConnections;
import redisproxy.upstream.node.Memo;
import redisproxy.upstream.node.Node;

/**
 * One RESP client: gives each of its requests to the route that answers it.
 *
 * <pre>
 *   state      routes                          goes on to
 *   ROUTED     local, cache, shared            DEDICATED  at a request that only Redis can answer
 *   DEDICATED  dedicated                       READING    at a GET, when nothing is under way and
 *                                                         the {@link ReadBarrier} opens
 *   READING    cache                           DEDICATED  at anything but a GET
 *   ENDING     none: what was read is          GONE       when all is answered and the client has
 *              answered                                   seen the end
 *   GONE       none
 *
 *                 ┌──────────┐          ┌───────────┐ ────────▶ ┌─────────┐
 *    accepted ──▶ │  ROUTED  │ ───────▶ │ DEDICATED │           │ READING │
 *                 └──────────┘          └───────────┘ ◀──────── └─────────┘
 *                      │ QUIT, a protocol     │ or: the connection   │
 *                      │ error, the client's  │ to Redis is lost     │
 *                      │ end, a stop          ▼                      │
 *                      └────────────────▶ ENDING ◀───────────────────┘
 *                                             │
 *    the socket is closed, in any state ──▶ GONE
 * </pre>
 *
 * <p>When may a session read from the cache again, after a SET? In ROUTED the SET goes over a
 * shared connection. Its key is invalidated before its reply leaves. The reply is OK and tells
 * nothing of what is in Redis, so a GET behind it is answered from the cache as soon as the reply
 * is there. A reply that tells something (INCR) closes the barrier, and a fence opens it. In
 * DEDICATED every reply but OK does.
 *
 * <p>Replies are always in the order of the requests: what ROUTED takes has a place in {@link
 * OrderedReplies}, and DEDICATED and READING wait for each other. Belongs to the connection's event
 * loop.
 */
final class Session implements ClientConnection.Receiver, DedicatedRoute.Owner, ClientIds.Session {
  /**
   * What the sessions of an event loop share.
   *
   * @param own whom the proxy lets in, or null where Redis judges
   * @param db the database they begin in
   */
  record Shared(
      Front front,
      Node node,
      @Nullable Credentials own,
      FrontLimits limits,
      Settings.Resp settings,
      int db,
      ClientIds ids) {}

  /**
   * Nothing that is answered without a dedicated connection has as many. Positions of arguments
   * cost more than small arguments do.
   */
  private static final int MAX_ARGUMENTS = 1024;

  private static final long SYNC = CommandName.of("sync");
  private static final long PSYNC = CommandName.of("psync");

  private final ClientConnection connection;
  private final Shared shared;
  private final DedicatedConnections dedicatedConnections;
  private final boolean isOpen;

  /** Null where Redis judges who the client is. */
  private final @Nullable Login login;

  private final ClientLimits limits;

  /** Reads what the client sends, whatever route it is for. */
  private final RequestParser parser;

  private final ConnectionState state;
  private final Handshake handshake;
  private final SharedRoute sharedRoute;
  private final OrderedReplies cached;
  private final ReadBarrier barrier;
  private final Dispatcher dispatcher;

  /** Null until its id is told, or it has a connection of its own. */
  private ClientIds.@Nullable Client client;

  /** Null until there is a request that only Redis can answer. */
  private @Nullable DedicatedRoute dedicated;

  /** The next request is for the dedicated connection, although it is a GET. */
  private boolean straight;

  /** What comes next in the input waits until all before it is answered. */
  private boolean blocked;

  /** The dedicated connection is lost. The client is told when all it asked before is answered. */
  private boolean lossPutOff;

  /** Another session wants it to have a connection to Redis. */
  private boolean connectionWanted;

  private boolean quitting;
  private boolean draining;
  private boolean advancing;
  private boolean gone;

  /** A session in its first state, which reads a connection from now on. */
  Session(ClientConnection connection, Shared shared) {
    this.connection = connection;
    this.shared = shared;
    Front front = shared.front();
    Node node = shared.node();
    Settings.Resp settings = shared.settings();
    this.dedicatedConnections = node.dedicated();
    boolean isAdmitted = dedicatedConnections.areOpen() && front.isAdmitted();
    this.isOpen = shared.own() != null || isAdmitted || !settings.tunnel();
    this.login = shared.own() == null ? null : new Login(shared.own());
    this.limits = new ClientLimits(connection, shared.limits());
    this.state =
        new ConnectionState(
            shared.db(),
            isOpen,
            credentials -> login != null || dedicatedConnections.areOwn(credentials));
    this.handshake = new Handshake(state, () -> client().id());
    this.cached = new OrderedReplies(connection, front, node.largeValues(), state, settings);
    this.sharedRoute =
        new SharedRoute(connection, cached, node.shared(), state, handshake, this::quit);
    this.barrier = new ReadBarrier(connection, front);
    barrier.add(sharedRoute);
    this.parser = new RequestParser(RequestBounds.STRANGERS, () -> front.server().commands());
    LocalRoute local =
        new LocalRoute(
            front,
            cached,
            handshake,
            new ServerQueries(connection, node.queries(), state),
            new ProxyInfo(connection, front, cached, state),
            !settings.tunnel());
    this.dispatcher =
        new Dispatcher(
            parser,
            new RequestBounds(settings.maxRequestBytes(), MAX_ARGUMENTS),
            local,
            cached,
            sharedRoute,
            barrier,
            new Dispatcher.Access(login, limits, isOpen, settings.tunnel()));
    connection.receiver(this);
  }

  // Requests in

  @Override
  public void accept(ByteBuf input) {
    limits.tick();
    if (dedicated == null) {
      acceptRouted(input);
    }
    if (dedicated == null || quitting) {
      return;
    }
    if (asksForInfo(input)) {
      dispatcher.replyInfo();
      blocked = input.isReadable();
      return;
    }
    boolean back = goesBack(input);
    if (back) {
      acceptGets(dedicated, input);
    }
    boolean through = straight || !back;
    if (through && cached.isEmpty() && !barrier.isAsked() && dedicated.mayAccept()) {
      straight = false;
      dedicated.accept(input);
    }
  }

  private void acceptRouted(ByteBuf input) {
    while (dedicated == null && mayAccept()) {
      switch (dispatcher.next(input)) {
        case TAKEN -> {}
        case TO_COME -> {
          return;
        }
        case DEDICATED -> openDedicated(isSync(parser.request()));
        case LAST -> quitting = true;
        case HTTP -> {
          connection.closeOnHttp();
          quitting = true;
        }
      }
    }
  }

  /** Redis refuses these behind a reply that has not left. */
  private static boolean isSync(Request next) {
    return next.name() == SYNC || next.name() == PSYNC;
  }

  /**
   * Opens the dedicated connection.
   *
   * @param isForSync whether nothing may be said over it before the next request
   */
  private void openDedicated(boolean isForSync) {
    DedicatedGuard guard = new DedicatedGuard(limits, login, dedicatedConnections.greeting());
    dedicated =
        new DedicatedRoute(
            parser, connection, shared.front(), dedicatedConnections, handshake, guard, this);
    barrier.add(dedicated);
    if (!isForSync) {
      dedicated.opened();
    }
  }

  @Override
  public ClientIds.Client client() {
    if (client == null) {
      client = shared.ids().open(this);
    }
    return client;
  }

  @Override
  public void kill() {
    connection.later(0, connection::close);
  }

  /** Opens the connection that another session wants messages to be sent to. */
  @Override
  public void connect() {
    connection.later(
        0,
        () -> {
          connectionWanted = true;
          advance();
          if (!gone) {
            client().tellWaiting();
          }
        });
  }

  private boolean mayConnect() {
    return dedicated == null
        && isOpen
        && !dispatcher.isStranger()
        && !dispatcher.isWaiting()
        && cached.isEmpty();
  }

  /** Redis has nothing to say of the proxy; nothing else may be under way, or it is asked. */
  private boolean asksForInfo(ByteBuf input) {
    return cached.isEmpty()
        && barrier.isQuiet()
        && !barrier.isAsked()
        && !dispatcher.isStranger()
        && ProxyInfo.skip(input);
  }

  /** Whether what comes next is for the cache, though there is a dedicated connection. */
  private boolean goesBack(ByteBuf input) {
    if (straight
        || dispatcher.isStranger()
        || !shared.front().isAdmitted()
        || state.db() > Memo.MAX_DATABASE
        || !UsualGet.begins(input)) {
      return false;
    }
    if (!barrier.isOpen()) {
      barrier.ask();
      return false;
    }
    return true;
  }

  private void acceptGets(DedicatedRoute dedicated, ByteBuf input) {
    dedicated.keepAlive();
    while (cached.mayAccept() && UsualGet.begins(input)) {
      Dispatcher.Outcome outcome = dispatcher.nextGet(input);
      if (outcome != Dispatcher.Outcome.TAKEN) {
        straight = outcome == Dispatcher.Outcome.DEDICATED;
        break;
      }
    }
    blocked = straight || input.isReadable() && !UsualGet.begins(input);
  }

  private boolean mayAccept() {
    if (quitting) {
      return false;
    }
    if (dedicated == null) {
      return !dispatcher.isWaiting() && cached.mayAccept();
    }
    if (barrier.isAsked()) {
      return false;
    }
    return cached.isEmpty() ? dedicated.mayAccept() : !blocked && cached.mayAccept();
  }

  // Replies out

  @Override
  public void advance() {
    if (advancing || gone) {
      return;
    }
    advancing = true;
    try {
      proceed();
    } catch (Throwable fault) {
      // Not all callers report what is thrown.
      connection.broken(fault);
    }
    advancing = false;
    connection.count();
  }

  private void proceed() {
    if (dedicated != null) {
      dedicated.resume();
    }
    boolean progress;
    do {
      progress = cached.writeReplies();
      int before = cached.accepted();
      connection.acceptInput();
      progress |= cached.accepted() != before;
    } while (progress);
    if (connectionWanted && mayConnect()) {
      openDedicated(false);
    }
    if (lossPutOff && cached.isEmpty() && dedicated != null) {
      dedicated.lost();
      return;
    }
    connection.setReading(!draining && mayAccept());
    if (cached.isEmpty() && (quitting || draining && mayAccept())) {
      end();
    }
  }

  @Override
  public long held() {
    return cached.held() + parser.request().held();
  }

  @Override
  public void quit() {
    quitting = true;
  }

  /** Until then nothing more is read. */
  @Override
  public boolean putsOffLoss() {
    lossPutOff = !cached.isEmpty();
    quitting |= lossPutOff;
    return lossPutOff;
  }

  /** Everything that was read is answered or on its way to Redis. */
  private void end() {
    if (dedicated == null) {
      connection.leave();
    } else {
      dedicated.end();
    }
  }

  // The end

  @Override
  public boolean isDraining() {
    return draining;
  }

  /**
   * A client may send its last requests and leave, without waiting for the connection they need or
   * for the replies before them. Redis would read them.
   */
  @Override
  public void acceptLast(ByteBuf input) {
    if (dedicated != null && !quitting && cached.isEmpty() && !barrier.isAsked()) {
      dedicated.acceptLast(input);
    }
  }

  /** Answers what has been read, then closes. */
  void drain() {
    draining = true;
    advance();
  }

  @Override
  public void ended() {
    drain();
  }

  @Override
  public void closed() {
    gone = true;
    cached.close();
    limits.close();
    sharedRoute.close();
    if (dedicated != null) {
      dedicated.close();
    }
    if (client != null) {
      client.close();
    }
  }
}
