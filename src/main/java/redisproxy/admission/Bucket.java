package redisproxy.admission;

/**
 * A token bucket. It fills at a rate of tokens per second, and holds one second's worth, but at
 * least one.
 */
final class Bucket {
  private static final double NANOS = 1e9;

  /** More than the capacity, so a new bucket is full. */
  private double tokens = Double.MAX_VALUE;

  private long filledAt;

  Bucket(long now) {
    this.filledAt = now;
  }

  /**
   * Whether there is a token. The rate may change between calls.
   *
   * @param now nanoseconds
   * @param rate tokens a second
   */
  boolean has(long now, double rate) {
    tokens = Math.min(Math.max(1, rate), tokens + (now - filledAt) / NANOS * rate);
    filledAt = now;
    return tokens >= 1;
  }

  /** Takes one token; call it only after {@link #has} returned true. */
  void take() {
    tokens--;
  }
}
