package redisproxy.config;

import java.util.Objects;

/**
 * The text given for a setting.
 *
 * @param origin where it was given, as faults show it: {@code file:line} or a variable's name
 */
public record Given(String text, String origin) {
  public Given {
    Objects.requireNonNull(text, "text");
    Objects.requireNonNull(origin, "origin");
  }

  /** Does not show the text, which may be a secret. */
  @Override
  public String toString() {
    return "Given[" + origin + "]";
  }
}
