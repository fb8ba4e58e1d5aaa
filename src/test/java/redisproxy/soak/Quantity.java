package redisproxy.soak;

/**
 * The sampled quantities, and how much each may grow. Memory may grow a little, because the JVM
 * compiles code and loads classes whenever something new happens.
 */
enum Quantity {
  HEAP_AFTER_GC("heap after GC, MiB", 0.10, 4),
  NETTY_MEMORY("Unsafe and direct buffers outside of the heap, MiB", 0.10, 4),
  JVM_COMMITTED("committed by the JVM, MiB", 0.10, 16),
  RESIDENT("resident, MiB", 0.10, 24),
  DESCRIPTORS("file descriptors", 0.10, 10),
  THREADS("threads", 0, 2),
  REDIS_CONNECTIONS("connections at Redis", 0.10, 5),
  CLIENTS("clients connected", 0.10, 5),
  /** Only reported, not judged, because other load on the machine affects it. */
  LOOP_DELAY("event-loop delay, ms", Double.NaN, 0);

  final String what;
  private final double share;
  private final double more;

  Quantity(String what, double share, double more) {
    this.what = what;
    this.share = share;
    this.more = more;
  }

  boolean isJudged() {
    return !Double.isNaN(share);
  }

  /** Whether it has grown more than allowed. */
  boolean hasGrown(double first, double last) {
    return isJudged() && last > first * (1 + share) + more;
  }
}
