package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Front;
import redisproxy.command.ClientIdArguments;
import redisproxy.command.ClientIdReply;
import redisproxy.command.CommandName;
import redisproxy.command.ConnectionState;
import redisproxy.command.Outstanding;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.command.RequestTooLarge;
import redisproxy.metrics.Outcome;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.node.DedicatedConnections;

/**
 * The dedicated route, for all that no other route takes: bytes go through to Redis and, by {@link
 * DedicatedReplies}, back as they are. Both directions are framed, to know which reply belongs to
 * which request.
 */
final class DedicatedRoute implements RedisConnection.Receiver, ReadBarrier.Source {
  /** The session. */
  interface Owner {
    ClientIds.Client client();

    /** Whether no more is read of the client. */
    boolean isDraining();

    /** Nothing more is read; what was read is answered. */
    void quit();

    /**
     * Whether the session handles the loss of the connection later, when all that was asked before
     * is answered.
     */
    boolean putsOffLoss();
  }

  /** Redis before 7.0 refuses a request that announces more arguments. */
  private static final int MAX_ARGUMENTS = 1024 * 1024;

  /** A longer request is passed on in pieces. */
  private static final RequestBounds WHOLE = new RequestBounds(64 * 1024, MAX_ARGUMENTS);

  /** The guard judges a request by its first arguments, however many follow. */
  private static final RequestBounds GUARDED = new RequestBounds(WHOLE.maxBytes());

  private static final byte[] ONE = ":1\r\n".getBytes(StandardCharsets.US_ASCII);

  /** How long Redis has to close after a client that is gone and wrote nothing, in milliseconds. */
  private static final long CLOSING_MS = 10_000;

  /** How long a request that names a connection waits for its id, in milliseconds. */
  private static final long ID_MS = 1_000;

  private static final long CLIENT = CommandName.of("client");

  private static final byte[] ASK_ID =
      "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n".getBytes(StandardCharsets.US_ASCII);

  /** How many requests may be without a reply; more wait in the client's socket. */
  private static final int MAX_OUTSTANDING = 4096;

  private final ClientConnection connection;
  private final Owner owner;
  private final Front front;
  private final RedisConnection redis;
  private final Outstanding outstanding;

  private final DedicatedReplies replies;
  private final DedicatedGuard guard;
  private final DedicatedDrain drain;
  private final ClientIds.Client client;
  private final ClientIds ids;

  /** Redis was asked for the id of this connection. */
  private boolean idAsked;

  /** Looks no longer for the id of a connection that the next request names, or null. */
  private @Nullable Future<?> awaitingId;

  private boolean awaitsOwnId;

  /** The next request has waited for one long enough. */
  private boolean hasAwaitedId;

  private final RequestParser parser;

  /** Frames the rest of a request that is passed on in pieces. */
  private @Nullable ReplyFramer rest;

  /** The request just read is not for Redis. */
  private boolean keptBack;

  /** What Redis is sent in its place, or null. */
  private @Nullable ByteBuf instead;

  /** Nothing more of what the client sends is for Redis. */
  private boolean refusing;

  /** A request has begun that is not whole yet. */
  private boolean midRequest;

  /** The client's input is no RESP any more; Redis is to say so. */
  private boolean broken;

  private boolean lost;
  private boolean clientGone;

  /** Closes the connection of a client that is gone, or null. */
  private @Nullable Future<?> closing;

  /**
   * Opens the connection.
   *
   * @param parser the session's
   * @param handshake what the connection is told first
   */
  DedicatedRoute(
      RequestParser parser,
      ClientConnection connection,
      Front front,
      DedicatedConnections connections,
      Handshake handshake,
      DedicatedGuard guard,
      Owner owner) {
    this.parser = parser;
    this.connection = connection;
    this.front = front;
    this.guard = guard;
    this.owner = owner;
    this.client = owner.client();
    this.ids = client.all();
    ConnectionState state = handshake.state();
    this.outstanding = new Outstanding(state);
    this.replies = new DedicatedReplies(connection, front, outstanding, new Ids(), this::released);
    this.redis = connections.open(this);
    this.drain = new DedicatedDrain(connection, redis, outstanding, replies::isBetween);
    setBounds();
    ByteBuf greeting = guard.greet(outstanding);
    if (greeting != null) {
      redis.write(greeting);
    }
    redis.write(Unpooled.wrappedBuffer(handshake.said()));
    for (int i = handshake.commands(); i > 0; i--) {
      outstanding.addOwn();
    }
  }

  // Ids

  /**
   * Has Redis asked for the id of this connection, if it answers a client that has not logged in.
   */
  void opened() {
    if (outstanding.state().isPlain()) {
      askId();
    }
  }

