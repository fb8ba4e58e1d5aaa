package redisproxy.metrics;

/**
 * A histogram of durations with fixed buckets. Belongs to one event loop; other threads get a
 * {@link #copy}.
 */
public final class Histogram {
  /** The upper bound of each bucket in nanoseconds. The last bucket has no bound. */
  private static final long[] BOUNDS = {
    10_000L,
    25_000L,
    50_000L,
    100_000L,
    250_000L,
    500_000L,
    1_000_000L,
    2_500_000L,
    5_000_000L,
    10_000_000L,
    25_000_000L,
    50_000_000L,
    100_000_000L,
    250_000_000L,
    500_000_000L,
    1_000_000_000L,
    2_500_000_000L,
    5_000_000_000L
  };

  private final long[] counts = new long[BOUNDS.length + 1];
  private long sum;

  /** Records this duration in nanoseconds, this many times. */
  public void record(long nanos, int times) {
    int bucket = 0;
    while (bucket < BOUNDS.length && nanos > BOUNDS[bucket]) {
      bucket++;
    }
    counts[bucket] += times;
    sum += nanos * times;
  }

  /** Adds the counts of another histogram. */
  public void add(Histogram other) {
    for (int i = 0; i < counts.length; i++) {
      counts[i] += other.counts[i];
    }
    sum += other.sum;
  }

  /** Returns a copy with the same counts. */
  public Histogram copy() {
    Histogram copy = new Histogram();
    copy.add(this);
    return copy;
  }

  /** How many durations were recorded. */
  public long count() {
    long total = 0;
    for (long count : counts) {
      total += count;
    }
    return total;
  }

  /**
   * Estimates a quantile, in nanoseconds, of the durations recorded since an earlier copy. Assumes
   * that durations lie evenly within a bucket. NaN if none were recorded.
   *
   * @param part 0.5 for the median
   */
  public double quantile(double part, Histogram since) {
    double left = part * (count() - since.count());
    if (left <= 0) {
      return Double.NaN;
    }
    int bucket = 0;
    while (bucket < BOUNDS.length && left > counts[bucket] - since.counts[bucket]) {
      left -= counts[bucket] - since.counts[bucket];
      bucket++;
    }
    if (bucket == BOUNDS.length) {
      return BOUNDS[BOUNDS.length - 1];
    }
    double from = bucket == 0 ? 0 : BOUNDS[bucket - 1];
    return from + (BOUNDS[bucket] - from) * left / (counts[bucket] - since.counts[bucket]);
  }

  /** The count of each bucket; the counts are not cumulative. */
  long[] counts() {
    return counts.clone();
  }

  /** The sum of all durations, in seconds. */
  double sumSeconds() {
    return sum / 1e9;
  }

  /** The upper bounds of the buckets in seconds; the last one is infinite. */
  static double[] boundsInSeconds() {
    double[] bounds = new double[BOUNDS.length + 1];
    for (int i = 0; i < BOUNDS.length; i++) {
      bounds[i] = BOUNDS[i] / 1e9;
    }
    bounds[BOUNDS.length] = Double.POSITIVE_INFINITY;
    return bounds;
  }
}
