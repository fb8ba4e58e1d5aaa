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
 * One connection to Redis that carries the short requests of many sessions, each request and each
 * reply in its turn: what is sent in one turn of the event loop leaves as one write, so that
 * neither side pays a system call for each. Opened by a request, closed when unused. Belongs to one
 * event loop.
 */
final class SharedConnection implements RequestConnection.Receiver<Call> {
  private static final Logger LOG = LoggerFactory.getLogger(SharedConnection.class);

  /** How many requests may be without a reply. */
  private static final int MAX_PENDING = 16 * 1024;

  /** How a replica answers a write. */
  private static final byte[] READONLY = "-READONLY".getBytes(StandardCharsets.US_ASCII);

  private static final long CHECK_MS = 1_000;

  /** After so many checks without a request the connection is closed. */
  private static final int IDLE_CHECKS = 5;

  private final Vertx vertx;
  private final Context context;
  private final Settings.Redis redis;
  private final DedicatedConnections.Opener opener;
  private final boolean resp3;
  private final SharedConnections owner;

  /** Answered in this turn. */
  private final ReplyDelivery deliveries;

  /** The requests of this turn, which leave when it ends; null if there are none. */
  private @Nullable ByteBuf out;

  /** When the first of it was asked, by {@link System#nanoTime}. */
  private long turnBegan;

  /** Null while closed. */
  private @Nullable RequestConnection<Call> connection;

  /** Since the last check. */
  private boolean answers;

  /**
   * Replies are owed, and none came from one check to the next: nobody else is to queue up here.
   */
  private boolean stuck;

  private int idleChecks;
  private long timer;

  /** When the connection was begun, by {@link System#nanoTime}. */
  private long openedAt;

  /** Since then there was a check, so a connection in its place is not made in vain. */
  private boolean hasLasted;

  /** Redis is a replica, as its replies say. */
  private boolean refusesWrites;

  /** Redis has taken a write since the owner was last told. */
  private boolean tookWrite;

  /** Others send over another connection now. */
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

  /** Sends a request, whose bytes are copied; false when there is no room for it. */
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
            receiver -> opener.open(receiver, Connections.Kind.TRUNK),
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
    tellOfWrites();
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
    // Before those who are told send more.
    tellOfWrites();
    deliveries.handOut();
    closeIfReplaced();
  }

  private void tellOfWrites() {
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

  /** What has no reply may have been done, or be done yet, and is not sent again. */
  @Override
  public void ended(RequestConnection.End end, List<Call> unanswered) {
    boolean wasConnected = connection != null && connection.isConnected();
    if (end.kind() != RequestConnection.Kind.LOST) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, end.text())
          .log("a shared connection to Redis is given up");
    }
    close();
    // The connection is closed first: receivers that are told may send more, over a new one.
    receivedAll();
    deliveries.lost(unanswered, wasConnected);
  }

  private void close() {
    vertx.cancelTimer(timer);
    stuck = false;
    if (out != null) {
      // Or it would leave on the next connection, where nobody awaits its replies.
      out.release();
      out = null;
    }
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }
}
