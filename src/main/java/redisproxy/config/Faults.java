package redisproxy.config;

import java.util.ArrayList;
import java.util.List;

/** Collects what is wrong with a configuration, so that all of it is reported at once. */
final class Faults {
  private final List<String> lines = new ArrayList<>();

  /** Adds the line {@code origin: text}. */
  void add(String origin, String text) {
    lines.add(origin + ": " + text);
  }

  int count() {
    return lines.size();
  }

  /** Throws what was collected, if anything was. */
  void throwIfAny() {
    if (!lines.isEmpty()) {
      throw new ConfigurationException(lines);
    }
  }
}
