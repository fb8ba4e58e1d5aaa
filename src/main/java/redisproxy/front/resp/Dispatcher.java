package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import redisproxy.command.CommandName;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.command.RequestTooLarge;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;

/**
 * Reads the requests of a session and sends each over one of four routes. A request stays the next
 * one until a route takes it.
 *
 * <pre>
 *   route      takes                                            where
 *   local      PING, HELLO, SELECT, CLIENT ID, COMMAND, INFO …  {@link LocalRoute}
 *   cache      GET, when the {@link ReadBarrier} is open        {@link OrderedReplies}
 *   shared     what leaves no state on its connection and has   {@link SharedRoute}
 *              a short reply: SET, INCR, EXPIRE …
 *   dedicated  everything else                                  {@link DedicatedRoute}
 * </pre>
 *
 * <p>Once a session has a dedicated connection, only a GET comes here: see {@link Session}.
 */
final class Dispatcher {
  private static final long GET = CommandName.of("get");
  private static final long QUIT = CommandName.of("quit");
  private static final long HELLO = CommandName.of("hello");

  /** What has become of the next request. */
  enum Outcome {
    /** A route has taken it: it is answered, now or later. */
    TAKEN,
    /** It is not whole, or what it needs is being asked, or it waits for replies before it. */
    TO_COME,
    /** It is for the dedicated route, and still the next. */
    DEDICATED,
    /** It is answered, and the session reads no other. */
    LAST,
    /** It is HTTP: the session closes the connection. */
    HTTP
  }

  private final RequestParser parser;
  private final RequestBounds bounds;
  private final LocalRoute local;
  private final OrderedReplies cached;
  private final SharedRoute shared;
  private final ReadBarrier barrier;
  private final Access access;

  /** The next request, a HELLO, is not read before all others are answered. */
  private boolean holdsHello;

  /**
   * Who the client is, and what it may have done.
   *
   * @param login null where Redis judges who the client is
   * @param isOpen whether Redis answers without a password; where it does not, it answers
   *     everything
   * @param mayUseRedis whether there are the shared and the dedicated route
   */
  record Access(@Nullable Login login, ClientLimits limits, boolean isOpen, boolean mayUseRedis) {
    /** Whether the client has to log in with the proxy before anything else. */
    boolean isStranger() {
      return login != null && !login.isIn();
    }
  }

  /**
   * That of one session.
   *
   * @param parser the session's, which reads the requests of the dedicated route as well
   * @param bounds of requests from a client that has logged in; what has more is for the dedicated
   *     route
   */
  Dispatcher(
      RequestParser parser,
      RequestBounds bounds,
      LocalRoute local,
      OrderedReplies cached,
      SharedRoute shared,
      ReadBarrier barrier,
      Access access) {
    this.parser = parser;
    this.bounds = bounds;
    this.local = local;
    this.cached = cached;
    this.shared = shared;
    this.barrier = barrier;
    this.access = access;
    parser.setBounds(access.isStranger() || !access.isOpen() ? RequestBounds.STRANGERS : bounds);
  }

  /** Whether the client has to log in with the proxy before anything else. */
  boolean isStranger() {
    return access.isStranger();
  }

  /** Reads the next request. */
  Outcome next(ByteBuf input) {
    try {
      if (!parser.next(input)) {
        return Outcome.TO_COME;
      }
      Request request = parser.request();
      // It changes how replies are written, so those before it are written first.
      holdsHello = request.name() == HELLO && !cached.isEmpty();
      if (holdsHello) {
        return Outcome.TO_COME;
      }
      Outcome outcome = dispatch(request, input);
      if (outcome == Outcome.DEDICATED) {
        access.limits().readAgain();
        return isWaiting() ? Outcome.TO_COME : outcome;
      }
      parser.take(input);
      return outcome;
    } catch (RequestTooLarge tooLarge) {
      boolean isForRedis = access.isOpen() && !isStranger() && access.mayUseRedis();
      return isForRedis ? dedicated() : refused(tooLarge);
    } catch (ProtocolError error) {
      return refused(error);
    }
  }

