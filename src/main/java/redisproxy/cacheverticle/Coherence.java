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
 * Keeps the cache as fresh as Redis: passes on what the feed tells, and decides how far what is
 * kept can be believed while it tells nothing. Belongs to the cache verticle's event loop.
 *
 * <table>
 * <caption>What is believed</caption>
 * <tr><td>the feed is established</td><td>{@link Trust#VERIFIED}</td></tr>
 * <tr><td>Redis cannot be reached</td><td>{@link Trust#UNVERIFIED}, if that is to be served</td></tr>
 * <tr><td>there is to be no feed, or Redis refuses it</td><td>{@link Trust#VERIFIED}: age alone bounds it</td></tr>
 * <tr><td>the feed is lost and Redis answers</td><td>{@link Trust#BYPASSED}</td></tr>
 * </table>
 */
public final class Coherence implements Feed.Owner {
  private static final Logger LOG = LoggerFactory.getLogger(Coherence.class);

  private final ReadThrough<?> readThrough;
  private boolean servesUnverified;
  private final LongSupplier clock;

  /** Null where there is to be none. */
  private final @Nullable Feed feed;

  private final Promise<Void> tried = Promise.promise();
  private boolean reachable;

  /** Loads have sought Redis in vain since they last reached it. */
  private boolean missed;

  /** Redis has refused the feed, or there is to be none. */
  private boolean expiryOnly;

  private String reason = "not connected yet";
  private long fences;
  private long fencesMs;

  /** To be made on the cache verticle's event loop. */
  Coherence(Settings settings, CacheNode<?> node, LongSupplier clock, ReadThrough<?> readThrough) {
    this.readThrough = readThrough;
    this.clock = clock;
    this.servesUnverified =
        settings.coherence().whenUnverified() == Settings.Coherence.WhenUnverified.SERVE;
    this.expiryOnly = settings.coherence().mode() == Settings.Coherence.Mode.EXPIRY;
    this.feed = expiryOnly ? null : node.feed(this);
  }

  /** Begins to connect; ends when it is known how the first attempt went. */
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
   * Whether loads reach Redis. When they no longer do, it may be another server that they reach
   * next, of whose writes the feed knows nothing: it has to find that one, too. When they do again,
   * the feed may have been sooner, and have found the one before.
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

  /** Whether what is kept is to be served while Redis cannot be reached. */
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
          .log("the cache is believed anew");
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

  /** Writes may have been missed until now, so nothing of what was kept is left. */
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
   * Calls back when all is invalidated that was written by commands whose replies had come before.
   *
   * @param dropsAll whether everything is to be dropped where Redis does not tell what was written
   * @param passed is told whether Redis told it
   */
  void fence(boolean dropsAll, Consumer<Boolean> passed) {
    if (feed == null || !feed.isEstablished()) {
      end(dropsAll, false, passed);
      return;
    }
    long asked = clock.getAsLong();
    feed.fence(
        told -> {
          fences++;
          fencesMs += clock.getAsLong() - asked;
          end(dropsAll, told, passed);
        });
  }

  private void end(boolean dropsAll, boolean told, Consumer<Boolean> passed) {
    if (dropsAll && !told) {
      readThrough.invalidateAll();
    }
    passed.accept(told);
  }

  /** Something was written of which only Redis knows what; nobody waits. */
  void unknownWritten() {
    if (!isTracking()) {
      readThrough.invalidateAll();
    }
  }

  /** Adds the feed's connection. */
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
