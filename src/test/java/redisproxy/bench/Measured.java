package redisproxy.bench;

import java.util.Locale;

/**
 * What came of a workload.
 *
 * @param rate replies a second
 * @param replies while measured
 * @param p50 and the other latencies in ms, each of a batch: in a closed loop since it was sent, in
 *     an open one since it was meant to be
 * @param cpu µs of the server's CPU time for each reply; 0 if no process was named
 * @param own µs of the generator's
 * @param checked replies whose every byte was compared, of the warm-up too
 */
record Measured(
    double rate,
    long replies,
    double p50,
    double p99,
    double p999,
    double max,
    double cpu,
    double own,
    long checked) {

  /** One line, in the order of the components. */
  @Override
  public String toString() {
    return String.format(
        Locale.ROOT,
        "%.1f %d %.4f %.4f %.4f %.4f %.4f %.4f %d",
        rate,
        replies,
        p50,
        p99,
        p999,
        max,
        cpu,
        own,
        checked);
  }
}
