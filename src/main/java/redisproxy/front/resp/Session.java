package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.FrontLimits;
import redisproxy.auth.Credentials;
import redisproxy.bus.Front;
import redisproxy.command.CachedCommands;
import redisproxy.command.ConnectionState;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.config.Settings;
import redisproxy.metrics.Outcome;
import redisproxy.resp.ProtocolError;
import redisproxy.upstream.node.DedicatedConnection;
import redisproxy.upstream.node.DedicatedConnections;
import redisproxy.upstream.node.LastReplies;
import redisproxy.upstream.node.Node;

/**
 * One RESP client. The session gives each of its requests to the route that answers it.
 *
 * <pre>
 *   state      routes                          goes on to
 *   ROUTED     local, cache, shared            DEDICATED  at a request that only Redis can answer
 *   DEDICATED  dedicated                       READING    at a GET, when nothing is under way and
 *                                                         the {@link ReadBarrier} opens
 *   READING    cache                           DEDICATED  at anything but a GET
 *   ENDING     none: requests that were        GONE       when all are answered and the client has
 *              read are answered                          seen the end of the output
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
 * <p>When may a session read from the cache again after a SET? In ROUTED, the SET goes over a
 * shared connection. Its key is invalidated before its reply leaves. The reply is OK and reveals no
 * data of Redis, so the cache answers a GET after it as soon as the reply has arrived. A reply that
 * reveals data (INCR) closes the barrier, and a fence opens it again. In DEDICATED, every reply
 * except OK closes the barrier.
 *
 * <p>Replies are always in the order of the requests. A request in ROUTED has a place in {@link
 * OrderedReplies}. DEDICATED and READING wait for each other. Belongs to the connection's event
 * loop.
 */
final class Session implements ClientConnection.Receiver, DedicatedRoute.Owner, ClientIds.Session {
  /**
   * What the sessions of an event loop share.
   *
   * @param own the proxy's own credentials, or null if Redis checks credentials
   * @param cachedCommands the reads that are cached beside GET
   * @param db the initial database
   */
  record Shared(
      Front front,
      Node node,
      @Nullable Credentials own,
      FrontLimits limits,
      Settings.Resp settings,
      CachedCommands cachedCommands,
      int db,
      ClientIds ids) {}

  /**
   * Requests with more arguments go over a dedicated connection. The position of an argument costs
   * more memory than a small argument.
   */
  private static final int MAX_ARGUMENTS = 1024;

  private final ClientConnection connection;
  private final Shared shared;
  private final DedicatedConnections dedicatedConnections;
  private final Borrowing borrowing;
  private final boolean isOpen;

  /** Whether the session borrows dedicated connections, or opens its own. */
  private final boolean isPooled;

  /** Null if Redis checks credentials. */
  private final @Nullable Login login;

  private final ClientLimits limits;

  /** Parses the client's requests, for all routes. */
  private final RequestParser parser;

  private final ConnectionState state;
  private final Handshake handshake;
  private final SharedRoute sharedRoute;
  private final OrderedReplies replies;
  private final ReadBarrier barrier;
  private final Dispatcher dispatcher;

  /** Null until the id is needed: for a reply, or for a dedicated connection. */
  private ClientIds.@Nullable Client client;

  /** Null until a request needs the dedicated route. */
  private @Nullable DedicatedRoute dedicated;

  /** The next request is a GET, but must go over the dedicated connection. */
  private boolean sendGetToRedis;

  /** The next request waits until all earlier requests are answered. */
  private boolean blocked;

  /** The dedicated connection is lost. The client learns of it after its earlier replies. */
  private boolean lossDeferred;

  /** Another session has requested that this one opens a dedicated connection. */
  private boolean connectionWanted;

  private boolean quitting;
  private boolean draining;
  private boolean advancing;
  private boolean gone;

