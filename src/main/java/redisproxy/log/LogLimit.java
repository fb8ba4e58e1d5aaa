package redisproxy.log;

import org.slf4j.spi.LoggingEventBuilder;

/**
 * Limits how often one kind of event is logged, so that a client that causes it cannot flood the
 * log. Belongs to one event loop.
 */
public final class LogLimit {
  private final int most;
  private final long periodNanos;
  private long began;
  private int logged;
  private long suppressed;

  /** Allows {@code most} events within each period. */
  public LogLimit(int most, long periodNanos) {
    this.most = most;
    this.periodNanos = periodNanos;
    this.began = System.nanoTime() - periodNanos;
  }

  /** Whether one more event may be logged now; else it is counted as suppressed. */
  public boolean allows() {
    long now = System.nanoTime();
    if (now - began >= periodNanos) {
      began = now;
      logged = 0;
    }
    if (logged < most) {
      logged++;
      return true;
    }
    suppressed++;
    return false;
  }

  /** Adds to an allowed event the number of events suppressed before it. */
  public LoggingEventBuilder counted(LoggingEventBuilder event) {
    LoggingEventBuilder counted =
        suppressed == 0 ? event : event.addKeyValue(LogKey.SUPPRESSED, suppressed);
    suppressed = 0;
    return counted;
  }
}
