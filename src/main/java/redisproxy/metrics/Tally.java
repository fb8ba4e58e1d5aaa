package redisproxy.metrics;

import java.util.EnumMap;
import java.util.Map;
import java.util.Objects;

/**
 * Counts what one front has answered, and how long that took. Belongs to its event loop; other
 * threads get a {@link #copy}.
 *
 * <p>It reads no clock. The caller reads the time once for all requests of one event-loop turn.
 */
public final class Tally {
  private static final int STATUSES = 600;

  private final long[] outcomes = new long[Outcome.values().length];
  private final Map<Outcome, Histogram> durations = new EnumMap<>(Outcome.class);
  private final long[] statuses = new long[STATUSES];
  private long stalledClients;

  public Tally() {
    for (Outcome timed : new Outcome[] {Outcome.HIT, Outcome.MISS, Outcome.SHARED}) {
      durations.put(timed, new Histogram());
    }
  }

  public void count(Outcome outcome) {
    outcomes[outcome.ordinal()]++;
  }

  /**
   * Counts requests with this outcome that took this many nanoseconds each.
   *
   * @param outcome one whose duration is recorded: a hit, a miss, or a reply over a shared
   *     connection
   */
  public void count(Outcome outcome, int times, long nanos) {
    outcomes[outcome.ordinal()] += times;
    durations(outcome).record(nanos, times);
  }

  /** Counts an HTTP response with this status. */
  public void status(int status) {
    statuses[Math.min(Math.max(status, 0), STATUSES - 1)]++;
  }

  /**
   * Sets how many clients sent requests without reading replies, until the proxy stopped reading
   * from them.
   */
  public void stalledClients(long total) {
    stalledClients = total;
  }

  public long stalledClients() {
    return stalledClients;
  }

  public long total(Outcome outcome) {
    return outcomes[outcome.ordinal()];
  }

  /** How long requests of this outcome took: a hit, a miss, or a reply over a shared connection. */
  public Histogram durations(Outcome outcome) {
    return Objects.requireNonNull(
        durations.get(outcome), "no durations are recorded for this outcome");
  }

  /** How many HTTP responses had this status. */
  public long statuses(int status) {
    return statuses[status];
  }

  /** Adds the counts of another tally. */
  public void add(Tally other) {
    sum(outcomes, other.outcomes);
    sum(statuses, other.statuses);
    stalledClients += other.stalledClients;
    durations.forEach((outcome, histogram) -> histogram.add(other.durations(outcome)));
  }

  private static void sum(long[] to, long[] from) {
    for (int i = 0; i < to.length; i++) {
      to[i] += from[i];
    }
  }

  /** Returns a copy with the same counts. */
  public Tally copy() {
    Tally copy = new Tally();
    copy.add(this);
    return copy;
  }
}
