package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.ByteBufAllocator;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Vertx;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Tally;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;
import redisproxy.resp.Writes;
import redisproxy.upstream.connection.PendingReplies;
import redisproxy.upstream.connection.RedisConnection;

/**
 * One connection to Redis that carries the short requests of many sessions, each request and each
 * reply in its turn: what is sent in one turn of the event loop leaves as one write, so that
 * neither side pays a system call for each. Opened by a request, closed when unused. Belongs to one
 * event loop.
 */
final class Trunk implements RedisConnection.Receiver {
  private static final Logger LOG = LoggerFactory.getLogger(Trunk.class);

  /** How many requests may be without a reply. */
  private static final int MAX_PENDING = 16 * 1024;

  private static final long CHECK_MS = 1_000;

  /** After so many checks without a request the connection is closed. */
  private static final int IDLE_CHECKS = 5;

  private final Vertx vertx;
  private final Context context;
  private final Settings.Redis redis;
  private final Tunnels.Opener opener;
  private final boolean resp3;

  private final TrunkServer server;

  /** Answered in this turn. */
  private final Deliveries deliveries;

  /** What is to be sent when the turn ends, or null. */
  private @Nullable ByteBuf out;

  /** When the first of it was asked, by {@link System#nanoTime}. */
  private long turnBegan;

  /** Null while closed. */
  private @Nullable RedisConnection connection;

  private boolean connected;
  private PendingReplies<Pending> pending;

  /** Since the last check. */
  private boolean answers;

  /**
   * Replies are owed, and none came from one check to the next: nobody else is to queue up here.
   */
  private boolean stuck;

  private int idleChecks;
  private long timer;

  Trunk(
      Vertx vertx,
      Settings.Redis redis,
      Tunnels.Opener opener,
      boolean resp3,
      Consumer<Writes> invalidate,
      TrunkServer.Owner owner,
      Tally tally) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.redis = redis;
    this.opener = opener;
    this.resp3 = resp3;
    this.server = new TrunkServer(this, owner);
    this.deliveries = new Deliveries(invalidate, tally);
    this.pending = newPending();
  }

  private PendingReplies<Pending> newPending() {
    int greetings = Greeting.commands(redis, redis.endpoint().database(), resp3);
    return new PendingReplies<>(greetings, PendingReplies.SHORT, new ReplyReceiver());
  }

  // Requests

  /** Sends a request, whose bytes are copied; false when there is no room for it. */
  boolean send(
      ByteBuf request, int start, int end, Writes writes, Trunks.Sender sender, int ticket) {
    if (stuck
        || pending.size() >= MAX_PENDING
        || connection != null && connected && !connection.isWritable()) {
      return false;
    }
    if (connection == null) {
      open();
    }
    if (out == null) {
      turnBegan = System.nanoTime();
      out = ByteBufAllocator.DEFAULT.ioBuffer(1024);
      context.runOnContext(turn -> flush());
    }
    out.writeBytes(request, start, end - start);
    pending.add(new Pending(sender, ticket, writes, turnBegan));
    return true;
  }

  private void flush() {
    if (out != null && connection != null) {
      connection.write(out);
      connection.flush();
      out = null;
    }
  }

  private void open() {
    connected = false;
    pending = newPending();
    server.opened();
    connection = opener.open(this, Connections.Kind.TRUNK);
    connection.write(
        Unpooled.wrappedBuffer(Greeting.of(redis, redis.endpoint().database(), resp3)));
    idleChecks = 0;
    timer = vertx.setPeriodic(CHECK_MS, id -> check());
  }

  private void check() {
    stuck = !pending.isEmpty() && !answers;
    idleChecks = pending.isEmpty() && !answers ? idleChecks + 1 : 0;
    answers = false;
    server.hasLasted();
    server.tell();
    closeIfRetired();
    if (idleChecks >= IDLE_CHECKS) {
      close();
    }
  }

  // Replies

  @Override
  public void writable() {
    connected = true;
  }

  @Override
  public void received(ByteBuf data) {
    try {
      pending.read(data);
    } catch (ProtocolError error) {
      giveUp(error.getMessage());
    } finally {
      data.release();
    }
  }

  private final class ReplyReceiver implements PendingReplies.Receiver<Pending> {
    @Override
    public void reply(Pending request, byte type, ByteBuf from, int start, int length) {
      answers = true;
      stuck = false;
      request.reply = Reply.copyOf(from, start, length);
      if (type == '-') {
        server.refused(request.reply);
      } else if (!request.writes.isNothing()) {
        server.wrote();
      }
      deliveries.add(request);
    }

    @Override
    public void greetingRefused(String error) {
      giveUp("the greeting was refused");
    }
  }

  @Override
  public void receivedAll() {
    // Before those who are told send more.
    server.tell();
    deliveries.handOut();
    closeIfRetired();
  }

  private void closeIfRetired() {
    if (server.isLeft() && pending.isEmpty()) {
      close();
    }
  }

  // The end

  private void giveUp(String reason) {
    LOG.atWarn().addKeyValue(LogKey.REASON, reason).log("a shared connection to Redis is given up");
    // What has no reply may have been done, or be done yet, and is not sent again.
    List<Pending> unanswered = pending.abandon();
    close();
    // Those who are told may send more, which is then another connection's.
    receivedAll();
    deliveries.lost(unanswered, true);
  }

  private void close() {
    vertx.cancelTimer(timer);
    connected = false;
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

  @Override
  public void lost(@Nullable Throwable cause) {
    boolean wasConnected = connected;
    List<Pending> unanswered = pending.abandon();
    close();
    deliveries.lost(unanswered, wasConnected);
  }
}
