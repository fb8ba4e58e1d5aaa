package redisproxy.cacheverticle;

import io.vertx.core.Vertx;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Cache;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;

/**
 * What the cache needs to have done though nobody asks for it, a little at a time: dropping what
 * has expired, and what is too much for a cache that is to be smaller. Belongs to the cache
 * verticle's event loop.
 */
final class Upkeep {
  private static final long RECLAIM_EVERY_MS = 100;

  /** How many expired entries are dropped in one turn at most. */
  private static final int RECLAIM_AT_ONCE = 512;

  /**
   * How long the loop has for others then, in milliseconds. A task would not do: Netty runs tasks
   * that make tasks for up to a second before it looks at sockets again.
   */
  private static final long BREATH_MS = 1;

  /** How many entries are dropped in one turn at most when the cache is to be smaller. */
  private static final int SHRINK_AT_ONCE = 2048;

  private final Vertx vertx;
  private final Cache cache;
  private final ReadThrough<?> readThrough;
  private final LongSupplier clock;
  private final Consumer<Throwable> broken;

  /** What the cache is to be made to fit, or null when nobody has changed it. */
  private Settings.@Nullable Cache wanted;

  private boolean stopped;

  /**
   * Begins at once.
   *
   * @param broken is told of a fault, and empties the cache
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

  /** Has the cache get the size that the settings say, if it has not. */
  void resize(Settings.Cache to) {
    wanted = to;
    resizeOn(to);
  }

  private void resizeOn(Settings.Cache to) {
    if (to.equals(wanted)
        && !cache.resize(to.capacity(), to.maxBytes(), SHRINK_AT_ONCE, clock.getAsLong())) {
      vertx.setTimer(BREATH_MS, timer -> resizeOn(to));
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
    reclaimIn(dropped == RECLAIM_AT_ONCE ? BREATH_MS : RECLAIM_EVERY_MS);
  }
}
