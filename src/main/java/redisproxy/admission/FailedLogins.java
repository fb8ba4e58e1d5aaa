package redisproxy.admission;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Tells how long the answer to a failed log-in is to wait: the longer the more have failed from
 * that address. Who is right never waits. To be used on one event loop.
 */
public final class FailedLogins {
  private static final long LONGEST_MS = 1_000;

  /** An address from which none has failed for so long starts anew. */
  private static final long REMEMBERED_MS = 60_000;

  private record Failed(long delayMs, long at) {}

  private final Map<String, Failed> addresses = new RecentClients<>();
  private final LongSupplier firstMs;
  private final LongSupplier clock;

  /**
   * None has failed yet.
   *
   * @param firstMs how long the first waits now, in milliseconds; 0 = nobody waits
   * @param clock milliseconds, monotonic
   */
  public FailedLogins(LongSupplier firstMs, LongSupplier clock) {
    this.firstMs = firstMs;
    this.clock = clock;
  }

  /** Counts one more failed log-in; returns how long its answer waits, in milliseconds. */
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