  /** Asks Redis for the id of this connection, in the order of the requests. */
  private void askId() {
    if (rest == null && !outstanding.isInTransaction() && !outstanding.isInDoubt()) {
      idAsked = true;
      redis.write(Unpooled.wrappedBuffer(ASK_ID));
      outstanding.addOwn(this::idIsKnown);
      redis.flush();
    }
  }

  /** In place of Redis's ids; its own connection's may be told before it was asked for. */
  private final class Ids implements ClientIdReply.Ids {
    @Override
    public long own(long redisId) {
      client.connected(redisId);
      return client.id();
    }

    @Override
    public long of(long redisId) {
      return ids.toClient(redisId);
    }
  }

  private void idIsKnown(long id) {
    client.connected(id);
    if (awaitsOwnId) {
      endAwaitingId();
    }
  }

  private void endAwaitingId() {
    if (awaitingId != null) {
      awaitingId.cancel(false);
      awaitingId = null;
      hasAwaitedId = true;
    }
  }

  /**
   * Whether a request needs the id of a session's connection, and that is not known yet. It may be
   * the client's own session, whose id Redis was asked for a moment ago. It may be another one that
   * is to get this client's messages.
   */
  private boolean mustAwaitId(Request request) {
    if (request.name() != CLIENT || hasAwaitedId) {
      return false;
    }
    ClientIdArguments named = ClientIdArguments.of(request);
    for (long id : named.ids()) {
      ClientIds.Client other = ids.client(id);
      if (other != null && !ids.isConnected(id)) {
        if (other == client && idAsked) {
          awaitsOwnId = true;
          awaitingId = connection.later(ID_MS, this::goOnWithoutId);
          return true;
        }
        if (other != client && named.use() == ClientIdArguments.Use.REDIRECT) {
          awaitsOwnId = false;
          awaitingId = connection.later(ID_MS, this::goOnWithoutId);
          other.connect(() -> connection.later(0, this::goOnWithId));
          return true;
        }
      }
    }
    return false;
  }

  private void goOnWithId() {
    endAwaitingId();
    connection.advance();
  }

  private void goOnWithoutId() {
    awaitingId = null;
    hasAwaitedId = true;
    connection.advance();
  }

  /**
   * What Redis is sent in place of a request that names sessions by the ids clients know, or null.
   * The request has then been added to the outstanding ones.
   */
  private @Nullable ByteBuf withRedisIds(Request request) {
    if (request.name() != CLIENT) {
      return null;
    }
    ClientIdArguments named = ClientIdArguments.of(request);
    if (named.isOnlyFilter(request) && !outstanding.isInTransaction()) {
      ClientIds.Client other = ids.client(named.ids().get(0));
      if (other != null && !ids.isConnected(other.id())) {
        // Redis does not know it.
        other.kill();
        outstanding.addAnswered(ONE);
        return DedicatedGuard.refusedRequest();
      }
    }
    if (named.ids().stream().noneMatch(ids::isConnected)) {
      return null;
    }
    outstanding.add(request);
    return named.rewrite(request, ids::toRedis);
  }

  // Requests

  /**
   * Sets what of a request is read before it is passed on. Redis refuses some requests as soon as
   * it reads how large they are, so these are passed on in pieces.
   */
  private void setBounds() {
    if (guard.judges()) {
      parser.setBounds(GUARDED);
    } else {
      boolean isIn = outstanding.state().isOpen() || outstanding.isLoggedIn();
      parser.setBounds(isIn ? WHOLE : RequestBounds.STRANGERS);
    }
  }

  boolean mayAccept() {
    boolean hasRoom = outstanding.size() < MAX_OUTSTANDING || owner.isDraining();
    return redis.isWritable() && hasRoom && !refusing && awaitingId == null;
  }

  /** Passes on what may be passed on. */
  void accept(ByteBuf input) {
    accept(input, false);
  }

  /** The client is gone; this is the last it has sent. Whole requests of it are for Redis. */
  void acceptLast(ByteBuf input) {
    accept(input, true);
  }

  private void accept(ByteBuf input, boolean last) {
    int from = input.readerIndex();
    while ((mayAccept() || last && !refusing) && input.isReadable()) {
      int start = input.readerIndex();
      if (broken) {
        input.readerIndex(input.writerIndex());
      } else if (!next(input)) {
        break;
      } else if (keptBack) {
        pass(input, from, start);
        from = input.readerIndex();
        replace();
      }
    }
    pass(input, from, input.readerIndex());
    redis.flush();
  }

  /** The client reads from the cache: so Redis is not to take it for idle. */
  void keepAlive() {
    if (outstanding.size() == 0 && redis.keepAlive()) {
      outstanding.addPing();
    }
  }

  private void pass(ByteBuf input, int from, int to) {
    if (to > from) {
      redis.write(input.retainedSlice(from, to - from));
    }
  }

