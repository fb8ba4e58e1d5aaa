package redisproxy.session;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import redisproxy.access.Credentials;
import redisproxy.bus.Front;
import redisproxy.config.Settings;
import redisproxy.limits.FrontLimits;
import redisproxy.resp.ConnectionState;
import redisproxy.resp.RequestBounds;
import redisproxy.resp.RequestParser;
import redisproxy.resp.UsualGet;
import redisproxy.upstream.Memo;
import redisproxy.upstream.Node;
import redisproxy.upstream.Tunnels;

/**
 * One RESP client: gives each of its requests to the lane that answers it. As long as {@link
 * CachedRequests} can have them answered that is the {@link CachedLane}; the first other request
 * opens a {@link TunnelLane}. From then on everything goes through that, but for a GET that comes
 * when nothing else is on its way and {@link ReadBarrier} is open. Only one lane has replies
 * outstanding at a time, so replies are always in the order of the requests.
 */
final class RespSession extends RespConnection implements ClientIds.Session {
  private final Front front;
  private final Tunnels tunnels;
  private final boolean isOpen;

  /** Null where Redis judges who the client is. */
  private final @Nullable Login login;

  private final ClientLimits limits;

  /** Reads what the client sends, whatever lane it is for. */
  private final RequestParser parser;

  private final ConnectionState state;
  private final Handshake handshake;
  private final Forwarding forwarding;
  private final CachedLane cached;
  private final ReadBarrier barrier;
  private final CachedRequests requests;

  private final ClientIds ids;

  /** Null until its id is told, or it has a connection of its own. */
  private ClientIds.@Nullable Client client;

  /** Null until there is a request that only Redis can answer. */
  private @Nullable TunnelLane tunnel;

  /** The next request is for the tunnel, although it is a GET. */
  private boolean straight;

  /** What comes next in the input waits until the cached lane is empty. */
  private boolean blocked;

  /** The tunnel is lost, of which the client is told behind what it asked before. */
  private boolean lossPutOff;

  /** Another session wants it to have a connection to Redis. */
  private boolean connectionWanted;

  private boolean quitting;
  private boolean draining;
  private boolean advancing;
  private boolean gone;

  /**
   * A session in its first state.
   *
   * @param own whom the proxy lets in, or null where Redis judges
   */
  RespSession(
      Front front,
      Node node,
      @Nullable Credentials own,
      FrontLimits limits,
      Settings.Resp settings,
      int db,
      ClientIds ids) {
    this.front = front;
    this.ids = ids;
    this.tunnels = node.dedicated();
    boolean isAdmitted = tunnels.areOpen() && front.isAdmitted();
    this.isOpen = own != null || isAdmitted || !settings.tunnel();
    this.login = own == null ? null : new Login(own);
    this.limits = new ClientLimits(this, limits);
    this.state =
        new ConnectionState(
            db, isOpen, credentials -> login != null || tunnels.areOwn(credentials));
    this.handshake = new Handshake(state, () -> client().id());
    Inquiry inquiry = new Inquiry(this, node.queries(), state);
    this.cached = new CachedLane(this, front, node.largeValues(), state, settings);
    ProxyInfo info = new ProxyInfo(this, front, cached, state);
    this.forwarding = new Forwarding(this, cached, node.shared(), state, handshake);
    this.barrier = new ReadBarrier(this, front);
    barrier.add(forwarding);
    this.parser = new RequestParser(RequestBounds.STRANGERS, () -> front.server().commands());
    this.requests =
        new CachedRequests(
            parser,
            front,
            cached,
            handshake,
            inquiry,
            info,
            forwarding,
            barrier,
            login,
            this.limits,
            isOpen,
            settings);
  }

  // Requests in

  @Override
  void accept(ByteBuf input) {
    limits.tick();
    if (tunnel == null) {
      acceptCached(input);
    }
    if (tunnel == null || quitting) {
      return;
    }
    if (asksForInfo(input)) {
      requests.answerInfo();
      blocked = input.isReadable();
      return;
    }
    boolean back = goesBack(input);
    if (back) {
      acceptGets(tunnel, input);
    }
    boolean through = straight || !back;
    if (through && cached.isEmpty() && !barrier.isAsked() && tunnel.mayAccept()) {
      straight = false;
      tunnel.accept(input);
    }
  }

  private void acceptCached(ByteBuf input) {
    while (tunnel == null && mayAccept()) {
      switch (requests.next(input)) {
        case ANSWERED -> {}
        case TO_COME -> {
          return;
        }
        case FOR_REDIS -> openTunnel();
        case LAST -> quitting = true;
        case HTTP -> {
          closeOnHttp();
          quitting = true;
        }
      }
    }
  }