  /**
   * Reads the next request, which begins as a GET, of a session that has a dedicated connection.
   *
   * @return DEDICATED when there is something wrong with it: Redis is to say what
   */
  Outcome nextGet(ByteBuf input) {
    try {
      if (!parser.parse(input)) {
        return Outcome.TO_COME;
      }
      if (access.limits().isExceeded()) {
        return reply(ClientLimits.EXCEEDED);
      }
      cached.get(parser.request());
      return Outcome.TAKEN;
    } catch (ProtocolError wrong) {
      return dedicated();
    }
  }

  /** The parser has stopped within a request, which is read from its start with other bounds. */
  private Outcome dedicated() {
    parser.restart();
    return Outcome.DEDICATED;
  }

  private Outcome refused(ProtocolError error) {
    local.reply(Reply.error(error.getMessage()));
    return Outcome.LAST;
  }

  /** Whether the next request waits for what is being found out, or for replies before it. */
  boolean isWaiting() {
    return local.isWaiting()
        || barrier.isAsked()
        || access.limits().isLate()
        || shared.isBetweenTwo()
        || holdsHello && !cached.isEmpty();
  }

  private Outcome dispatch(Request request, ByteBuf input) throws ProtocolError {
    long name = request.name();
    if (CommandName.isHttp(name)) {
      return Outcome.HTTP;
    }
    if (access.limits().isExceeded()) {
      return reply(ClientLimits.EXCEEDED);
    }
    if (!access.isOpen()) {
      return Outcome.DEDICATED;
    }
    Login login = access.login();
    if (login != null && login.concerns(name)) {
      return judge(login, request);
    }
    if (name == GET && request.count() == 2) {
      return get(request);
    }
    if (ProxyInfo.isAsked(request)) {
      local.replyInfo();
      return Outcome.TAKEN;
    }
    if (access.mayUseRedis() && shared.forward(request, input)) {
      return Outcome.TAKEN;
    }
    if (name == QUIT) {
      local.reply(Reply.OK);
      return Outcome.LAST;
    }
    return reply(local.to(request));
  }

  private Outcome get(Request request) {
    if (!barrier.isOpen()) {
      barrier.ask();
      return Outcome.DEDICATED;
    }
    cached.get(request);
    return Outcome.TAKEN;
  }

  /** Answers a request for the proxy's own section of INFO that was read elsewhere. */
  void replyInfo() {
    if (access.limits().isExceeded()) {
      local.reply(ClientLimits.EXCEEDED);
    } else {
      local.replyInfo();
    }
  }

  private Outcome reply(byte @Nullable [] reply) {
    if (reply == null) {
      return Outcome.DEDICATED;
    }
    local.reply(reply);
    return Outcome.TAKEN;
  }

  /** Where the proxy judges clients: a request that says who the client is, or ought to. */
  private Outcome judge(Login login, Request request) throws ProtocolError {
    boolean wasStranger = isStranger();
    byte[] reply = login.answer(request, false);
    if (reply == Login.WRONGPASS) {
      local.replyLate(access.limits(), reply);
      return Outcome.TAKEN;
    }
    if (reply == null) {
      ByteBuf withoutAuth = Login.withoutAuth(request);
      Request hello = withoutAuth == null ? request : read(withoutAuth);
      reply = local.toHandshake(hello);
      if (reply == null && access.mayUseRedis()) {
        return Outcome.DEDICATED;
      }
      reply = reply == null ? hello.unknownCommand() : reply;
    }
    if (wasStranger && !isStranger()) {
      parser.setBounds(bounds);
    }
    return reply(reply);
  }

  private Request read(ByteBuf other) throws ProtocolError {
    RequestParser reader = new RequestParser(bounds);
    reader.parse(other);
    return reader.request();
  }
}
