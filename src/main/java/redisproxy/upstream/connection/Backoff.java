package redisproxy.upstream.connection;

import java.util.concurrent.ThreadLocalRandom;

/**
 * How long to wait before the next attempt. The time doubles with each attempt up to a limit; half
 * of it is random.
 */
public final class Backoff {
  private static final long FIRST_MS = 50;

  /** A connection that ends sooner did not succeed: the server accepts and closes at once. */
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
   * Whether to reconnect at once, without a backoff. If the lost connection had been up for a
   * while, a firewall or a CLIENT KILL has probably cut it, and Redis is up.
   *
   * @param upMs how long the connection had been up, in milliseconds
   */
  public static boolean isNeedless(long upMs) {
    return upMs >= LASTED_MS;
  }

  public void reset() {
    nextMs = FIRST_MS;
  }
}
