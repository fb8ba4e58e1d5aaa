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
 * The connection over which Redis sends invalidations: the keys that any client writes. It is
 * opened again whenever it is lost: at once if it had lasted, else after a backoff. Belongs to the
 * event loop that it was made on: all methods are called there, and so are the owner's.
 */
public final class Feed {
  /** Receives the invalidations. */
  public interface Owner {
    /** Redis reports every write from now on. */
    void established();

    /**
     * Redis reports no more writes. Comes once after each {@link #established}, and after each
     * failed attempt.
     *
     * @param reason operators may see it
     */
    void lost(String reason);

    /**
     * An attempt failed because the server cannot send invalidations: it is too old or not Redis,
     * or its access rules forbid them to the proxy's user. Only their time to live bounds how long
     * values are served. The feed tries again, but rarely.
     */
    void refused(String reason);

    /** A key may have been written, in any database. */
    void invalidate(byte[] key);

    /** Any key may have been written. */
    void invalidateAll();
  }

  /**
   * What a feed has done since the start.
   *
   * @param keys keys that were invalidated one by one
   * @param flushes how often all keys were invalidated
   * @param fences fences that were requested
   * @param pings PINGs that were sent, for fences and to test the connection
   * @param lastToldAt when the last invalidation came, by the feed's clock; -1 = never
   * @param connections connections that were established
   * @param roundTripNanos the time from the last answered PING to its reply; -1 = none was answered
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
   * Creates a feed without opening it. Create it on the event loop that will use it.
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

  /** Stops the feed. The owner is not called any more; pending fences fail. */
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

  /** Whether Redis reports every write. */
  public boolean isEstablished() {
    return established;
  }

  public Stats stats() {
    return new Stats(keys, flushes, fences, pings, lastToldAt, connections, roundTripNanos);
  }

  /**
   * Requests a fence. It passes when the owner has received all invalidations from commands whose
   * replies had come before this call. Fences that are requested before a PING is sent share it.
   *
   * @param passed called once, in the order of the requests: with true when the fence passes; with
   *     false when the feed is lost before that, or at once if it is not established
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
   * Closes the connection, or ends the attempt under way, and makes another: another server may be
   * at the address now. {@link Owner#lost} is called before this returns.
   */
  public void rearm() {
    if (connection != null) {
      connection.end("replaced by a new connection", false);
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
      LOG.atInfo().addKeyValue(LogKey.REDIS, redis.endpoint()).log("Redis sends invalidations");
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

    /** Only a reply to a PING resets the backoff: a connection may be lost at once. */
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
                ? "Redis cannot send invalidations: values are served until they expire"
                : "Redis sends no invalidations");
  }
}
