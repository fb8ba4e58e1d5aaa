package redisproxy.probe;

/**
 * The time during which the proxy may not be able to reach Redis, one a run: from just before it is
 * cut off until it says it is ready again. What is read then is unverified. Any thread.
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

  /** Whether some of a read that has returned fell into it. */
  synchronized boolean touches(long sentAt, long receivedAt) {
    return begun && receivedAt - from >= 0 && (!ended || sentAt - to <= 0);
  }
}
