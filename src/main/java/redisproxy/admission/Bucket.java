package redisproxy.admission;

/** A token bucket: fills by so many tokens a second, and holds what one second brings. */
final class Bucket {
  private static final double NANOS = 1e9;

  /** More than any holds: a new one is full. */
  private double tokens = Double.MAX_VALUE;

  private long filledAt;

  Bucket(long now) {
    this.filledAt = now;
  }

  /**
   * Whether there is a token. The rate may differ from call to call.
   *
   * @param now nanoseconds
   * @param rate tokens a second
   */
  boolean has(long now, double rate) {
    tokens = Math.min(Math.max(1, rate), tokens + (now - filledAt) / NANOS * rate);
    filledAt = now;
    return tokens >= 1;
  }

  /** Takes one of those there are. */
  void take() {
    tokens--;
  }
}
