package redisproxy.bus;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.spi.LoggingEventBuilder;
import redisproxy.config.Log;
import redisproxy.log.LogKey;
import redisproxy.metrics.Outcome;

/**
 * Logs the lookups of one front that took long, a few each second at most. Keys may be secrets:
 * unless they are to be logged, a digest is, which tells them apart for as long as the process
 * runs. Belongs to one event loop.
 */
public final class SlowLookups {
  private static final Logger LOG = LoggerFactory.getLogger(SlowLookups.class);

  /** How many are logged in a second. */
  static final int MOST = 10;

  /** The longest part of a key that is logged, in bytes. */
  private static final int SHOWN = 200;

  private static final long SECOND = 1_000_000_000;

  private final String protocol;
  private long threshold;
  private boolean keys;
  private long secondBegan = System.nanoTime() - SECOND;
  private int logged;
  private long suppressed;

  /** Those of a front of this protocol. */
  public SlowLookups(String protocol, Log settings) {
    this.protocol = protocol;
    change(settings);
  }

  /** Changes what is slow, and whether keys are logged. */
  void change(Log settings) {
    threshold = settings.slowLookup().toNanos();
    keys = settings.keys();
  }

  /** Whether what took so many nanoseconds is to be {@linkplain #log logged}. */
  boolean are(long nanos) {
    return threshold > 0 && nanos >= threshold;
  }

  /** Logs one, unless too many were a moment ago; its key lies in a buffer. */
  void log(Outcome outcome, int db, byte[] buffer, int start, int length, long nanos) {
    long now = System.nanoTime();
    if (now - secondBegan >= SECOND) {
      secondBegan = now;
      logged = 0;
    }
    if (logged++ >= MOST) {
      suppressed++;
      return;
    }
    LoggingEventBuilder event =
        LOG.atWarn()
            .addKeyValue(LogKey.KEY, shown(buffer, start, length))
            .addKeyValue(LogKey.DB, db)
            .addKeyValue(LogKey.PROTOCOL, protocol)
            .addKeyValue(LogKey.OUTCOME, outcome.name().toLowerCase(Locale.ROOT))
            .addKeyValue(LogKey.MS, nanos / 1_000_000);
    (suppressed == 0 ? event : event.addKeyValue(LogKey.SUPPRESSED, suppressed)).log("slow lookup");
    suppressed = 0;
  }

  private String shown(byte[] buffer, int start, int length) {
    if (!keys) {
      return SaltedDigest.of(buffer, start, length);
    }
    String text = new String(buffer, start, Math.min(length, SHOWN), StandardCharsets.UTF_8);
    // What would end the line, or the quotes, early is not shown.
    return text.replaceAll("[\\p{Cntrl}\"]", "?") + (length > SHOWN ? "…" : "");
  }
}
