package redisproxy.probe;

/**
 * A histogram of staleness, in steps of a tenth of a millisecond up to a minute. For one thread.
 */
final class Staleness {
  private static final int STEPS = 600_000;
  private static final long STEP_NANOS = 100_000;

  private final int[] counts = new int[STEPS + 1];
  private long count;
  private long maxNanos;

  void add(long nanos) {
    counts[(int) Math.min(nanos / STEP_NANOS, STEPS)]++;
    count++;
    maxNanos = Math.max(maxNanos, nanos);
  }

  long count() {
    return count;
  }

  /** Returns a quantile of the staleness, in milliseconds. */
  double ms(double share) {
    long left = (long) Math.ceil(share * count);
    int step = 0;
    for (left -= counts[0]; left > 0 && step < STEPS; left -= counts[step]) {
      step++;
    }
    return Math.min((step + 1) * STEP_NANOS, maxNanos) / 1e6;
  }

  double maxMs() {
    return maxNanos / 1e6;
  }
}
