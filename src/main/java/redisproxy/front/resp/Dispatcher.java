package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;
import redisproxy.command.CachedCommand;
import redisproxy.command.CachedCommands;
import redisproxy.command.CommandName;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.command.RequestTooLarge;
import redisproxy.command.UsualGet;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;

/**
 * Reads the requests of a session and gives each to one of four routes. A request remains the next
 * one until a route takes it.
 *
 * <pre>
 *   route      takes                                            where
 *   local      PING, HELLO, SELECT, CLIENT ID, COMMAND, INFO …  {@link LocalRoute}
 *   cache      GET, MGET and reads of one key, when the         {@link OrderedReplies}
 *              {@link ReadBarrier} is open
 *   shared     requests that leave no connection state and     {@link SharedRoute}
 *              have a short reply: SET, INCR, EXPIRE …
 *   dedicated  everything else                                  {@link DedicatedRoute}
 * </pre>
 *
 * <p>Once a session has a dedicated connection, only GETs come here: see {@link Session}.
 */
final class Dispatcher {
  private static final long GET = CommandName.of("get");
  private static final long QUIT = CommandName.of("quit");
  private static final long HELLO = CommandName.of("hello");
  private static final long PING = CommandName.of("ping");

  /** The result of reading the next request. */
  enum Outcome {
    /** A route has taken it, and answers it now or later. */
    TAKEN,
    /** It is incomplete, or it waits for data that was requested, or for earlier replies. */
    WAITING,
    /** It is for the dedicated route, and remains the next request. */
    DEDICATED,
    /** It is answered, and the session reads no more requests. */
    LAST,
    /** It is HTTP, so the session closes the connection. */
    HTTP
  }

  private final RequestParser parser;
  private final RequestBounds bounds;
  private final LocalRoute local;
  private final OrderedReplies replies;
  private final SharedRoute shared;
  private final ReadBarrier barrier;
  private final Access access;

  /** Redis answers PING. */
  private boolean asksRedis;

  /** The next request is a HELLO. It waits until all earlier requests are answered. */
  private boolean holdsHello;

  /**
   * What the client may do.
   *
   * @param login null if Redis checks credentials
   * @param isOpen whether Redis needs no password; if it needs one, every request goes to Redis
   * @param mayUseRedis whether the shared and the dedicated route are on
   * @param cachedCommands the reads that are cached beside GET
   */
  record Access(
      @Nullable Login login,
      ClientLimits limits,
      boolean isOpen,
      boolean mayUseRedis,
      CachedCommands cachedCommands) {
    /** Whether the client must log in to the proxy first. */
    boolean mustLogIn() {
      return login != null && !login.isLoggedIn();
    }
  }

  /**
   * The dispatcher of one session.
   *
   * @param parser the session's parser, which also reads the requests of the dedicated route
   * @param bounds the bounds of requests from a client that has logged in; larger requests are for
   *     the dedicated route
   */
  Dispatcher(
      RequestParser parser,
      RequestBounds bounds,
      LocalRoute local,
      OrderedReplies replies,
      SharedRoute shared,
      ReadBarrier barrier,
      Access access) {
    this.parser = parser;
    this.bounds = bounds;
    this.local = local;
    this.replies = replies;
    this.shared = shared;
    this.barrier = barrier;
    this.access = access;
    resume();
  }

  /**
   * The dedicated route has read requests, and has given its connection back. From now on Redis
   * answers PING, as it did over that connection: a client may want to know whether Redis is busy.
   */
  void resumeAfterDedicated() {
    asksRedis = true;
    resume();
  }

  private void resume() {
    parser.setBounds(access.mustLogIn() || !access.isOpen() ? RequestBounds.STRANGERS : bounds);
  }

  /** Whether the client must log in to the proxy first. */
  boolean mustLogIn() {
    return access.mustLogIn();
  }

  /** Reads the next request. */
  Outcome next(ByteBuf input) {
    try {
      if (!parser.next(input)) {
        return Outcome.WAITING;
      }
      Request request = parser.request();
      long name = request.name();
      // HELLO changes the format of replies, so earlier replies are written first.
      holdsHello = name == HELLO && !replies.isEmpty();
      if (holdsHello) {
        return Outcome.WAITING;
      }
      Outcome outcome = dispatch(request, name, input);
      if (outcome == Outcome.DEDICATED) {
        access.limits().readAgain();
        return isWaiting() ? Outcome.WAITING : outcome;
      }
      parser.take(input);
      return outcome;
    } catch (RequestTooLarge tooLarge) {
      boolean isForRedis = access.isOpen() && !mustLogIn() && access.mayUseRedis();
      return isForRedis ? dedicated() : refused(tooLarge);
    } catch (ProtocolError error) {
      return refused(error);
    }
  }

