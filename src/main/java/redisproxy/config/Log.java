package redisproxy.config;

import java.time.Duration;
import java.util.Objects;

/** What is logged, and how. With {@code slowLookup} 0 no lookups are logged. */
public record Log(Level level, Format format, Duration slowLookup, boolean keys) {
  /** The least important messages that are logged. */
  public enum Level {
    ERROR,
    WARN,
    INFO,
    DEBUG,
    TRACE
  }

  /** The format of log messages. */
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
