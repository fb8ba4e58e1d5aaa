package redisproxy.bench;

import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;

/**
 * Measures what metrics cost in one event-loop turn with hits, one or hundreds: two reads of the
 * clock and a count. docs/performance.md has the total cost of a hit to compare with.
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TallyBenchmark {
  private final Tally tally = new Tally();

  /** The metrics of one turn. */
  @Benchmark
  public void turn() {
    long askedAt = System.nanoTime();
    tally.count(Outcome.HIT, 16, System.nanoTime() - askedAt);
  }

  /** One read of the clock, to subtract: each turn needs it for its loads anyway. */
  @Benchmark
  public long clock() {
    return System.nanoTime();
  }
}
