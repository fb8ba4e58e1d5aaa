package redisproxy.cache;

/**
 * Remembers hashes for a while, in a fixed amount of memory. A newer hash may push out an older one
 * at any time, so a hash can be forgotten early. Time is counted in whole seconds.
 */
final class RecentHashes {
  private static final int SLOTS = 4096;

  /** A hash in the upper half, and the second it was added in the lower half. */
  private final long[] slots = new long[SLOTS];

  /** Adds a hash. Times are in milliseconds. */
  void add(int hash, long now) {
    slots[hash & SLOTS - 1] = (long) hash << 32 | second(now);
  }

  /** Whether a hash was added within the last {@code withinMs} milliseconds. */
  boolean contains(int hash, long now, long withinMs) {
    long slot = slots[hash & SLOTS - 1];
    return (int) (slot >> 32) == hash
        && (slot & 0xffff_ffffL) != 0
        && second(now) - (slot & 0xffff_ffffL) <= withinMs / 1000;
  }

  /** Never 0, which stands for an empty slot. */
  private static long second(long now) {
    return now / 1000 + 1 & 0xffff_ffffL;
  }
}
