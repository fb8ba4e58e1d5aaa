package redisproxy.bus;

import java.nio.charset.StandardCharsets;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Log;
import redisproxy.log.LogKey;
import redisproxy.log.LogLimit;
import redisproxy.metrics.Outcome;

/**
 * Logs the slow lookups of one front, a few each second at most. Keys may be secrets. So unless the
 * settings allow keys in the log, it logs a digest that identifies the key as long as the process
 * runs. Belongs to one event loop.
 */
public final class SlowLookups {
  private static final Logger LOG = LoggerFactory.getLogger(SlowLookups.class);

  /** How many lookups are logged in a second at most. */
  static final int MOST = 10;

  /** The longest part of a key that is logged, in bytes. */
  private static final int SHOWN = 200;

  private final String protocol;
  private final LogLimit limit = new LogLimit(MOST, TimeUnit.SECONDS.toNanos(1));
  private long threshold;
  private boolean keys;

  /** Logs for a front of this protocol. */
  public SlowLookups(String protocol, Log settings) {
    this.protocol = protocol;
    change(settings);
  }

  /** Changes the threshold, and whether keys are logged. */
  void change(Log settings) {
    threshold = settings.slowLookup().toNanos();
    keys = settings.keys();
  }

  /** Whether to {@linkplain #log log} a lookup that took this many nanoseconds. */
  boolean isSlow(long nanos) {
    return threshold > 0 && nanos >= threshold;
  }

  /** Logs a lookup, unless the rate limit forbids it. Its key is in a buffer. */
  void log(Outcome outcome, int db, byte[] buffer, int start, int length, long nanos) {
    if (!limit.allows()) {
      return;
    }
    limit
        .counted(
            LOG.atWarn()
                .addKeyValue(LogKey.KEY, shown(buffer, start, length))
                .addKeyValue(LogKey.DB, db)
                .addKeyValue(LogKey.PROTOCOL, protocol)
                .addKeyValue(LogKey.OUTCOME, outcome.name().toLowerCase(Locale.ROOT))
                .addKeyValue(LogKey.MS, nanos / 1_000_000))
        .log("slow lookup");
  }

  private String shown(byte[] buffer, int start, int length) {
    if (!keys) {
      return SaltedDigest.of(buffer, start, length);
    }
    String text = new String(buffer, start, Math.min(length, SHOWN), StandardCharsets.UTF_8);
    // Control characters and quotes could forge a line of the log.
    return text.replaceAll("[\\p{Cntrl}\"]", "?") + (length > SHOWN ? "…" : "");
  }
}
