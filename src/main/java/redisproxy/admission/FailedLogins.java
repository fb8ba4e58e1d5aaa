package redisproxy.admission;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Computes how long the answer to a failed log-in is delayed. The delay doubles with each failed
 * log-in from the same address, up to one second. A correct log-in is never delayed. Belongs to one
 * event loop.
 */
public final class FailedLogins {
  private static final long LONGEST_MS = 1_000;

  /** After this long without a failed log-in, an address starts again with the first delay. */
  private static final long REMEMBERED_MS = 60_000;

  private record Failed(long delayMs, long at) {}

  private final Map<String, Failed> addresses = new RecentClients<>();
  private final LongSupplier firstMs;
  private final LongSupplier clock;

  /**
   * Starts without failed log-ins.
   *
   * @param firstMs the current delay of the first failed log-in, in milliseconds; 0 = no delays
   * @param clock milliseconds, monotonic
   */
  public FailedLogins(LongSupplier firstMs, LongSupplier clock) {
    this.firstMs = firstMs;
    this.clock = clock;
  }

  /** Counts one failed log-in, and returns the delay of its answer in milliseconds. */
  public long delayMs(String client) {
    long first = firstMs.getAsLong();
    if (first == 0) {
      return 0;
    }
    long now = clock.getAsLong();
    Failed before = addresses.get(client);
    long delay = before != null && now - before.at <= REMEMBERED_MS ? next(before.delayMs) : first;
    addresses.put(client, new Failed(delay, now));
    return delay;
  }

  private static long next(long delay) {
    return Math.min(2 * delay, LONGEST_MS);
  }
}
