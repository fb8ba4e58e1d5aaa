package redisproxy.bench;

import java.util.Locale;

/**
 * The results of a workload.
 *
 * @param rate replies a second
 * @param replies replies during the measurement
 * @param p50 this and the other latencies are in ms, of a whole batch: in a closed loop from when
 *     it was sent, in an open loop from when it was due
 * @param cpu the server's CPU time for each reply, in µs; 0 if no process was named
 * @param own the generator's CPU time for each reply, in µs
 * @param checked replies that were compared byte by byte, including the warm-up
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
