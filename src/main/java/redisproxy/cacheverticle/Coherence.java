package redisproxy.cacheverticle;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.bus.CoherenceState;
import redisproxy.cache.ReadThrough;
import redisproxy.cache.Trust;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.upstream.feed.Feed;
import redisproxy.upstream.node.CacheNode;

/**
 * Keeps the cache as fresh as Redis. Passes on the invalidations of the feed, and decides how far
 * the entries can be trusted. Belongs to the cache verticle's event loop.
 *
 * <table>
 * <caption>How far entries are trusted</caption>
 * <tr><td>the feed is established</td><td>{@link Trust#VERIFIED}</td></tr>
 * <tr><td>Redis cannot be reached</td><td>{@link Trust#UNVERIFIED} if the settings allow to serve unverified entries, else {@link Trust#BYPASSED}</td></tr>
 * <tr><td>the settings turn the feed off, or Redis refuses it</td><td>{@link Trust#VERIFIED}: only the expiry bounds their age</td></tr>
 * <tr><td>the feed is lost and Redis answers</td><td>{@link Trust#BYPASSED}</td></tr>
 * </table>
 */
public final class Coherence implements Feed.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(Coherence.class);

  private final ReadThrough<?> readThrough;
  private boolean servesUnverified;
  private final LongSupplier clock;

  /** Null if the settings turn the feed off. */
  private final @Nullable Feed feed;

  /** Completes after the first attempt to connect the feed. */
  private final Promise<Void> tried = Promise.promise();

  private boolean reachable;

  /** Loads have failed to reach Redis since they last reached it. */
  private boolean missed;

  /** Redis has refused the feed, or the settings turn it off. */
  private boolean expiryOnly;

  private String reason = "not connected yet";
  private long fences;
  private long fencesMs;

  /** Call this on the cache verticle's event loop. */
  Coherence(Settings settings, CacheNode<?> node, LongSupplier clock, ReadThrough<?> readThrough) {
    this.readThrough = readThrough;
    this.clock = clock;
    this.servesUnverified =
        settings.coherence().whenUnverified() == Settings.Coherence.WhenUnverified.SERVE;
    this.expiryOnly = settings.coherence().mode() == Settings.Coherence.Mode.EXPIRY;
    this.feed = expiryOnly ? null : node.feed(this);
  }

  /** Begins to connect the feed. The future completes after the first attempt, failed or not. */
  Future<Void> start() {
    if (feed == null) {
      tried.complete();
      reason = "";
    } else {
      feed.start();
    }
    decide();
    return tried.future();
  }

  Future<Void> stop() {
    return feed == null ? Future.succeededFuture() : feed.stop();
  }

  /**
   * Sets whether loads reach Redis. Rearms the feed when they no longer do: they may next reach
   * another server, and the feed does not report that server's writes until it connects to it, too.
   * Rearms it again when loads reach Redis again, because the feed may have reconnected earlier, to
   * the old server.
   */
  void reachable(boolean now) {
    boolean isNews = now != reachable;
    reachable = now;
    if (feed != null && (now ? missed : isNews)) {
      feed.rearm();
    }
    missed = !now;
    if (isNews) {
      decide();
    }
  }

  /** Sets whether to serve unverified entries while Redis cannot be reached. */
  void servesUnverified(boolean now) {
    servesUnverified = now;
    decide();
  }

  private void decide() {
    Trust before = readThrough.trust();
    readThrough.trust(trust());
    if (readThrough.trust() != before) {
      LOG.atDebug()
          .addKeyValue(LogKey.TRUST, readThrough.trust())
          .log("the trust in the cache has changed");
    }
  }

  private Trust trust() {
    if (isTracking()) {
      return Trust.VERIFIED;
    }
    if (!reachable) {
      return servesUnverified ? Trust.UNVERIFIED : Trust.BYPASSED;
    }
    return expiryOnly ? Trust.VERIFIED : Trust.BYPASSED;
  }

  private boolean isTracking() {
    return feed != null && feed.isEstablished();
  }

  /** Drops all entries, because writes may have been missed until now. */
  @Override
  public void established() {
    expiryOnly = false;
    reason = "";
    readThrough.invalidateAll();
    decide();
    tried.tryComplete();
  }

  @Override
  public void lost(String why) {
    reason = why;
    decide();
    tried.tryComplete();
  }

  @Override
  public void refused(String why) {
    reason = why;
    if (!expiryOnly) {
      expiryOnly = true;
      readThrough.invalidateAll();
    }
    decide();
    tried.tryComplete();
  }

  @Override
  public void invalidate(byte[] key) {
    readThrough.invalidate(key);
  }

  @Override
  public void invalidateAll() {
    readThrough.invalidateAll();
  }

  /**
   * Calls back once everything is invalidated that was written by commands whose replies had
   * arrived before.
   *
   * @param dropsAll whether to drop all entries if Redis does not report what was written
   * @param passed gets whether Redis reported it
   */
  void fence(boolean dropsAll, Consumer<Boolean> passed) {
    if (feed == null || !feed.isEstablished()) {
      end(dropsAll, false, passed);
      return;
    }
    long asked = clock.getAsLong();
    feed.fence(
        reported -> {
          fences++;
          fencesMs += clock.getAsLong() - asked;
          end(dropsAll, reported, passed);
        });
  }

  private void end(boolean dropsAll, boolean reported, Consumer<Boolean> passed) {
    if (dropsAll && !reported) {
      readThrough.invalidateAll();
    }
    passed.accept(reported);
  }

  /**
   * Handles a write of keys that only Redis knows. No reply waits for it. Without the feed, drops
   * all entries.
   */
  void unknownWritten() {
    if (!isTracking()) {
      readThrough.invalidateAll();
    }
  }

  /** Adds the feed's connection to the counts. */
  void count(Connections connections) {
    if (feed != null) {
      connections.add(
          Connections.Kind.FEED, feed.isEstablished() ? 1 : 0, feed.stats().connections());
    }
  }

  CoherenceState state() {
    String state = isTracking() ? "tracking" : expiryOnly ? "expiry" : "lost";
    Feed.Stats stats = feed == null ? null : feed.stats();
    long toldAt = stats == null ? -1 : stats.lastToldAt();
    long since = toldAt < 0 ? -1 : clock.getAsLong() - toldAt;
    return new CoherenceState(state, reason, readThrough.trust(), fences, fencesMs, stats, since);
  }
}