  private void openTunnel() {
    TunnelGuard guard = new TunnelGuard(limits, login, tunnels.greeting());
    tunnel = new TunnelLane(parser, this, front, tunnels, handshake, state, guard, ids, client());
    barrier.add(tunnel);
  }

  private ClientIds.Client client() {
    if (client == null) {
      client = ids.open(this);
    }
    return client;
  }

  @Override
  public void kill() {
    later(0, this::close);
  }

  /** Opens the connection that another session wants messages to be sent to. */
  @Override
  public void connect() {
    later(
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
    return tunnel == null
        && isOpen
        && !requests.isStranger()
        && !requests.isWaiting()
        && cached.isEmpty();
  }

  /** Redis has nothing to say of the proxy; nothing else may be under way, or it is asked. */
  private boolean asksForInfo(ByteBuf input) {
    return cached.isEmpty()
        && barrier.isQuiet()
        && !barrier.isAsked()
        && !requests.isStranger()
        && ProxyInfo.skip(input);
  }

  /** Whether what comes next is for the cache, though there is a tunnel. */
  private boolean goesBack(ByteBuf input) {
    if (straight || requests.isStranger() || !front.isAdmitted() || !UsualGet.begins(input)) {
      return false;
    }
    if (!barrier.isOpen()) {
      if (state.db() <= Memo.MAX_DATABASE) {
        barrier.ask();
      }
      return false;
    }
    return state.db() <= Memo.MAX_DATABASE;
  }

  private void acceptGets(TunnelLane tunnel, ByteBuf input) {
    tunnel.keepAlive();
    while (cached.mayAccept() && UsualGet.begins(input)) {
      CachedRequests.Outcome outcome = requests.nextGet(input);
      if (outcome != CachedRequests.Outcome.ANSWERED) {
        straight = outcome == CachedRequests.Outcome.FOR_REDIS;
        break;
      }
    }
    blocked = straight || input.isReadable() && !UsualGet.begins(input);
  }

  private boolean mayAccept() {
    if (quitting) {
      return false;
    }
    if (tunnel == null) {
      return !requests.isWaiting() && cached.mayAccept();
    }
    if (barrier.isAsked()) {
      return false;
    }
    return cached.isEmpty() ? tunnel.mayAccept() : !blocked && cached.mayAccept();
  }

  // Replies out

  @Override
  void advance() {
    if (advancing || gone) {
      return;
    }
    advancing = true;
    try {
      proceed();
    } catch (Throwable fault) {
      // Whoever called, of whom some would not tell anybody.
      broken(fault);
    }
    advancing = false;
    count();
  }

  private void proceed() {
    if (tunnel != null) {
      tunnel.resume();
    }
    boolean progress;
    do {
      progress = cached.writeReplies();
      int before = cached.accepted();
      acceptInput();
      progress |= cached.accepted() != before;
    } while (progress);
    if (connectionWanted && mayConnect()) {
      openTunnel();
    }
    if (lossPutOff && cached.isEmpty() && tunnel != null) {
      tunnel.lost();
      return;
    }
    setReading(!draining && mayAccept());
    if (cached.isEmpty() && (quitting || draining && mayAccept())) {
      end();
    }
  }

  @Override
  long held() {
    return cached.held() + parser.request().held();
  }

  /** Nothing more is read; what was read is answered. */
  void quit() {
    quitting = true;
  }

  /**
   * Whether the tunnel, which is lost, is to be told so again later, when all that was asked before
   * is answered. Until then nothing more is read.
   */
  boolean putsOffLoss() {
    lossPutOff = !cached.isEmpty();
    quitting |= lossPutOff;
    return lossPutOff;
  }

  /** Everything that was read is answered or on its way to Redis. */
  private void end() {
    if (tunnel == null) {
      leave();
    } else {
      tunnel.end();
    }
  }

  // The end

  /** Whether no more is read of the client. */
  boolean isDraining() {
    return draining;
  }

  /**
   * A client may send its last requests and leave, without waiting for the connection they need or
   * for the replies before them. Redis would read them.
   */
  @Override
  void acceptLast(ByteBuf input) {
    if (tunnel != null && !quitting && cached.isEmpty() && !barrier.isAsked()) {
      tunnel.acceptLast(input);
    }
  }

  /** Answers what has been read, then closes. */
  void drain() {
    draining = true;
    advance();
  }

  @Override
  void ended() {
    drain();
  }

  @Override
  void closed() {
    gone = true;
    cached.close();
    limits.close();
    forwarding.close();
    if (tunnel != null) {
      tunnel.close();
    }
    if (client != null) {
      client.close();
    }
  }
}
