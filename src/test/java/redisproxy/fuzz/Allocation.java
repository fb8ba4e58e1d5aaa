package redisproxy.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** A limit on allocated bytes: a fixed amount, plus an amount for each byte of input. */
public record Allocation(long atOnce, long forEachByte) {
  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** The most attempts to stay within the limit, because the first one also loads classes. */
  private static final int TRIES = 4;

  /**
   * Runs the action. Throws an AssertionError if it allocates more than allowed for this input
   * length.
   */
  public void check(int length, Runnable action) {
    long most = atOnce + forEachByte * length;
    long allocated = of(action);
    for (int i = 1; i < TRIES && allocated > most; i++) {
      allocated = Math.min(allocated, of(action));
    }
    long least = allocated;
    assertTrue(least <= most, () -> least + " bytes allocated for " + length);
  }

  private static long of(Runnable action) {
    long before = THREAD.getCurrentThreadAllocatedBytes();
    action.run();
    return THREAD.getCurrentThreadAllocatedBytes() - before;
  }
}
