package redisproxy.config;

/**
 * The properties of the machine and JVM that defaults depend on.
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

  /** The value of {@code event-loops: auto}. */
  int eventLoops() {
    return processors <= 2 ? 1 : processors;
  }

  /** The value of {@code instances: auto}: leaves one of several event loops to the cache. */
  static int instances(int eventLoops) {
    return Math.max(1, eventLoops - 1);
  }

  /** The value of {@code cache.max-bytes: auto}: 256 MiB, or 40 % of the heap if that is less. */
  long cacheBytes() {
    return Math.min(DEFAULT_CACHE_BYTES, maxHeapBytes / 10 * 4);
  }

  /** The largest {@code cache.max-bytes}: 80 % of the heap; the rest is for everything else. */
  long maxCacheBytes() {
    return maxHeapBytes / 10 * 8;
  }
}
