package redisproxy.soak;

/**
 * What is sampled, and how much of it may be more in the end than in the beginning. Memory is given
 * some room: code is compiled and classes are loaded for as long as something new happens.
 */
enum Quantity {
  HEAP_AFTER_GC("heap after GC, MiB", 0.10, 4),
  NETTY_MEMORY("memory outside of the heap by Unsafe and direct buffers, MiB", 0.10, 4),
  JVM_COMMITTED("all that the JVM has committed, MiB", 0.10, 16),
  RESIDENT("resident, MiB", 0.10, 24),
  DESCRIPTORS("file descriptors", 0.10, 10),
  THREADS("threads", 0, 2),
  REDIS_CONNECTIONS("connections at Redis", 0.10, 5),
  CLIENTS("clients connected", 0.10, 5),
  /** For people: who else uses the machine shows in it. */
  LOOP_DELAY("event loop late by, ms", Double.NaN, 0);

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

  /** Whether it has grown more than it may. */
  boolean hasGrown(double first, double last) {
    return isJudged() && last > first * (1 + share) + more;
  }
}
