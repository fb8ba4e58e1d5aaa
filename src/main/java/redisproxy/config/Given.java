package redisproxy.config;

import java.util.Objects;

/**
 * The text somebody gave for a setting.
 *
 * @param origin where it was given, as a fault names it: {@code file:line} or a variable's name
 */
public record Given(String text, String origin) {
  public Given {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(origin, "origin");
  }

  /** Leaves the text out: it may be a secret. */
  @Override
  public String toString() {
    return "Given[" + origin + "]";
  }
}