  /**
   * Whether the cache answers the next request of a session with a dedicated connection. Nothing
   * may be under way there.
   */
  boolean isForCache(ByteBuf input) {
    if (UsualGet.begins(input)) {
      return true;
    }
    try {
      return parser.next(input) && cachedCommand(parser.request()) != null;
    } catch (ProtocolError wrong) {
      // Redis will say so.
      parser.restart();
      return false;
    }
  }

  /**
   * Reads the next request of a session with a dedicated connection, which is {@linkplain
   * #isForCache for the cache}.
   *
   * @return DEDICATED if it is not valid, so that Redis reports the error
   */
  Outcome nextForCache(ByteBuf input) {
    try {
      if (!parser.parse(input)) {
        return Outcome.WAITING;
      }
      if (access.limits().isExceeded()) {
        return reply(ClientLimits.EXCEEDED);
      }
      Request request = parser.request();
      CachedCommand command = request.name() == GET ? null : cachedCommand(request);
      if (command == null) {
        replies.get(request);
      } else {
        replies.read(request, command);
      }
      return Outcome.TAKEN;
    } catch (ProtocolError wrong) {
      return dedicated();
    }
  }

  /** The parser has stopped within a request. It will read the request again with other bounds. */
  private Outcome dedicated() {
    parser.restart();
    return Outcome.DEDICATED;
  }

  private Outcome refused(ProtocolError error) {
    local.reply(Reply.error(error.getMessage()));
    return Outcome.LAST;
  }

  /** Whether the next request waits for data that was requested, or for earlier replies. */
  boolean isWaiting() {
    return local.isWaiting()
        || barrier.isFencePending()
        || access.limits().isLate()
        || shared.awaitsOldConnection()
        || holdsHello && !replies.isEmpty();
  }

  private Outcome dispatch(Request request, long name, ByteBuf input) throws ProtocolError {
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
    if (login != null && login.handles(name)) {
      return answerLogin(login, request);
    }
    if (name == GET && request.count() == 2) {
      return get(request);
    }
    Outcome fromCache = fromCache(request);
    if (fromCache != null) {
      return fromCache;
    }
    if (ProxyInfo.matches(request)) {
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
    if (name == PING && asksRedis && access.mayUseRedis()) {
      return Outcome.DEDICATED;
    }
    return reply(local.answer(request));
  }

  /** Null if the cache does not answer the request. */
  private @Nullable Outcome fromCache(Request request) {
    CachedCommand command = cachedCommand(request);
    if (command == null) {
      return null;
    }
    if (barrier.isOpen()) {
      replies.read(request, command);
      return Outcome.TAKEN;
    }
    boolean isTerse = request.command().isTerse(request);
    if (isTerse && !barrier.isQuiet()) {
      // The shared connection is quicker than to wait for earlier replies and then for a fence.
      return null;
    }
    barrier.requestFence();
    return isTerse && !barrier.isFencePending() ? null : Outcome.DEDICATED;
  }

  private @Nullable CachedCommand cachedCommand(Request request) {
    return access.mayUseRedis() ? access.cachedCommands().of(request) : null;
  }

  private Outcome get(Request request) {
    if (!barrier.isOpen()) {
      barrier.requestFence();
      return Outcome.DEDICATED;
    }
    replies.get(request);
    return Outcome.TAKEN;
  }

  /** Answers a request, read elsewhere, for the proxy's own section of INFO. */
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

  /** Answers a request that {@link Login} handles, if the proxy checks credentials itself. */
  private Outcome answerLogin(Login login, Request request) throws ProtocolError {
    boolean hadToLogIn = mustLogIn();
    byte[] reply = login.answer(request, false);
    if (reply == Login.WRONGPASS) {
      local.replyLate(access.limits(), reply);
      return Outcome.TAKEN;
    }
    if (reply == null) {
      ByteBuf withoutAuth = Login.withoutAuth(request);
      Request hello = withoutAuth == null ? request : read(withoutAuth);
      reply = local.handshakeReply(hello);
      if (reply == null && access.mayUseRedis()) {
        return Outcome.DEDICATED;
      }
      reply = reply == null ? hello.unknownCommand() : reply;
    }
    if (hadToLogIn && !mustLogIn()) {
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
