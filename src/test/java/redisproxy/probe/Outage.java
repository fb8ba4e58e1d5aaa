package redisproxy.probe;

/**
 * The time in which the proxy may not reach Redis, once per run: from just before the cut until the
 * proxy reports that it is ready again. Reads in this time are unverified. Thread-safe.
 */
final class Outage {
  private boolean begun;
  private boolean ended;
  private long from;
  private long to;

  synchronized void begin() {
    begun = true;
    from = System.nanoTime();
  }

  synchronized void end() {
    ended = true;
    to = System.nanoTime();
  }

  /** Whether any part of a read fell into the outage. */
  synchronized boolean touches(long sentAt, long receivedAt) {
    return begun && receivedAt - from >= 0 && (!ended || sentAt - to <= 0);
  }
}