  /** Sends what takes the place of a request kept back, the rest of which is kept back as well. */
  private void replace() {
    if (instead != null) {
      redis.write(instead);
      instead = null;
    }
    keptBack = rest != null;
  }

  /** Reads on; false when there is no more to be had from this input. */
  private boolean next(ByteBuf input) {
    try {
      if (rest != null) {
        rest = rest.feed(input) ? null : rest;
        return true;
      }
      Request request = parser.request();
      midRequest = !parser.next(input) || mustAwaitId(request);
      if (midRequest) {
        return false;
      }
      hasAwaitedId = false;
      if (CommandName.isHttp(request.name())) {
        connection.closeOnHttp();
        keepBackAll();
      } else {
        note(request);
      }
      parser.take(input);
    } catch (RequestTooLarge tooLarge) {
      midRequest = false;
      note(parser.request());
      parser.restart();
      rest = new ReplyFramer();
    } catch (ProtocolError error) {
      if (!guard.isOpen()) {
        refuse();
        return true;
      }
      broken = true;
      outstanding.addBroken();
    }
    return true;
  }

  private void note(Request request) {
    front.tally().count(Outcome.TUNNEL);
    instead = guard.inPlaceOf(request, outstanding);
    if (instead == null && request.isWhole()) {
      instead = withRedisIds(request);
    }
    if (instead == null) {
      keptBack = !outstanding.add(request);
      if (request.isWhole() && !keptBack && DedicatedGuard.isLast(request)) {
        refusing = true;
        owner.quit();
      }
    } else if (outstanding.isInDoubt()) {
      // Which reply would be the one to replace cannot be told.
      refuse();
    } else {
      keptBack = true;
    }
  }

  /** Ends a session that can no longer be judged. */
  private void refuse() {
    keepBackAll();
    connection.close();
  }

  private void keepBackAll() {
    instead = null;
    keptBack = true;
    refusing = true;
  }

  // Replies

  @Override
  public void received(ByteBuf data) {
    replies.received(data);
  }

  @Override
  public void receivedAll() {
    if (!clientGone) {
      replies.receivedAll();
      setBounds();
      if (!idAsked && outstanding.isLoggedIn()) {
        askId();
      }
      drain.advance();
      resume();
      connection.advance();
    }
  }

  /** Nothing is held any more. */
  private void released() {
    if (lost) {
      lost();
    } else {
      resume();
      connection.advance();
    }
  }

  @Override
  public void writable() {
    if (!clientGone) {
      connection.advance();
    }
  }

  // The read barrier

  /** Whether nothing is on its way, and a GET would get what anybody would get. */
  @Override
  public boolean isQuiet() {
    return !midRequest
        && rest == null
        && !broken
        && !drain.isBegun()
        && redis.isConnected()
        && outstanding.isQuiet()
        && replies.isBetween()
        && !replies.isHolding();
  }

  @Override
  public boolean hasTold() {
    return outstanding.hasTold();
  }

  @Override
  public void forgetTold() {
    outstanding.setTold(false);
  }

  // The end

  /** No more requests come. Redis answers those it has read, closes, and so ends the session. */
  void end() {
    drain.begin();
  }

  /** There is room for replies: Redis may be read again. */
  void resume() {
    redis.setReading(connection.hasRoom() && !replies.isHolding());
  }

  @Override
  public void lost(@Nullable Throwable cause) {
    lost();
  }

  /** The connection is lost: ends the session, or does so later if something is still held. */
  void lost() {
    lost = true;
    client.disconnected();
    if (closing != null) {
      closing.cancel(false);
    }
    replies.invalidate(outstanding.writes());
    // The last bytes may have come without an end of their turn, and the fence was not asked for.
    replies.receivedAll();
    if (clientGone || replies.isHolding() || owner.putsOffLoss()) {
      return;
    }
    if (!replies.isBetween() && !outstanding.isStreaming()) {
      connection.close();
      return;
    }
    boolean unexpected =
        !outstanding.isAnswered() && !outstanding.isStreaming() && !drain.isBegun();
    if (unexpected || !redis.isConnected()) {
      byte[] refusal = replies.turnedAway();
      connection.write(
          Unpooled.wrappedBuffer(
              refusal == null ? FailureReply.lost(redis.isConnected()) : refusal));
    }
    connection.flush();
    connection.leave();
  }

  /**
   * The client is gone. Redis still gets all it has sent, and its end behind that; what it has
   * written is invalidated when Redis has answered.
   */
  void close() {
    clientGone = true;
    drain.stop();
    replies.close();
    if (outstanding.isAnswered() && !outstanding.isInDoubt()) {
      redis.close();
      return;
    }
    redis.endOutput();
    if (outstanding.writes().isNothing()) {
      closing = connection.later(CLOSING_MS, redis::close);
    }
  }
}
