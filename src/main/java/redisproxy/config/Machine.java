package redisproxy.config;

/**
 * What the program runs on, as far as defaults depend on it.
 *
 * @param processors processors available to the JVM
 * @param maxHeapBytes the largest heap the JVM may use ({@code -Xmx})
 */
public record Machine(int processors, long maxHeapBytes) {
  private static final long DEFAULT_CACHE_BYTES = 256L << 20;

  /** The machine this JVM runs on. */
  public static Machine current() {
    Runtime runtime = Runtime.getRuntime();
    return new Machine(runtime.availableProcessors(), runtime.maxMemory());
  }

  /** {@code event-loops: auto}. */
  int eventLoops() {
    return processors <= 2 ? 1 : processors;
  }

  /** {@code instances: auto}: one event loop is left to the cache where there are several. */
  static int instances(int eventLoops) {
    return Math.max(1, eventLoops - 1);
  }

  /** {@code cache.max-bytes: auto}: 256 MiB, or 40 % of the heap where that is less. */
  long cacheBytes() {
    return Math.min(DEFAULT_CACHE_BYTES, maxHeapBytes / 10 * 4);
  }

  /** The largest {@code cache.max-bytes}: 80 % of the heap; the rest is for everything else. */
  long maxCacheBytes() {
    return maxHeapBytes / 10 * 8;
  }
}
