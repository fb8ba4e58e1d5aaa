package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.util.concurrent.Future;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Front;
import redisproxy.command.ClientIdArguments;
import redisproxy.command.ClientIdReply;
import redisproxy.command.CommandName;
import redisproxy.command.ConnectionState;
import redisproxy.command.OutstandingRequests;
import redisproxy.command.Pin;
import redisproxy.command.Request;
import redisproxy.command.RequestBounds;
import redisproxy.command.RequestParser;
import redisproxy.command.RequestTooLarge;
import redisproxy.metrics.Outcome;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.node.DedicatedConnection;
import redisproxy.upstream.node.LastReplies;

/**
 * The dedicated route takes all requests that no other route takes. It relays bytes to Redis and,
 * with {@link DedicatedReplies}, back. It parses the frames of both directions to know which reply
 * belongs to which request.
 */
final class DedicatedRoute implements RedisConnection.Receiver, ReadBarrier.Source {
  /** The session. */
  interface Owner {
    ClientIds.Client client();

    /** Whether the session reads no more from the client. */
    boolean isDraining();

    /** Reads no more requests, and answers those that were read. */
    void quit();

    /**
     * Whether the session handles the loss of the connection later, after all earlier requests are
     * answered.
     */
    boolean defersLoss();

    /** The connection is lost, but the session does not need it now. */
    void lostAtRest();
  }

  /** Redis before 7.0 refuses a request with more arguments. */
  private static final int MAX_ARGUMENTS = 1024 * 1024;

  /** A longer request is relayed in pieces. */
  private static final RequestBounds WHOLE = new RequestBounds(64 * 1024, MAX_ARGUMENTS);

  /** The guard needs only the first arguments of a request, however many follow. */
  private static final RequestBounds GUARDED = new RequestBounds(WHOLE.maxBytes());

  private static final byte[] ONE = ":1\r\n".getBytes(StandardCharsets.US_ASCII);

  /**
   * How long Redis may take to close after a client that left and wrote nothing, in milliseconds.
   */
  private static final long CLOSING_MS = 10_000;

  /**
   * How long a request that names a session waits for the id of its connection, in milliseconds.
   */
  private static final long ID_MS = 1_000;

  private static final long CLIENT = CommandName.of("client");
  private static final long HELLO = CommandName.of("hello");

  private static final long AUTH = CommandName.of("auth");

  /** A HELLO with more words may contain an AUTH. */
  private static final int WORDS_OF_PLAIN_HELLO = 2;

  private static final byte[] ID_REQUEST =
      "*2\r\n$6\r\nCLIENT\r\n$2\r\nID\r\n".getBytes(StandardCharsets.US_ASCII);

  /** How many requests may be outstanding; more wait in the client's socket. */
  private static final int MAX_OUTSTANDING = 4096;

  private final ClientConnection connection;
  private final Owner owner;
  private final Front front;
  private final DedicatedConnection redis;
  private final Handshake handshake;
  private final OutstandingRequests outstanding;

  private final DedicatedReplies replies;
  private final DedicatedGuard guard;
  private final DedicatedDrain drain;
  private final ClientIds.Client client;
  private final ClientIds ids;

  /** The id of this connection was requested from Redis. */
  private boolean idRequested;

  /** The timeout of the wait for an id that the next request needs, or null. */
  private @Nullable Future<?> awaitingId;

  private boolean awaitsOwnId;

  /** The next request has waited for an id, and waits no more. */
  private boolean hasAwaitedId;

  private final RequestParser parser;

  /** Finds the end of a request that is relayed in pieces. */
  private @Nullable ReplyFramer rest;

  /** Do not relay the request just read. */
  private boolean withheld;

  /** What to send to Redis before that request, or null. */
  private @Nullable ByteBuf prefix;

  /** Redis has refused for now to bring the connection into the client's state. */
  private boolean unsettled;

  /** The connection has the names of the client. */
  private boolean hasNames;

  /** What to send to Redis in place of that request, or null. */
  private @Nullable ByteBuf replacement;

  /** Relay no more input of the client. */
  private boolean refusing;

  /** The input ends within a request. */
  private boolean midRequest;

  /** The client's input is not RESP. It is relayed unparsed, so that Redis reports the error. */
  private boolean invalid;

  private boolean lost;
  private boolean clientGone;

  /** The task that closes the connection of a client that is gone, or null. */
  private @Nullable Future<?> closing;

