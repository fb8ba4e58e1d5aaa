package redisproxy.session;

import static redisproxy.metrics.Outcome.OWN;
import static redisproxy.metrics.Outcome.REFUSED;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Front;
import redisproxy.config.Settings;
import redisproxy.resp.CommandName;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;
import redisproxy.resp.Request;
import redisproxy.resp.RequestBounds;
import redisproxy.resp.RequestParser;
import redisproxy.resp.RequestTooLarge;

/**
 * Reads the requests of a session while it needs no connection of its own to Redis, and has those
 * answered that can be: what the cache holds, what clients say before anything else, and what can
 * be asked {@linkplain Inquiry aside}.
 */
final class CachedRequests {
  private static final long GET = CommandName.of("get");
  private static final long PING = CommandName.of("ping");
  private static final long ECHO = CommandName.of("echo");
  private static final long QUIT = CommandName.of("quit");
  private static final long HELLO = CommandName.of("hello");

  /**
   * Nothing that is answered here has as many. Positions of arguments cost more than small
   * arguments do: what has many is for a tunnel.
   */
  private static final int MAX_ARGUMENTS = 1024;

  /** What has become of the next request. */
  enum Outcome {
    /** It is answered, now or later. */
    ANSWERED,
    /** It is not whole, or what it needs is being asked, or it waits for replies before it. */
    TO_COME,
    /** Only Redis can answer it; it is still the next. */
    FOR_REDIS,
    /** It is answered, and no other is to be read. */
    LAST,
    /** It is HTTP: the client is to be cut off. */
    HTTP
  }

  private final Front front;
  private final CachedLane cached;
  private final Handshake handshake;
  private final Inquiry inquiry;
  private final ProxyInfo info;
  private final Forwarding forwarding;
  private final ReadBarrier barrier;

  /** Null where Redis judges who the client is. */
  private final @Nullable Login login;

  private final ClientLimits limits;

  /** Whether Redis answers without a password; where it does not, it answers everything. */
  private final boolean isOpen;

  private final boolean mayTunnel;
  private final RequestParser parser;
  private final RequestBounds bounds;

  /** The next request, a HELLO, is not read before all others are answered. */
  private boolean holdsHello;

  /**
   * Those of one session.
   *
   * @param parser the session's, which reads the requests of a tunnel as well
   */
  CachedRequests(
      RequestParser parser,
      Front front,
      CachedLane cached,
      Handshake handshake,
      Inquiry inquiry,
      ProxyInfo info,
      Forwarding forwarding,
      ReadBarrier barrier,
      @Nullable Login login,
      ClientLimits limits,
      boolean isOpen,
      Settings.Resp settings) {
    this.front = front;
    this.cached = cached;
    this.handshake = handshake;
    this.inquiry = inquiry;
    this.info = info;
    this.forwarding = forwarding;
    this.barrier = barrier;
    this.login = login;
    this.limits = limits;
    this.isOpen = isOpen;
    this.mayTunnel = settings.tunnel();
    this.parser = parser;
    this.bounds = new RequestBounds(settings.maxRequestBytes(), MAX_ARGUMENTS);
    parser.setBounds(isStranger() || !isOpen ? RequestBounds.STRANGERS : bounds);
  }

  /** Whether the client has to log in with the proxy before anything else. */
  boolean isStranger() {
    return login != null && !login.isIn();
  }

  /** Reads the next request. */
  Outcome next(ByteBuf input) {
    try {
      if (!parser.next(input)) {
        return Outcome.TO_COME;
      }
      Request request = parser.request();
      // How replies are written changes with it: those before it are to be written first.
      holdsHello = request.name() == HELLO && !cached.isEmpty();
      if (holdsHello) {
        return Outcome.TO_COME;
      }
      Outcome outcome = handle(request, input);
      if (outcome == Outcome.FOR_REDIS) {
        limits.readAgain();
        return isWaiting() ? Outcome.TO_COME : outcome;
      }
      parser.take(input);
      return outcome;
    } catch (RequestTooLarge tooLarge) {
      return isOpen && !isStranger() && mayTunnel ? forRedis() : refused(tooLarge);
    } catch (ProtocolError error) {
      return refused(error);
    }
  }

  /**
   * Reads the next request, which begins as a GET, of a session that has a tunnel.
   *
   * @return FOR_REDIS when there is something wrong with it: Redis is to say what
   */
  Outcome nextGet(ByteBuf input) {
    try {
      if (!parser.parse(input)) {
        return Outcome.TO_COME;
      }
      if (limits.isExceeded()) {
        return answered(ClientLimits.EXCEEDED);
      }
      cached.get(parser.request());
      return Outcome.ANSWERED;
    } catch (ProtocolError wrong) {
      return forRedis();
    }
  }

