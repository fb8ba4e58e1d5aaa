package redisproxy.config;

import java.util.Objects;

/** A text that must not be logged: {@link #toString()} does not show it. */
public record Secret(String value) {
  public Secret {
    Objects.requireNonNull(value, "value");
  }

  @Override
  public String toString() {
    return "***";
  }
}
