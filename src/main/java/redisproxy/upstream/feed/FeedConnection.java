package redisproxy.upstream.feed;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import java.util.ArrayDeque;
import java.util.Objects;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.resp.FeedParser;
import redisproxy.resp.ProtocolError;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.connection.Transport;

/**
 * One connection of a {@link Feed}, from the attempt to its end: the handshake, the invalidations,
 * the heartbeat and the fences. Belongs to the feed's event loop.
 *
 * <p>At most one PING is in flight. Fences depend on that: Redis cannot read a PING that is sent
 * after the previous one was answered together with commands from before that answer
 * (docs/decisions.md).
 */
final class FeedConnection implements RedisConnection.Receiver {
  private static final Logger LOG = LoggerFactory.getLogger(FeedConnection.class);

  /** The feed that the connection belongs to. */
  interface Owner {
    /** Tracking is on. */
    void established();

    void invalidate(byte[] key);

    void invalidateAll();

    /** A PING has been sent, or answered. */
    void pinged(boolean answered);

    /** The connection has ended; the last call. */
    void ended(String reason, boolean refused);
  }

  /** Passes when this many PINGs of the connection have been answered. */
  private record Fence(long pings, Consumer<Boolean> passed) {}

  /** The most invalidations and replies that are read in one event-loop turn. */
  private static final int MAX_PER_TURN = 1024;

  /**
   * How long to leave the event loop to others after that, in milliseconds. A task is not enough:
   * Netty runs tasks that make tasks for up to a second before it looks at sockets again.
   */
  private static final long PAUSE_MS = 1;

  private final Vertx vertx;
  private final Transport transport;
  private final Context context;
  private final FeedHandshake handshake;
  private final long period;
  private final Heartbeat heartbeat;
  private final Owner owner;
  private final FeedParser parser = new FeedParser(new FromRedis());
  private final Queue<Fence> fences = new ArrayDeque<>();

  /** Bytes that were received and are not parsed yet; while paused, no more are received. */
  private final Queue<ByteBuf> input = new ArrayDeque<>();

  private @Nullable RedisConnection connection;
  private boolean established;
  private boolean over;
  private boolean paused;
  private int readInTurn;

  /** First the handshake's deadline, then the next heartbeat. */
  private long timer;

  private boolean pingIsComing;

  FeedConnection(
      Vertx vertx,
      Transport transport,
      Settings.Coherence coherence,
      Context context,
      LongSupplier clock,
      Owner owner) {
    this.vertx = vertx;
    this.transport = transport;
    this.context = context;
    this.handshake = new FeedHandshake(transport.redis(), coherence.prefixes());
    this.period = coherence.heartbeat().toMillis();
    this.heartbeat = new Heartbeat(period, clock);
    this.owner = owner;
    long timeout = transport.redis().connectTimeout().toMillis();
    timer = vertx.setTimer(timeout, id -> end("no answer within " + timeout + " ms", false));
  }

  void open() {
    connection = transport.open(this);
    write(handshake.commands());
  }

  private void write(Buffer request) {
    connection().write(Unpooled.wrappedBuffer(request.getBytes()));
    connection().flush();
  }

  /** The connection; call this only after {@link #open}. */
  private RedisConnection connection() {
    return Objects.requireNonNull(connection);
  }

  @Override
  public void received(ByteBuf data) {
    if (over) {
      data.release();
      return;
    }
    input.add(data);
    if (!paused) {
      read();
    }
  }

  @Override
  public void lost(@Nullable Throwable cause) {
    end(transport.reason(cause), false);
  }

