package redisproxy.config;

import java.time.Duration;
import java.util.Objects;

/** What is logged, and how; {@code slowLookup} 0 = no lookups. */
public record Log(Level level, Format format, Duration slowLookup, boolean keys) {
  /** The least important messages that are logged. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** How a message is written. */
  public enum Format {
    TEXT,
    JSON
  }

  public Log {
    Objects.requireNonNull(level, "level");
    Objects.requireNonNull(format, "format");
    SettingsTable.LOG_SLOW_LOOKUP.require(slowLookup);
  }
}
