package redisproxy.admission;

import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.LongAdder;

/**
 * Counts what is in progress, clients of a protocol or HTTP requests, and refuses more than a
 * limit. Thread-safe.
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
   * Lets one more in. Returns false, and counts a rejection, if there is no room. Each true needs
   * one call of {@link #leave}.
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

  /** Changes the limit. Clients beyond a lower limit stay connected. */
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

  /** How many have been rejected. */
  public long rejected() {
    return rejected.sum();
  }
}
