package redisproxy.probe;

import java.util.concurrent.locks.LockSupport;

/**
 * Spaces turns evenly, at this rate per second. Does not make up for missed turns. For one thread.
 */
public final class Pace {
  private static final long LENIENT_NANOS = 100_000_000;

  private final long interval;
  private long next = System.nanoTime();

  public Pace(double perSecond) {
    interval = (long) (1e9 / perSecond);
  }

  public void await() {
    next += interval;
    long now = System.nanoTime();
    if (now - next > LENIENT_NANOS) {
      next = now;
    }
    while (next - System.nanoTime() > 0) {
      LockSupport.parkNanos(next - System.nanoTime());
    }
  }

  public static void rest(long ms) {
    LockSupport.parkNanos(ms * 1_000_000);
  }
}
