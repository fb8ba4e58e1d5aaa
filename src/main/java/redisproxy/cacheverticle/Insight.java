package redisproxy.cacheverticle;

import io.vertx.core.Context;
import java.util.List;
import java.util.Objects;
import java.util.concurrent.RejectedExecutionException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Bus.Lookups;
import redisproxy.cache.Cache;
import redisproxy.cache.Entry;
import redisproxy.cache.HotKeys;
import redisproxy.cache.Kept;
import redisproxy.cache.Key;

/**
 * What the dashboard requests from the cache besides the statistics: the entry of one key, and the
 * hot keys. Call it on any event loop. It reads the cache on the cache verticle's event loop.
 */
public final class Insight {
  /** How many hot keys are reported. */
  private static final int HOTTEST = 20;

  private final Cache cache;
  private final LongSupplier clock;
  private final HotKeys hotKeys = new HotKeys();
  private final boolean watches;

  /** The next lookup to count, as an index into the following messages. */
  private int next;

  /** The cache verticle's context; null until it has started. */
  private volatile @Nullable Context context;

  /**
   * The entry of a key.
   *
   * @param entry null if there is none
   * @param now when the cache was read, in milliseconds of the cache's clock
   */
  public record Glance(@Nullable Entry entry, long now) {}

  /**
   * Prepares for a cache whose verticle has not started yet.
   *
   * @param watches whether to count hot keys
   */
  public Insight(Cache cache, LongSupplier clock, boolean watches) {
    this.cache = cache;
    this.clock = clock;
    this.watches = watches;
  }

  Cache cache() {
    return cache;
  }

  /** Notes that the cache verticle has started on this context. */
  void open(Context verticle) {
    context = verticle;
  }

  /** Counts a sample of the lookups. Call this on the cache verticle's event loop. */
  void seen(Lookups lookups, long now) {
    if (!watches) {
      return;
    }
    int i = next;
    while (i < lookups.size) {
      hotKeys.count(
          lookups.dbs[i],
          lookups.keys,
          lookups.keyStart(i),
          lookups.keyLength(i),
          lookups.hashes[i],
          now);
      i += hotKeys.gap();
    }
    next = i - lookups.size;
  }

  /**
   * Reads the entry of a key. This does not count as a use of the key, and loads nothing.
   *
   * @param requester the context on which {@code callback} is called
   * @param callback gets the entry; not called while the cache's event loop is stuck, or after it
   *     has ended
   */
  public void peek(Context requester, Key key, Consumer<Glance> callback) {
    ask(
        requester,
        () -> {
          long now = clock.getAsLong();
          Kept kept = cache.peek(key, now);
          return new Glance(kept == null ? null : kept.value(now), now);
        },
        callback);
  }

  /** Reads the hottest keys. The parameters are those of {@link #peek}. */
  public void hottest(Context requester, Consumer<List<HotKeys.Hot>> callback) {
    ask(requester, () -> hotKeys.hottest(HOTTEST, clock.getAsLong()), callback);
  }

  private <T> void ask(Context requester, Supplier<T> question, Consumer<T> callback) {
    try {
      Objects.requireNonNull(context)
          .runOnContext(
              there -> {
                T answer = question.get();
                requester.runOnContext(here -> callback.accept(answer));
              });
    } catch (RejectedExecutionException ended) {
      // The proxy is stopping, so there is no answer.
    }
  }
}
