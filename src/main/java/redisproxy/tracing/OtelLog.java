package redisproxy.tracing;

import java.util.logging.Handler;
import java.util.logging.LogRecord;
import java.util.logging.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import redisproxy.log.LogKey;

/** Sends what OpenTelemetry logs through {@code java.util.logging} to the proxy's own log. */
final class OtelLog extends Handler {
  private static final org.slf4j.Logger LOG = LoggerFactory.getLogger(OtelLog.class);

  /**
   * A strong reference: the JDK holds loggers weakly, and a collected logger loses its settings.
   */
  private static final Logger SOURCE = Logger.getLogger("io.opentelemetry");

  private OtelLog() {}

  /** Adds the handler, unless an earlier call did. */
  static synchronized void bridge() {
    if (SOURCE.getUseParentHandlers()) {
      SOURCE.setUseParentHandlers(false);
      SOURCE.addHandler(new OtelLog());
    }
  }

  @Override
  public void publish(LogRecord entry) {
    boolean isWarning = entry.getLevel().intValue() >= java.util.logging.Level.WARNING.intValue();
    LOG.atLevel(isWarning ? Level.WARN : Level.DEBUG)
        .addKeyValue(LogKey.REASON, entry.getMessage())
        .log("spans are not sent");
  }

  @Override
  public void flush() {}

  @Override
  public void close() {}
}