  /**
   * Takes over a connection.
   *
   * @param parser the session's parser
   * @param handshake contains the requests that the connection is sent first
   */
  DedicatedRoute(
      RequestParser parser,
      ClientConnection connection,
      Front front,
      DedicatedConnection redis,
      Handshake handshake,
      DedicatedGuard guard,
      Owner owner) {
    this.parser = parser;
    this.connection = connection;
    this.front = front;
    this.redis = redis;
    this.handshake = handshake;
    this.guard = guard;
    this.owner = owner;
    this.client = owner.client();
    this.ids = client.all();
    this.outstanding = new OutstandingRequests(handshake.state());
    this.replies =
        new DedicatedReplies(connection, front, outstanding, new SessionIds(), this::released);
    this.drain = new DedicatedDrain(connection, redis, outstanding, replies::isBetweenReplies);
    setBounds();
  }

  /**
   * Brings the connection into the client's state. Call this once, before anything else.
   *
   * @param need what the session needs the connection for
   */
  void begin(Need need) {
    boolean isNew = redis.isNew();
    redis.lendTo(this);
    ByteBuf greeting = isNew ? guard.greet(outstanding) : null;
    if (greeting != null) {
      redis.write(greeting);
    }
    if (redis.isPooled()) {
      redis.write(settle(redis.db(), redis.isResp3(), need.isWait()));
    } else {
      client.keeps();
      hasNames = true;
      redis.write(Unpooled.wrappedBuffer(handshake.requests()));
      for (int i = handshake.requestCount(); i > 0; i--) {
        outstanding.addOwn();
      }
    }
    requestIdAtTheStart(need.isSync());
  }

  /** The requests that bring a connection of the pool into the client's state. */
  private ByteBuf settle(int db, boolean isResp3, boolean isForWait) {
    unsettled = false;
    ByteBuf all = Unpooled.buffer(0);
    for (byte[] request : handshake.requestsFor(db, isResp3, isForWait)) {
      all.writeBytes(request);
      outstanding.addOwn(this::refused);
    }
    return all;
  }

  /**
   * Redis has refused to bring the connection into the client's state. While a script runs, it
   * refuses all other requests too, so the proxy asks again before the next one. Otherwise Redis
   * may have executed the next request in another database, so the client must not go on.
   */
  private void refused() {
    if (replies.isRefusedForNow()) {
      unsettled = true;
    } else {
      outstanding.keep();
      connection.close();
    }
  }

  /** Brings the connection into the client's state before a request, if Redis has refused that. */
  private void settleAgain() {
    if (unsettled && !outstanding.isInTransaction()) {
      prefix = settle(redis.db(), redis.isResp3(), false);
    }
  }

  /**
   * Whether Redis would queue a request and execute it in another database. Nothing can change that
   * database before the transaction ends.
   */
  private boolean mustAbort(Request request) {
    return unsettled && outstanding.isInTransaction() && OutstandingRequests.isQueued(request);
  }

  // Ids

  /**
   * Requests the id of this connection, unless it is known, or Redis would refuse because the
   * client has not logged in, or nothing may be sent before the next request.
   */
  private void requestIdAtTheStart(boolean isForSync) {
    if (redis.id() != 0) {
      idRequested = true;
      idIsKnown(redis.id());
    } else if (!isForSync && outstanding.state().isPlain()) {
      requestId();
    }
  }

  /** The session keeps this connection for good. */
  void keep() {
    if (redis.isPooled()) {
      outstanding.keep();
      client.keeps();
      pin();
    }
  }

  /** Requests the id of this connection from Redis, in order with the client's requests. */
  private void requestId() {
    if (rest == null && !outstanding.isInTransaction() && !outstanding.isInDoubt()) {
      idRequested = true;
      redis.write(Unpooled.wrappedBuffer(ID_REQUEST));
      outstanding.addOwn(this::idIsKnown);
      redis.flush();
    }
  }

  /** Translates Redis's ids. A reply may contain this connection's id before it was requested. */
  private final class SessionIds implements ClientIdReply.Ids {
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
    redis.id(id);
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
   * Whether a request must wait for the id of a session's connection. The session may be the
   * client's own, whose id was just requested from Redis. It may be another session that is to
   * receive this client's messages.
   */
  private boolean mustAwaitId(Request request) {
    if (request.name() != CLIENT || hasAwaitedId) {
      return false;
    }
    ClientIdArguments named = ClientIdArguments.of(request);
    for (long id : named.ids()) {
      ClientIds.Client other = ids.client(id);
      if (other == client && !ids.isConnected(id) && idRequested) {
        awaitsOwnId = true;
        awaitingId = connection.later(ID_MS, this::stopAwaitingId);
        return true;
      }
      if (other != null
          && other != client
          && named.use() == ClientIdArguments.Use.REDIRECT
          && !ids.keepsConnection(id)) {
        awaitsOwnId = false;
        awaitingId = connection.later(ID_MS, this::stopAwaitingId);
        other.connect(() -> connection.later(0, this::otherIdIsKnown));
        return true;
      }
    }
    return false;
  }

  private void otherIdIsKnown() {
    endAwaitingId();
    connection.advance();
  }

  private void stopAwaitingId() {
    awaitingId = null;
    hasAwaitedId = true;
    connection.advance();
  }

