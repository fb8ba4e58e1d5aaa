package redisproxy.limits;

import java.util.Map;
import java.util.function.LongSupplier;

/**
 * Tells how long the answer to a failed log-in is to wait: the longer the more have failed from
 * that address. Who is right never waits. To be used on one event loop.
 */
public final class FailedLogins {
  private static final long FIRST_MS = 50;
  private static final long LONGEST_MS = 2_000;

  /** An address from which none has failed for so long starts anew. */
  private static final long REMEMBERED_MS = 60_000;

  private record Failed(long delayMs, long at) {}

  private final Map<String, Failed> addresses = new RecentClients<>();
  private final LongSupplier clock;

  /**
   * None has failed yet.
   *
   * @param clock milliseconds, monotonic
   */
  public FailedLogins(LongSupplier clock) {
    this.clock = clock;
  }

  /** One more has failed; returns how long its answer waits, in milliseconds. */
  public long delayMs(String client) {
    long now = clock.getAsLong();
    Failed before = addresses.get(client);
    long delay =
        before == null || now - before.at > REMEMBERED_MS
            ? FIRST_MS
            : Math.min(2 * before.delayMs, LONGEST_MS);
    addresses.put(client, new Failed(delay, now));
    return delay;
  }
}
