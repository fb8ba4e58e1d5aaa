package redisproxy;

import io.netty.buffer.ByteBuf;
import redisproxy.config.Settings;
import redisproxy.resp.CommandName;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;
import redisproxy.resp.RequestParser;
import redisproxy.resp.RequestTooLarge;
import redisproxy.upstream.Asides;
import redisproxy.upstream.Tunnels;
import redisproxy.upstream.ValueStreams;

/**
 * One RESP client: reads its requests and gives each to the lane that answers it. What the cache
 * can answer, what clients say before anything else and what can be asked {@linkplain Inquiry
 * aside} goes to the {@link CachedLane}; the first other request opens a {@link TunnelLane}, and
 * from then on everything goes through that. Only one lane has replies outstanding at a time, so
 * replies are always in the order of the requests.
 */
final class RespSession extends RespConnection {
  private static final long GET = CommandName.of("get");
  private static final long PING = CommandName.of("ping");
  private static final long ECHO = CommandName.of("echo");
  private static final long QUIT = CommandName.of("quit");

  /**
   * HTTP sent to this port, perhaps by a browser that was lured: Redis closes on these, and so do
   * we.
   */
  private static final long POST = CommandName.of("post");

  private static final long HOST = CommandName.of("host:");

  private final Front front;
  private final Tunnels tunnels;
  private final boolean mayTunnel;

  /**
   * Whether Redis would answer without a password; where it would not, it answers everything
   * itself.
   */
  private final boolean isOpen;

  /** Null where Redis judges who the client is. */
  private final Login login;

  private final int maxRequestBytes;
  private RequestParser parser;
  private final Handshake handshake;
  private final Inquiry inquiry;
  private final CachedLane cached;

  /** Null until there is a request that only Redis can answer. */
  private TunnelLane tunnel;

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
      ValueStreams streams,
      Tunnels tunnels,
      Credentials own,
      Asides asides,
      Settings.Resp settings,
      int db) {
    this.front = front;
    this.tunnels = tunnels;
    this.mayTunnel = settings.tunnel();
    this.isOpen = own != null || tunnels.areOpen() || !settings.tunnel();
    this.login = own == null ? null : new Login(own);
    this.maxRequestBytes = settings.maxRequestBytes();
    this.parser = new RequestParser(isStranger() ? Login.MAX_BYTES : maxRequestBytes);
    this.handshake = new Handshake(db);
    this.inquiry = new Inquiry(this, asides, handshake);
    this.cached = new CachedLane(this, front, streams, handshake, settings);
  }

  // Requests in

  @Override
  void accept(ByteBuf input) {
    if (tunnel == null) {
      acceptCached(input);
    } else if (cached.isEmpty()) {
      tunnel.accept(input);
    }
  }

  private void acceptCached(ByteBuf input) {
    try {
      int start = input.readerIndex();
      while (mayAccept() && parser.parse(input)) {
        if (!handle()) {
          input.readerIndex(start);
          if (!inquiry.isWaiting()) {
            openTunnel();
          }
          return;
        }
        start = input.readerIndex();
      }
    } catch (RequestTooLarge tooLarge) {
      if (isStranger()) {
        cached.reply(Login.TOO_LONG);
        quitting = true;
      } else if (mayTunnel) {
        openTunnel();
      } else {
        refuse(tooLarge);
      }
    } catch (ProtocolError error) {
      refuse(error);
    }
  }

  private void refuse(ProtocolError error) {
    cached.reply(Reply.error(error.getMessage()));
    quitting = true;
  }

  private void openTunnel() {
    TunnelGuard guard = login == null ? null : new TunnelGuard(login, tunnels.greeting());
    tunnel = new TunnelLane(this, front, tunnels, handshake, guard);
  }

  /** Whether the client has to log in with the proxy before anything else. */
  private boolean isStranger() {
    return login != null && !login.isIn();
  }

  private boolean mayAccept() {
    return tunnel == null
        ? !quitting && !inquiry.isWaiting() && cached.mayAccept()
        : cached.isEmpty() && tunnel.mayAccept();
  }

  /** Returns whether the request is answered here; if not, or not yet, it is for Redis. */
  private boolean handle() throws ProtocolError {
    long name = parser.name();
    if (name == POST || name == HOST) {
      close();
      quitting = true;
    } else if (!isOpen) {
      return false;
    } else if (login != null && login.concerns(name)) {
      return judge();
    } else if (name == GET && parser.count() == 2) {
      cached.get(parser);
    } else if (name == QUIT) {
      cached.reply(Reply.OK);
      quitting = true;
    } else {
      byte[] reply = known(name);
      if (reply == null) {
        return false;
      }
      cached.reply(reply);
    }
    return true;
  }

  /** Where the proxy judges clients: a request that says who the client is, or ought to. */
  private boolean judge() throws ProtocolError {
    boolean wasStranger = isStranger();
    byte[] reply = login.answer(parser, true, false);
    if (reply == null) {
      RequestParser hello = parser;
      ByteBuf withoutAuth = Login.withoutAuth(parser);
      if (withoutAuth != null) {
        hello = new RequestParser(maxRequestBytes);
        hello.parse(withoutAuth);
      }
      reply = handshake.answer(hello, front.server());
      if (reply == null && mayTunnel) {
        return false;
      }
      reply = reply == null ? Reply.unknownCommand(hello) : reply;
    }
    cached.reply(reply);
    if (wasStranger && login.isIn()) {
      parser = new RequestParser(maxRequestBytes);
    }
    return true;
  }

  /** The reply to a request that needs neither the cache nor a tunnel, or null. */
  private byte[] known(long name) {
    if (name == PING && parser.count() <= 2) {
      return parser.count() == 1 ? Reply.PONG : argument();
    }
    if (name == ECHO && parser.count() == 2) {
      return argument();
    }
    byte[] reply = handshake.answer(parser, front.server());
    if (reply == null && mayTunnel) {
      reply = inquiry.answer(parser);
    }
    return reply == null && !mayTunnel ? refusal(name) : reply;
  }

  private byte[] argument() {
    return Reply.bulk(parser.buffer(), parser.start(1), parser.length(1));
  }

  private byte[] refusal(long name) {
    return name == GET || name == PING || name == ECHO
        ? Reply.wrongArity(parser.lowerCase(0, 8))
        : Reply.unknownCommand(parser);
  }

  // Replies out

  @Override
  void advance() {
    if (advancing || gone) {
      return;
    }
    advancing = true;
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
    setReading(!draining && mayAccept());
    if (cached.isEmpty() && (quitting || draining && mayAccept())) {
      end();
    }
    advancing = false;
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
    if (tunnel != null) {
      tunnel.close();
    }
  }
}
