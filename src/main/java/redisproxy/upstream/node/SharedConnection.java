package redisproxy.upstream.node;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.command.Writes;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Tally;
import redisproxy.resp.Reply;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.PendingReplies;
import redisproxy.upstream.connection.RequestConnection;

/**
 * One connection to Redis that carries the short requests of many sessions. Replies come in the
 * order of the requests. All requests of one event-loop turn leave in one write, so that neither
 * side makes a system call for each. Opened by a request, closed when unused. Belongs to one event
 * loop.
 */
final class SharedConnection implements RequestConnection.Receiver<Call> {
  private static final Logger LOG = LoggerFactory.getLogger(SharedConnection.class);

  /** How many requests may be without a reply. */
  private static final int MAX_PENDING = 16 * 1024;

  /** How a replica answers a write. */
  private static final byte[] READONLY = "-READONLY".getBytes(StandardCharsets.US_ASCII);

  private static final long CHECK_MS = 1_000;

  /** After this many checks without a request or a reply the connection is closed. */
  private static final int IDLE_CHECKS = 5;

  private final Vertx vertx;
  private final Context context;
  private final Settings.Redis redis;
  private final DedicatedConnections.Opener opener;
  private final boolean resp3;
  private final SharedConnections owner;

  /** The calls that were answered in this turn. */
  private final ReplyDelivery deliveries;

  /** The requests of this turn, sent when it ends; null if there are none. */
  private @Nullable ByteBuf out;

  /** When the first request of this turn came, by {@link System#nanoTime}. */
  private long turnBegan;

  /** Null while closed. */
  private @Nullable RequestConnection<Call> connection;

  /** A reply has come since the last check. */
  private boolean answers;

  /**
   * Redis owes replies, and none came from one check to the next. No more requests are accepted.
   */
  private boolean stuck;

  private int idleChecks;
  private long timer;

  /** When the connection was begun, by {@link System#nanoTime}. */
  private long openedAt;

  /** There was a check since the connection was begun, so it may be replaced. */
  private boolean hasLasted;

  /** Redis has replied READONLY: it is a replica. */
  private boolean refusesWrites;

  /** Redis has accepted a write that the owner has not been told of yet. */
  private boolean tookWrite;

  /** New requests go over another connection. */
  private boolean isReplaced;

  SharedConnection(
      Vertx vertx,
      Settings.Redis redis,
      DedicatedConnections.Opener opener,
      boolean resp3,
      Consumer<Writes> invalidate,
      SharedConnections owner,
      Tally tally) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.redis = redis;
    this.opener = opener;
    this.resp3 = resp3;
    this.owner = owner;
    this.deliveries = new ReplyDelivery(invalidate, tally);
  }

  // Requests

  /** Copies and sends a request; false if there is no room for it. */
  boolean send(
      ByteBuf request, int start, int end, Writes writes, Call.Receiver receiver, int ticket) {
    RequestConnection<Call> open = connection;
    if (stuck || open != null && (open.pending().size() >= MAX_PENDING || !open.hasRoom())) {
      return false;
    }
    if (open == null) {
      open = open();
    }
    if (out == null) {
      turnBegan = System.nanoTime();
      out = ByteBufAllocator.DEFAULT.ioBuffer(1024);
      context.runOnContext(turn -> flush());
    }
    out.writeBytes(request, start, end - start);
    open.expect(new Call(receiver, ticket, writes, turnBegan));
    return true;
  }

  private void flush() {
    if (out != null && connection != null) {
      connection.write(out);
      connection.flush();
      out = null;
    }
  }

  private RequestConnection<Call> open() {
    openedAt = System.nanoTime();
    hasLasted = false;
    refusesWrites = false;
    idleChecks = 0;
    timer = vertx.setPeriodic(CHECK_MS, id -> check());
    int db = redis.endpoint().database();
    connection =
        new RequestConnection<>(
            receiver -> opener.open(receiver, Connections.Kind.SHARED),
            Greeting.of(redis, db, resp3),
            Greeting.commands(redis, db, resp3),
            PendingReplies.SHORT,
            this);
    return connection;
  }

  private boolean isIdle() {
    return connection == null || connection.pending().isEmpty();
  }

  private void check() {
    stuck = !isIdle() && !answers;
    idleChecks = isIdle() && !answers ? idleChecks + 1 : 0;
    answers = false;
    hasLasted = true;
    reportWrites();
    closeIfReplaced();
    if (idleChecks >= IDLE_CHECKS) {
      close();
    }
  }

  // Replies

  @Override
  public void reply(Call request, byte type, ByteBuf from, int start, int length) {
    answers = true;
    stuck = false;
    request.reply = Reply.copyOf(from, start, length);
    if (type == '-') {
      refusesWrites |= isReadOnly(request.reply);
    } else {
      tookWrite |= !request.writes.isNothing();
    }
    deliveries.add(request);
  }

  private static boolean isReadOnly(byte[] error) {
    int length = Math.min(error.length, READONLY.length);
    return Arrays.equals(error, 0, length, READONLY, 0, READONLY.length);
  }

  @Override
  public void receivedAll() {
    // Report first: receivers of replies may send more.
    reportWrites();
    deliveries.handOut();
    closeIfReplaced();
  }

  private void reportWrites() {
    if (tookWrite) {
      tookWrite = false;
      owner.writesTaken(openedAt);
    }
    if (refusesWrites && !isReplaced) {
      isReplaced = owner.writesRefused(this, hasLasted);
    }
  }

  private void closeIfReplaced() {
    if (isReplaced && isIdle()) {
      close();
    }
  }

  // The end

  /** Redis may have executed the unanswered requests, or may still do so; none is sent again. */
  @Override
  public void ended(RequestConnection.End end, List<Call> unanswered) {
    boolean wasConnected = connection != null && connection.isConnected();
    if (end.kind() != RequestConnection.Kind.LOST) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, end.text())
          .log("a shared connection to Redis is given up");
    }
    close();
    // The connection is closed first: receivers may send more, over a new one.
    receivedAll();
    deliveries.lost(unanswered, wasConnected);
  }

  private void close() {
    vertx.cancelTimer(timer);
    stuck = false;
    if (out != null) {
      // Else it would be sent over the next connection, which does not expect its replies.
      out.release();
      out = null;
    }
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
