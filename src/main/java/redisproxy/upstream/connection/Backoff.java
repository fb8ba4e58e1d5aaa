package redisproxy.upstream.connection;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt: doubled each time up to a bound, and half of it random.
 */
public final class Backoff {
  private static final long FIRST_MS = 50;

  /** A connection that ends sooner was no success: the server greets and hangs up. */
  private static final long LASTED_MS = 100;

  private final long maxMs;
  private long nextMs = FIRST_MS;

  public Backoff(long maxMs) {
    this.maxMs = Math.max(1, maxMs);
  }

  /** The next delay in milliseconds, 1 at least. */
  public long next() {
    long delay = Math.min(nextMs, maxMs);
    nextMs = Math.min(nextMs * 2, maxMs);
    return delay / 2 + ThreadLocalRandom.current().nextLong(delay / 2 + 1) + 1;
  }

  /**
   * Whether the next attempt is to be made at once, because a connection was lost that had been up
   * for so many milliseconds: a firewall or a CLIENT KILL cut it, and Redis is there.
   */
  public static boolean isNeedless(long upMs) {
    return upMs >= LASTED_MS;
  }

  public void reset() {
    nextMs = FIRST_MS;
  }
}
