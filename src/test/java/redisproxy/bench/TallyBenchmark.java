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
 * What metrics cost a turn of an event loop that brings hits, be it one or hundreds: two looks at
 * the clock and a count. To be held against what a hit costs in all (docs/performance.md).
 */
@State(Scope.Thread)
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class TallyBenchmark {
  private final Tally tally = new Tally();

  /** A turn. */
  @Benchmark
  public void turn() {
    long askedAt = System.nanoTime();
    tally.count(Outcome.HIT, 16, System.nanoTime() - askedAt);
  }

  /** The same without what is not the metrics' own: each turn looks at the clock for its loads. */
  @Benchmark
  public long clock() {
    return System.nanoTime();
  }
}
