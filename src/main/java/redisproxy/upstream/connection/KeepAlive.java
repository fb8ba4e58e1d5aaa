package redisproxy.upstream.connection;

/**
 * Decides when to send a PING over an otherwise unused connection, so that Redis's own {@code
 * timeout} does not close it. Redis counts that timeout in whole seconds, so a PING after a little
 * less than one second is enough for any setting. One thread at a time.
 */
public final class KeepAlive {
  private static final long NANOS = 750_000_000;

  private long usedAt = System.nanoTime();

  /** Something is sent; a PING counts too. */
  public void used() {
    usedAt = System.nanoTime();
  }

  /** Whether it is time for a PING, because nothing has been sent for a while. */
  public boolean isDue() {
    return System.nanoTime() - usedAt >= NANOS;
  }
}