  private void read() {
    if (readInTurn == 0) {
      context.runOnContext(turn -> readInTurn = 0);
    }
    try {
      while (!over && !input.isEmpty()) {
        if (readInTurn >= MAX_PER_TURN) {
          pause();
          return;
        }
        if (feed(input.element())) {
          readInTurn++;
        } else {
          input.remove().release();
        }
      }
    } catch (ProtocolError e) {
      end(e.getMessage(), false);
    } catch (Throwable fault) {
      // The owner may have missed an invalidation, so treat this as a loss of the feed.
      LOG.error("feed ended by a fault of the proxy", fault);
      end("a fault of the proxy", false);
    }
    if (paused && !over) {
      paused = false;
      connection().setReading(true);
    }
  }

  /** Retains the data: a receiver may close this connection, which releases the input. */
  private boolean feed(ByteBuf data) throws ProtocolError {
    data.retain();
    try {
      return parser.feed(data);
    } finally {
      data.release();
    }
  }

  private void pause() {
    if (!paused) {
      paused = true;
      connection().setReading(false);
    }
    vertx.setTimer(PAUSE_MS, id -> read());
  }

  private final class FromRedis implements FeedParser.Receiver {
    @Override
    public void key(byte[] key) {
      if (!over) {
        owner.invalidate(key);
      }
    }

    @Override
    public void all() {
      if (!over) {
        owner.invalidateAll();
      }
    }

    @Override
    public void text(String text) {
      handshake.text(text);
    }

    @Override
    public void reply(byte type, String line) {
      if (established) {
        pong(type, line);
      } else if (handshake.isOverWith(type, line)) {
        handshaken();
      }
    }
  }

  private void handshaken() {
    vertx.cancelTimer(timer);
    if (handshake.fault() != null) {
      end(handshake.fault(), handshake.isRefused());
      return;
    }
    established = true;
    heartbeat.begin();
    timer = vertx.setTimer(period, id -> beat());
    owner.established();
  }

  private void pong(byte type, String line) {
    if (!FeedHandshake.isPong(type, line) || heartbeat.isAnswered()) {
      end("unexpected reply from Redis" + (line.isEmpty() ? "" : ": " + line), false);
      return;
    }
    heartbeat.pong();
    owner.pinged(true);
    while (!fences.isEmpty() && fences.peek().pings <= heartbeat.answered()) {
      fences.remove().passed.accept(true);
    }
    pingForFences();
  }

  /**
   * Each beat sets the timer of the next. With a periodic timer, all beats that a JVM pause delayed
   * would come at once.
   */
  private void beat() {
    if (heartbeat.isOverdue()) {
      end("no answer within " + period + " ms", false);
      return;
    }
    if (heartbeat.isAnswered()) {
      ping(true);
    }
    timer = vertx.setTimer(period, id -> beat());
  }

  private void ping(boolean isAtBeat) {
    heartbeat.ping(isAtBeat);
    owner.pinged(false);
    write(FeedHandshake.PING);
  }

  /** See {@link Feed#fence}. */
  void fence(Consumer<Boolean> passed) {
    if (over || !established) {
      passed.accept(false);
      return;
    }
    fences.add(new Fence(heartbeat.sent() + handshake.pingsPerFence(), passed));
    if (!pingIsComing && heartbeat.isAnswered()) {
      pingIsComing = true;
      context.runOnContext(
          turn -> {
            pingIsComing = false;
            pingForFences();
          });
    }
  }

  private void pingForFences() {
    if (!over && !fences.isEmpty() && heartbeat.isAnswered()) {
      ping(false);
    }
  }

  /** Ends the connection, unless it has ended. Tells the owner, then fails the pending fences. */
  void end(String reason, boolean refused) {
    if (over) {
      return;
    }
    close();
    owner.ended(reason, refused);
    failFences();
  }

  /** Ends the connection without telling the owner. */
  Future<Void> close() {
    boolean first = !over;
    over = true;
    vertx.cancelTimer(timer);
    input.forEach(ByteBuf::release);
    input.clear();
    return first && connection != null ? connection.close() : Future.succeededFuture();
  }

  void failFences() {
    while (!fences.isEmpty()) {
      fences.remove().passed.accept(false);
    }
  }
}