  /** Starts in ROUTED, and receives the input of the connection from now on. */
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
    this.replies = new OrderedReplies(connection, front, node.largeValues(), state, settings);
    this.sharedRoute =
        new SharedRoute(connection, replies, node.shared(), state, handshake, this::quit);
    this.isPooled = settings.pooling() && isOpen;
    this.borrowing = new Borrowing(node.pool(), state, this::openDedicated, connection::advance);
    this.barrier = new ReadBarrier(connection, front, replies, sharedRoute, borrowing);
    this.parser = new RequestParser(RequestBounds.STRANGERS, () -> front.server().commands());
    LocalRoute local =
        new LocalRoute(
            front,
            replies,
            handshake,
            new ServerQueries(connection, node.queries(), state),
            new ProxyInfo(connection, front, replies, state),
            !settings.tunnel());
    this.dispatcher =
        new Dispatcher(
            parser,
            new RequestBounds(settings.maxRequestBytes(), MAX_ARGUMENTS),
            local,
            replies,
            sharedRoute,
            barrier,
            new Dispatcher.Access(
                login, limits, isOpen, settings.tunnel(), shared.cachedCommands()));
    connection.receiver(this);
  }

  // Requests in

  @Override
  public void accept(ByteBuf input) {
    limits.tick();
    if (borrowing.takeExpired()) {
      refuse(input);
    }
    if (dedicated == null) {
      acceptRouted(input);
    }
    if (dedicated == null || quitting) {
      return;
    }
    if (skipInfoRequest(input)) {
      dispatcher.replyInfo();
      blocked = input.isReadable();
      return;
    }
    boolean fromCache = mayReadFromCache(input);
    if (fromCache) {
      acceptReads(dedicated, input);
    }
    boolean toRedis = sendGetToRedis || !fromCache;
    if (toRedis && replies.isEmpty() && !barrier.isFencePending() && dedicated.mayAccept()) {
      sendGetToRedis = false;
      dedicated.accept(input);
    }
  }

  private void acceptRouted(ByteBuf input) {
    while (dedicated == null && mayAccept()) {
      switch (dispatcher.next(input)) {
        case TAKEN -> {}
        case WAITING -> {
          return;
        }
        case DEDICATED -> {
          borrowing.want(Need.of(parser.request()));
          borrow();
        }
        case LAST -> quitting = true;
        case HTTP -> {
          connection.closeOnHttp();
          quitting = true;
        }
      }
    }
  }

  /** Gets a dedicated connection for the next request, if all earlier replies are written. */
  private void borrow() {
    if (!isPooled) {
      if (borrowing.isWanted()) {
        openDedicated(dedicatedConnections.openForGood());
      }
    } else if (borrowing.isWanted() && replies.isEmpty() && !barrier.isFencePending()) {
      borrowing.ask();
    }
  }

  /** The session has a dedicated connection. */
  private void openDedicated(DedicatedConnection connectionToRedis) {
    DedicatedGuard guard = new DedicatedGuard(limits, login, dedicatedConnections.greeting());
    dedicated =
        new DedicatedRoute(
            parser, connection, shared.front(), connectionToRedis, handshake, guard, this);
    dedicated.begin(borrowing.lent(dedicated));
  }

  /** Gives the dedicated connection back if the session does not need it now. */
  private void giveBack() {
    if (dedicated != null
        && !lossDeferred
        && replies.isEmpty()
        && !barrier.isFencePending()
        && dedicated.isAtRest()) {
      DedicatedRoute route = dedicated;
      undedicate();
      route.giveBack();
    }
  }

  /** Returns to ROUTED. */
  private void undedicate() {
    borrowing.ended();
    dedicated = null;
    blocked = false;
    sendGetToRedis = false;
    dispatcher.resumeAfterDedicated();
  }

  @Override
  public void lostAtRest() {
    undedicate();
    connection.advance();
  }

  /** No connection was free for the next request in time. */
  private void refuse(ByteBuf input) {
    replies.reply(FailureReply.BUSY);
    shared.front().tally().count(Outcome.FAILED);
    try {
      if (parser.next(input)) {
        parser.take(input);
        return;
      }
    } catch (ProtocolError tooLarge) {
      // Its end is not known, so no request after it can be read.
    }
    quitting = true;
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

  /** Opens a dedicated connection, to which Redis will send the messages of another session. */
  @Override
  public void connect() {
    connection.later(
        0,
        () -> {
          connectionWanted = true;
          if (dedicated != null) {
            dedicated.keep();
          }
          advance();
          if (!gone) {
            client().runWaiting();
          }
        });
  }

  private void connect(boolean fromPool) {
    borrowing.want(Need.CONNECTION);
    if (fromPool) {
      borrowing.ask();
    } else {
      openDedicated(dedicatedConnections.openForGood());
    }
    if (dedicated != null) {
      dedicated.keep();
    }
  }

  private boolean mayConnect() {
    return dedicated == null
        && isOpen
        && !dispatcher.mustLogIn()
        && !dispatcher.isWaiting()
        && replies.isEmpty();
  }

  /**
   * Reads a request for the proxy's own section of INFO. If anything is under way, Redis gets it.
   */
  private boolean skipInfoRequest(ByteBuf input) {
    return replies.isEmpty()
        && barrier.isQuiet()
        && !barrier.isFencePending()
        && !dispatcher.mustLogIn()
        && ProxyInfo.skip(input);
  }

  /** Whether the cache may answer the next request despite the dedicated connection. */
  private boolean mayReadFromCache(ByteBuf input) {
    if (sendGetToRedis
        || dispatcher.mustLogIn()
        || !shared.front().isAdmitted()
        || state.db() > LastReplies.MAX_DATABASE
        || !barrier.isQuiet()
        || !dispatcher.isForCache(input)) {
      return false;
    }
    if (!barrier.isOpen()) {
      barrier.requestFence();
      return false;
    }
    return true;
  }

  private void acceptReads(DedicatedRoute dedicated, ByteBuf input) {
    dedicated.keepAlive();
    while (replies.mayAccept() && dispatcher.isForCache(input)) {
      Dispatcher.Outcome outcome = dispatcher.nextForCache(input);
      if (outcome != Dispatcher.Outcome.TAKEN) {
        sendGetToRedis = outcome == Dispatcher.Outcome.DEDICATED;
        break;
      }
    }
    blocked = sendGetToRedis || input.isReadable() && !dispatcher.isForCache(input);
  }

  private boolean mayAccept() {
    if (quitting) {
      return false;
    }
    if (dedicated == null) {
      return !borrowing.isPending() && !dispatcher.isWaiting() && replies.mayAccept();
    }
    if (barrier.isFencePending()) {
      return false;
    }
    return replies.isEmpty() ? dedicated.mayAccept() : !blocked && replies.mayAccept();
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
      // Some callers swallow exceptions, so catch them here.
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
      progress = replies.writeReplies();
      borrow();
      int before = replies.accepted();
      connection.acceptInput();
      progress |= replies.accepted() != before;
    } while (progress);
    if (connectionWanted && mayConnect()) {
      connect(isPooled);
    }
    if (lossDeferred && replies.isEmpty() && dedicated != null) {
      dedicated.lost();
      return;
    }
    giveBack();
    connection.setReading(!draining && mayAccept());
    if (replies.isEmpty() && (quitting || draining && mayAccept())) {
      end();
    }
  }

  @Override
  public long held() {
    return replies.held() + parser.request().held();
  }

  @Override
  public void quit() {
    quitting = true;
  }

  /** Stops reading if the loss is deferred. */
  @Override
  public boolean defersLoss() {
    lossDeferred = !replies.isEmpty();
    quitting |= lossDeferred;
    return lossDeferred;
  }

  /** Begins to close: every request that was read is answered or on its way to Redis. */
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
   * A client may send its last requests and leave, without waiting for their connection or for
   * earlier replies. Redis would execute them, so the proxy relays them.
   */
  @Override
  public void acceptLast(ByteBuf input) {
    if (dedicated != null && !quitting && replies.isEmpty() && !barrier.isFencePending()) {
      dedicated.acceptLast(input);
    }
  }

  /** Answers the requests that were read, then closes. */
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
    replies.close();
    limits.close();
    sharedRoute.close();
    borrowing.leave();
    if (dedicated != null) {
      dedicated.close();
    }
    if (client != null) {
      client.close();
    }
  }
}
