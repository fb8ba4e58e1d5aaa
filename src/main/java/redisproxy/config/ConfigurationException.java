package redisproxy.config;

import java.util.List;

/** The configuration cannot be used. Says why, in one line per fault; none shows a secret. */
public final class ConfigurationException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient List<String> faults;

  ConfigurationException(List<String> faults) {
    // An answer to whoever wrote the configuration: where in the program it was found says nothing.
    super(String.join("\n", faults), null, false, false);
    this.faults = List.copyOf(faults);
  }

  /** The faults, in the order they were found; at least one. */
  public List<String> faults() {
    return faults;
  }
}
