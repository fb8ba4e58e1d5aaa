package redisproxy.cacheverticle;

import io.vertx.core.Vertx;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Cache;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;

/**
 * Background work on the cache, in small steps: drops expired entries, and evicts entries when the
 * cache shrinks. Belongs to the cache verticle's event loop.
 */
final class Upkeep {
  private static final long RECLAIM_EVERY_MS = 100;

  /** The most expired entries that are dropped in one turn. */
  private static final int RECLAIM_AT_ONCE = 512;

  /**
   * The pause between two steps, in milliseconds, in which the event loop serves clients. A task
   * without a delay is not enough: Netty runs tasks that schedule tasks for up to a second before
   * it reads sockets again.
   */
  private static final long PAUSE_MS = 1;

  /** The most entries that are dropped in one turn when the cache shrinks. */
  private static final int SHRINK_AT_ONCE = 2048;

  private final Vertx vertx;
  private final Cache cache;
  private final ReadThrough<?> readThrough;
  private final LongSupplier clock;
  private final Consumer<Throwable> broken;

  /** The settings with the wanted size of the cache; null if they have never changed. */
  private Settings.@Nullable Cache wanted;

  private boolean stopped;

  /**
   * Starts to reclaim expired entries.
   *
   * @param broken gets a fault, and empties the cache
   */
  Upkeep(
      Vertx vertx,
      Cache cache,
      ReadThrough<?> readThrough,
      LongSupplier clock,
      Consumer<Throwable> broken) {
    this.vertx = vertx;
    this.cache = cache;
    this.readThrough = readThrough;
    this.clock = clock;
    this.broken = broken;
    reclaimIn(RECLAIM_EVERY_MS);
  }

  /** Changes the cache to the size in the settings. */
  void resize(Settings.Cache to) {
    wanted = to;
    resizeOn(to);
  }

  private void resizeOn(Settings.Cache to) {
    if (to.equals(wanted)
        && !cache.resize(to.capacity(), to.maxBytes(), SHRINK_AT_ONCE, clock.getAsLong())) {
      vertx.setTimer(PAUSE_MS, timer -> resizeOn(to));
    }
  }

  void stop() {
    stopped = true;
  }

  private void reclaimIn(long millis) {
    vertx.setTimer(millis, timer -> reclaim());
  }

  private void reclaim() {
    if (stopped) {
      return;
    }
    int dropped = 0;
    try {
      dropped = readThrough.reclaim(clock.getAsLong(), RECLAIM_AT_ONCE);
    } catch (Throwable fault) {
      broken.accept(fault);
    }
    reclaimIn(dropped == RECLAIM_AT_ONCE ? PAUSE_MS : RECLAIM_EVERY_MS);
  }
}