  /**
   * What to send to Redis in place of a request that contains ids of sessions, or null. If not
   * null, the request has been added to the outstanding ones.
   */
  private @Nullable ByteBuf withRedisIds(Request request) {
    if (request.name() != CLIENT) {
      return null;
    }
    ClientIdArguments named = ClientIdArguments.of(request);
    if (named.isOnlyFilter(request) && !outstanding.isInTransaction()) {
      ClientIds.Client other = ids.client(named.ids().get(0));
      boolean isReachable =
          other == client ? ids.isConnected(client.id()) : ids.keepsConnection(named.ids().get(0));
      if (other != null && !isReachable) {
        // Redis does not know this session, or another one may have its connection in a moment.
        other.kill();
        outstanding.addAnswered(ONE);
        return DedicatedGuard.refusedRequest();
      }
    }
    if (named.ids().stream().noneMatch(ids::isConnected)) {
      return null;
    }
    outstanding.add(request);
    boolean isHarmless = named.use() == ClientIdArguments.Use.LIST;
    return named.rewrite(request, isHarmless ? ids::toRedis : ids::claim);
  }

  /**
   * Whether a request must wait for the replies to all earlier ones, because it may log in. Servers
   * from Redis 7.2 on, and Valkey before 9, send no reply to a wrong password while they have other
   * replies to send. The client would wait forever, and later replies would be matched with the
   * wrong requests.
   */
  private boolean mustBeAlone(Request request) {
    boolean mayLogIn =
        request.name() == AUTH || request.name() == HELLO && request.count() > WORDS_OF_PLAIN_HELLO;
    return mayLogIn && !guard.checksCredentials() && outstanding.size() > 0;
  }

  // Requests

  /**
   * Sets the largest request that is read completely before it is relayed. Redis refuses some
   * requests as soon as it reads their size, so larger requests are relayed in pieces.
   */
  private void setBounds() {
    if (guard.checksCredentials()) {
      parser.setBounds(GUARDED);
    } else {
      boolean isLoggedIn = outstanding.state().isOpen() || outstanding.isLoggedIn();
      parser.setBounds(isLoggedIn ? WHOLE : RequestBounds.STRANGERS);
    }
  }

  boolean mayAccept() {
    boolean hasRoom = outstanding.size() < MAX_OUTSTANDING || owner.isDraining();
    return redis.isWritable() && hasRoom && !refusing && awaitingId == null;
  }

  /** Relays as many requests as possible now. */
  void accept(ByteBuf input) {
    accept(input, false);
  }

  /** The client is gone. Relays the complete requests of its last input. */
  void acceptLast(ByteBuf input) {
    accept(input, true);
  }

  private void accept(ByteBuf input, boolean last) {
    int from = input.readerIndex();
    while ((mayAccept() || last && !refusing) && input.isReadable()) {
      int start = input.readerIndex();
      if (invalid) {
        input.readerIndex(input.writerIndex());
      } else if (!next(input, last)) {
        break;
      } else if (prefix != null || withheld) {
        pass(input, from, start);
        from = start;
        if (prefix != null) {
          redis.write(prefix);
          prefix = null;
        }
        if (withheld) {
          from = input.readerIndex();
          replace();
        }
      }
    }
    pass(input, from, input.readerIndex());
    redis.flush();
    pin();
  }

  /** Whether other routes may answer reads from the client's database. */
  private boolean isInCachedDatabase() {
    return outstanding.state().db() <= LastReplies.MAX_DATABASE;
  }

  /** Tells the pool why the session keeps the connection, if it does. */
  private void pin() {
    if (redis.isPooled()) {
      Pin pin = isInCachedDatabase() ? outstanding.pin() : Pin.STATE;
      boolean waitsForClient = rest != null || !connection.hasRoom();
      redis.pin(pin == Pin.NONE && waitsForClient ? Pin.CLIENT : pin);
    }
  }

  /** Prevents Redis from closing the connection as idle while the client reads from the cache. */
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

  /** Sends the replacement of a withheld request. The rest of that request is withheld too. */
  private void replace() {
    if (replacement != null) {
      redis.write(replacement);
      replacement = null;
    }
    withheld = rest != null;
  }

