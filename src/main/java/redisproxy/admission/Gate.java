package redisproxy.admission;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * How many are in, out of how many that may be: clients of a protocol, or requests being answered.
 */
public final class Gate {
  private volatile int limit;
  private final AtomicInteger current = new AtomicInteger();
  private final LongAdder total = new LongAdder();
  private final LongAdder rejected = new LongAdder();

  public Gate(int limit) {
    this.limit = limit;
  }

  /**
   * Lets one more in; false, and counted as rejected, when there is no room. Each true is owed a
   * {@link #leave}.
   */
  public boolean enter() {
    if (current.incrementAndGet() > limit) {
      current.decrementAndGet();
      rejected.increment();
      return false;
    }
    total.increment();
    return true;
  }

  public void leave() {
    current.decrementAndGet();
  }

  /** Changes how many may be in; who is in stays, were they too many. */
  public void limit(int now) {
    limit = now;
  }

  /** How many may be in. */
  public int limit() {
    return limit;
  }

  /** How many are in. */
  public int current() {
    return current.get();
  }

  /** How many have ever been let in. */
  public long total() {
    return total.sum();
  }

  /** How many have been turned away. */
  public long rejected() {
    return rejected.sum();
  }
}
