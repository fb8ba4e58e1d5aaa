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
import redisproxy.cache.Key;

/**
 * What the dashboard asks of the cache beyond the census: what is held of one key, and which keys
 * are hot. Asked from any event loop; looked up on the cache verticle's.
 */
public final class Insight {
  /** How many hot keys are told. */
  private static final int HOTTEST = 20;

  private final Cache cache;
  private final LongSupplier clock;
  private final HotKeys hotKeys = new HotKeys();
  private final boolean watches;

  /** The next lookup to be counted, as an index into the messages that come. */
  private int next;

  /** The cache verticle's, from its start on. */
  private volatile @Nullable Context context;

  /**
   * What is held of a key.
   *
   * @param entry null where it is not
   * @param now when it was looked at, in milliseconds of the cache's clock
   */
  public record Glance(@Nullable Entry entry, long now) {}

  /**
   * Of a cache whose verticle is yet to start.
   *
   * @param watches whether hot keys are looked for
   */
  public Insight(Cache cache, LongSupplier clock, boolean watches) {
    this.cache = cache;
    this.clock = clock;
    this.watches = watches;
  }

  /** The cache that is looked into. */
  Cache cache() {
    return cache;
  }

  /** The cache verticle has started, on this context. */
  void open(Context verticle) {
    context = verticle;
  }

  /** Counts some of what is looked up; on the cache verticle's event loop. */
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
   * What is held of a key; it does not count as a use of it, and nothing is loaded.
   *
   * @param asker is told on this context; never, while the cache's event loop is stuck or when it
   *     has ended
   */
  public void peek(Context asker, Key key, Consumer<Glance> told) {
    ask(
        asker,
        () -> {
          long now = clock.getAsLong();
          return new Glance(cache.peek(key, now), now);
        },
        told);
  }

  /** The hottest keys, in the same way. */
  public void hottest(Context asker, Consumer<List<HotKeys.Hot>> told) {
    ask(asker, () -> hotKeys.hottest(HOTTEST, clock.getAsLong()), told);
  }

  private <T> void ask(Context asker, Supplier<T> question, Consumer<T> told) {
    try {
      Objects.requireNonNull(context)
          .runOnContext(
              there -> {
                T answer = question.get();
                asker.runOnContext(here -> told.accept(answer));
              });
    } catch (RejectedExecutionException ended) {
      // The proxy is being stopped; nobody is told.
    }
  }
}
