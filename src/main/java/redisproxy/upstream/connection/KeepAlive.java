package redisproxy.upstream.connection;

/**
 * When to send a PING over a connection that is held while nothing else is asked over it, or
 * Redis's own {@code timeout} would end it. That counts whole seconds, so a little less than one is
 * often enough whatever it is set to. One thread at a time.
 */
public final class KeepAlive {
  private static final long NANOS = 750_000_000;

  private long usedAt = System.nanoTime();

  /** Something is sent, a PING included. */
  public void used() {
    usedAt = System.nanoTime();
  }

  /** Whether nothing has been sent for so long that a PING ought to be. */
  public boolean isDue() {
    return System.nanoTime() - usedAt >= NANOS;
  }
}
