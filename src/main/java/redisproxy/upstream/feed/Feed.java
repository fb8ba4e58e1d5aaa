package redisproxy.upstream.feed;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.upstream.connection.Backoff;
import redisproxy.upstream.connection.Transport;

/**
 * The connection over which Redis tells which keys are written, by whomever. It is opened again
 * whenever it is lost: at once if it had lasted, else after a backoff. Belongs to one event loop,
 * the one it was made on: all is called there, and calls back there.
 */
public final class Feed {
  /** Who is told. */
  public interface Owner {
    /** Every write from now on is told. */
    void established();

    /**
     * Nothing is told any more: comes once after each {@link #established}, and whenever an attempt
     * failed.
     *
     * @param reason fit for those who run the proxy to see
     */
    void lost(String reason);

    /**
     * An attempt failed because the server does not do it: it is too old or not Redis, or does not
     * allow it to the proxy's user. Values are good for their time alone; it is asked again rarely.
     */
    void refused(String reason);

    /** A key, in whatever database, may have been written. */
    void invalidate(byte[] key);

    /** Any key may have been. */
    void invalidateAll();
  }

  /**
   * What a feed has done since the start.
   *
   * @param keys told, one by one
   * @param flushes times that all keys were
   * @param fences asked for
   * @param pings sent, for fences and to test the connection
   * @param lastToldAt when Redis told anything last, by the feed's clock; -1 = never
   * @param connections how many have been established
   * @param roundTripNanos how long the last PING took to be answered; -1 = none has been
   */
  public record Stats(
      long keys,
      long flushes,
      long fences,
      long pings,
      long lastToldAt,
      long connections,
      long roundTripNanos) {}

  private static final Logger LOG = LoggerFactory.getLogger(Feed.class);

  private static final long NO_TIMER = -1;

  private final Vertx vertx;
  private final Context context;
  private final Settings.Redis redis;
  private final Settings.Coherence coherence;
  private final LongSupplier clock;
  private final Owner owner;
  private final Transport transport;
  private final Backoff backoff;

  private @Nullable FeedConnection connection;
  private boolean established;
  private boolean stopped;
  private long establishedAt;
  private long timer = NO_TIMER;
  private String reason = "";

  private long keys;
  private long flushes;
  private long fences;
  private long pings;
  private long lastToldAt = -1;
  private long connections;
  private long pingedAt;
  private long roundTripNanos = -1;

  /**
   * A feed, not yet opened. To be made on the event loop that will use it.
   *
   * @param clock milliseconds, monotonic
   */
  public Feed(
      Vertx vertx,
      Transport transport,
      Settings.Coherence coherence,
      LongSupplier clock,
      Owner owner) {
    this.vertx = vertx;
    this.context = vertx.getOrCreateContext();
    this.transport = transport;
    this.redis = transport.redis();
    this.coherence = coherence;
    this.clock = clock;
    this.owner = owner;
    this.backoff = new Backoff(redis.backoffMax().toMillis());
  }

  /** Begins to connect. */
  public void start() {
    attempt();
  }

  /** Ends it for good: the owner is told nothing more, fences asked for do not pass. */
  public Future<Void> stop() {
    stopped = true;
    established = false;
    vertx.cancelTimer(timer);
    FeedConnection last = connection;
    connection = null;
    if (last == null) {
      return Future.succeededFuture();
    }
    Future<Void> closed = last.close();
    last.failFences();
    return closed;
  }

  /** Whether every write is told. */
  public boolean isEstablished() {
    return established;
  }

  public Stats stats() {
    return new Stats(keys, flushes, fences, pings, lastToldAt, connections, roundTripNanos);
  }

  /**
   * Calls back, once and in the order of asking: with true when all that was invalidated by
   * commands whose replies had come before this call has been told to the owner; with false when
   * the feed is lost before, or, at once, when it is not established. Those who ask before a PING
   * leaves share it.
   */
  public void fence(Consumer<Boolean> passed) {
    fences++;
    if (established && connection != null) {
      connection.fence(passed);
    } else {
      passed.accept(false);
    }
  }

  /**
   * Gives the connection up, or the attempt at one, and makes another: what answers now may be
   * another server. The owner is told that it is lost before this returns.
   */
  public void rearm() {
    if (connection != null) {
      connection.end("given up for another one", false);
    } else if (!stopped) {
      vertx.cancelTimer(timer);
      attempt();
    }
  }

  private void attempt() {
    timer = NO_TIMER;
    connection =
        new FeedConnection(vertx, transport, coherence, context, clock, new ConnectionOwner());
    connection.open();
  }

  private final class ConnectionOwner implements FeedConnection.Owner {
    @Override
    public void established() {
      established = true;
      establishedAt = clock.getAsLong();
      connections++;
      reason = "";
      LOG.atInfo().addKeyValue(LogKey.REDIS, redis.endpoint()).log("Redis tells what is written");
      owner.established();
    }

    @Override
    public void invalidate(byte[] key) {
      keys++;
      lastToldAt = clock.getAsLong();
      owner.invalidate(key);
    }

    @Override
    public void invalidateAll() {
      flushes++;
      lastToldAt = clock.getAsLong();
      owner.invalidateAll();
    }

    /** Only an answer shows that a connection is good: one that is lost at once is not. */
    @Override
    public void pinged(boolean answered) {
      if (answered) {
        backoff.reset();
        roundTripNanos = System.nanoTime() - pingedAt;
      } else {
        pings++;
        pingedAt = System.nanoTime();
      }
    }

    @Override
    public void ended(String why, boolean refused) {
      connection = null;
      boolean atOnce = established && Backoff.isNeedless(clock.getAsLong() - establishedAt);
      established = false;
      long delay = atOnce ? 0 : refused ? redis.backoffMax().toMillis() : backoff.next();
      log(why, refused, delay);
      if (refused) {
        owner.refused(why);
      } else {
        owner.lost(why);
      }
      again(delay);
    }
  }

  private void again(long delay) {
    if (delay == 0) {
      attempt();
    } else {
      timer = vertx.setTimer(delay, id -> attempt());
    }
  }

  private void log(String why, boolean refused, long delay) {
    boolean news = !why.equals(reason);
    reason = why;
    LOG.atLevel(news ? Level.WARN : Level.DEBUG)
        .addKeyValue(LogKey.REDIS, redis.endpoint())
        .addKeyValue(LogKey.REASON, why)
        .addKeyValue(LogKey.RETRY_MS, delay)
        .log(
            refused
                ? "Redis does not tell what is written: values are good until they expire"
                : "Redis does not tell what is written");
  }
}