  /** Reads the next request, or a part of one. Returns false if the input contains no more. */
  private boolean next(ByteBuf input, boolean last) {
    try {
      if (rest != null) {
        rest = rest.feed(input) ? null : rest;
        return true;
      }
      Request request = parser.request();
      midRequest = !parser.next(input) || mustAwaitId(request) || !last && mustBeAlone(request);
      if (midRequest) {
        return false;
      }
      hasAwaitedId = false;
      if (CommandName.isHttp(request.name())) {
        connection.closeOnHttp();
        withholdAll();
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
      invalid = true;
      outstanding.addBroken();
    }
    return true;
  }

  private void note(Request request) {
    front.tally().count(Outcome.DEDICATED);
    settleAgain();
    nameFor(request);
    replacement = guard.replacementFor(request, outstanding);
    if (replacement == null && mustAbort(request)) {
      outstanding.addAnswered(FailureReply.ABORTED);
      replacement = DedicatedGuard.refusedRequest();
    }
    if (replacement == null && request.isWhole()) {
      replacement = withRedisIds(request);
    }
    if (replacement == null) {
      withheld = !outstanding.add(request);
      if (request.isWhole() && !withheld && DedicatedGuard.isQuit(request)) {
        refusing = true;
        owner.quit();
      }
    } else if (outstanding.isInDoubt()) {
      // The proxy cannot know which reply to replace.
      refuse();
    } else {
      withheld = true;
    }
  }

  /** Gives the connection the names of the client before the first request that needs them. */
  private void nameFor(Request request) {
    if (hasNames || outstanding.isInDoubt() || !OutstandingRequests.needsNames(request)) {
      return;
    }
    Map<String, byte[]> names = handshake.state().names();
    boolean sets = ConnectionState.isNaming(request) || request.name() == HELLO;
    hasNames = sets || !names.isEmpty();
    if (!names.isEmpty()) {
      ByteBuf all = Unpooled.buffer();
      names.forEach(
          (kind, naming) -> {
            all.writeBytes(naming);
            outstanding.addOwn(() -> names.remove(kind, naming));
          });
      prefix = prefix == null ? all : Unpooled.wrappedBuffer(prefix, all);
    }
  }

  /** Ends a session whose requests the guard can no longer check. */
  private void refuse() {
    withholdAll();
    connection.close();
  }

  private void withholdAll() {
    replacement = null;
    withheld = true;
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
      if (!idRequested && outstanding.isLoggedIn()) {
        requestId();
      }
      drain.advance();
      resume();
      pin();
      connection.advance();
    }
  }

  /** No reply is held any more. */
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

  /** Whether nothing is under way, and a GET would get the same reply as on any connection. */
  @Override
  public boolean isQuiet() {
    return !midRequest
        && rest == null
        && !invalid
        && !drain.isBegun()
        && redis.isConnected()
        && outstanding.isQuiet()
        && replies.isBetweenReplies()
        && !replies.isHolding();
  }

  @Override
  public boolean hasObserved() {
    return outstanding.hasTold();
  }

  @Override
  public void forgetObserved() {
    outstanding.setTold(false);
  }

  // Giving back

  /**
   * Whether the session may give the connection back: nothing is under way, and another session may
   * use it.
   */
  boolean isAtRest() {
    return redis.isPooled() && !lost && redis.isConnected() && mayRest();
  }

  private boolean mayRest() {
    return rest == null
        && awaitingId == null
        && !invalid
        && !refusing
        && !drain.isBegun()
        && outstanding.isAtRest()
        && isInCachedDatabase()
        && replies.isBetweenReplies()
        && !replies.isHolding();
  }

  /** Gives the connection back; see {@link #isAtRest}. */
  void giveBack() {
    ConnectionState state = outstanding.state();
    if (client.mayGiveBack() && !unsettled) {
      redis.giveBack(
          state.db(), state.isResp3(), hasNames ? handshake.requestsWithoutNames() : List.of());
    } else {
      redis.close();
    }
  }

  // The end

  /**
   * No more requests come. Redis answers those it has read, then closes, which ends the session.
   */
  void end() {
    drain.begin();
  }

  /** Reads from Redis again if there is room for replies. */
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
    // The last bytes may have arrived without a receivedAll, so request their fence now.
    replies.receivedAll();
    if (clientGone || replies.isHolding()) {
      return;
    }
    if (redis.isPooled() && redis.isConnected() && mayRest()) {
      // Nothing was under way, so the session needs no end. It will borrow another connection.
      owner.lostAtRest();
      return;
    }
    if (owner.defersLoss()) {
      return;
    }
    if (!replies.isBetweenReplies() && !outstanding.isStreaming()) {
      connection.close();
      return;
    }
    boolean unexpected =
        !outstanding.isAnswered() && !outstanding.isStreaming() && !drain.isBegun();
    if (unexpected || !redis.isConnected()) {
      byte[] rejection = replies.rejection();
      connection.write(
          Unpooled.wrappedBuffer(
              rejection == null ? FailureReply.lost(redis.isConnected()) : rejection));
    }
    connection.flush();
    connection.leave();
  }

  /**
   * The client is gone. Redis still gets everything that it sent, and then the end of the stream.
   * Its writes are invalidated when Redis has answered them.
   */
  void close() {
    clientGone = true;
    drain.stop();
    boolean isAtRest = isAtRest();
    replies.close();
    if (isAtRest) {
      giveBack();
      return;
    }
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
