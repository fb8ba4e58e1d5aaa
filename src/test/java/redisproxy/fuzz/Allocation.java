package redisproxy.fuzz;

import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import java.lang.management.ManagementFactory;

/** What something may allocate: so much, and so much more for each byte of its input. */
public record Allocation(long atOnce, long forEachByte) {
  private static final ThreadMXBean THREAD = (ThreadMXBean) ManagementFactory.getThreadMXBean();

  /** Tries until it is within bounds: at first classes are loaded. */
  private static final int TRIES = 4;

  /** Runs it, and throws an AssertionError when it takes more for an input of this length. */
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
