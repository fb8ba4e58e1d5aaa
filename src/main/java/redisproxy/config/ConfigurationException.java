package redisproxy.config;

import java.util.List;

/** The configuration cannot be used. The message has one line per fault and shows no secret. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> faults;

  ConfigurationException(List<String> faults) {
    // No stack trace: the author of the configuration does not need to know where it was thrown.
    super(String.join("\n", faults), null, false, false);
    this.faults = List.copyOf(faults);
  }

  /** The faults, in the order they were found; at least one. */
  public List<String> faults() {
    return faults;
  }
}