  /** The parser has stopped within a request, which is read from its start with other bounds. */
  private Outcome forRedis() {
    parser.restart();
    return Outcome.FOR_REDIS;
  }

  private Outcome refused(ProtocolError error) {
    front.tally().count(REFUSED);
    cached.reply(Reply.error(error.getMessage()));
    return Outcome.LAST;
  }

  /** Whether the next request waits for what is being found out, or for replies before it. */
  boolean isWaiting() {
    return inquiry.isWaiting()
        || barrier.isAsked()
        || limits.isLate()
        || forwarding.isBetweenTwo()
        || holdsHello && !cached.isEmpty();
  }

  private Outcome get(Request request) {
    if (!barrier.isOpen()) {
      barrier.ask();
      return Outcome.FOR_REDIS;
    }
    cached.get(request);
    return Outcome.ANSWERED;
  }

  private Outcome handle(Request request, ByteBuf input) throws ProtocolError {
    long name = request.name();
    if (CommandName.isHttp(name)) {
      return Outcome.HTTP;
    }
    if (limits.isExceeded()) {
      return answered(ClientLimits.EXCEEDED);
    }
    if (!isOpen) {
      return Outcome.FOR_REDIS;
    }
    if (login != null && login.concerns(name)) {
      return judge(login, request);
    }
    if (name == GET && request.count() == 2) {
      return get(request);
    }
    if (ProxyInfo.isAsked(request)) {
      return info();
    }
    if (mayTunnel && forwarding.forward(request, input)) {
      return Outcome.ANSWERED;
    }
    if (name == QUIT) {
      answered(Reply.OK);
      return Outcome.LAST;
    }
    return answered(known(request));
  }

  private Outcome info() {
    front.tally().count(OWN);
    info.answer();
    return Outcome.ANSWERED;
  }

  /** Answers a request for the proxy's own section of INFO that was read elsewhere. */
  void answerInfo() {
    if (limits.isExceeded()) {
      answered(ClientLimits.EXCEEDED);
    } else {
      info();
    }
  }

  private Outcome answered(byte @Nullable [] reply) {
    if (reply == null) {
      return Outcome.FOR_REDIS;
    }
    front.tally().count(reply[0] == '-' ? REFUSED : OWN);
    cached.reply(reply);
    return Outcome.ANSWERED;
  }

  /** Where the proxy judges clients: a request that says who the client is, or ought to. */
  private Outcome judge(Login login, Request request) throws ProtocolError {
    boolean wasStranger = isStranger();
    byte[] reply = login.answer(request, false);
    if (reply == Login.WRONGPASS) {
      front.tally().count(REFUSED);
      limits.replyLate(cached, reply);
      return Outcome.ANSWERED;
    }
    if (reply == null) {
      ByteBuf withoutAuth = Login.withoutAuth(request);
      Request hello = withoutAuth == null ? request : read(withoutAuth);
      reply = handshake.answer(hello, front.server());
      if (reply == null && mayTunnel) {
        return Outcome.FOR_REDIS;
      }
      reply = reply == null ? Reply.unknownCommand(hello) : reply;
    }
    if (wasStranger && !isStranger()) {
      parser.setBounds(bounds);
    }
    return answered(reply);
  }

  private Request read(ByteBuf other) throws ProtocolError {
    RequestParser reader = new RequestParser(bounds);
    reader.parse(other);
    return reader.request();
  }

  /** The reply to a request that needs neither the cache nor a tunnel, or null. */
  private byte @Nullable [] known(Request request) {
    long name = request.name();
    if (name == PING && request.count() <= 2) {
      return request.count() == 1 ? Reply.PONG : Reply.bulk(request, 1);
    }
    if (name == ECHO && request.count() == 2) {
      return Reply.bulk(request, 1);
    }
    byte[] reply = handshake.answer(request, front.server());
    if (reply == null && mayTunnel) {
      reply = inquiry.answer(request);
    }
    return reply == null && !mayTunnel ? refusal(request) : reply;
  }

  private static byte[] refusal(Request request) {
    long name = request.name();
    return name == GET || name == PING || name == ECHO
        ? Reply.wrongArity(request.lowerCase(0, 8))
        : Reply.unknownCommand(request);
  }
}
