package redisproxy.config;

import java.util.Locale;
import java.util.Objects;
import java.util.Optional;

/**
 * A row of the table of settings.
 *
 * @param path its place in the file, with dots: {@code resp.max-clients}
 * @param defaultText the default, as a user would write it
 * @param description one line for {@code --help} and the manual
 * @param secret whether the value must never be shown
 */
public record Setting<T>(
    String path, ValueType<T> type, String defaultText, String description, boolean secret) {
  private static final int MAX_QUOTED = 100;

  /** The variable that overrides the file: {@code RESP_MAX_CLIENTS}. */
  public String environmentName() {
    return path.toUpperCase(Locale.ROOT).replace('.', '_').replace('-', '_');
  }

  /**
   * Returns the value of a text, or throws an {@link IllegalArgumentException} that says what is
   * expected.
   */
  T parse(String text) {
    return type.parse(text);
  }

  T defaultValue() {
    return parse(defaultText);
  }

  /** Throws an {@link IllegalArgumentException} unless the value is allowed. */
  void require(T value) {
    Objects.requireNonNull(value, path);
    if (!type.bounds().test(value)) {
      Object shown = value instanceof Optional<?> given ? given.orElseThrow() : value;
      throw new IllegalArgumentException(
          path + " = " + quote(shown.toString()) + ": expected " + type.expected());
    }
  }

  /** Returns a text given for this setting in a form that is safe to show, on one line. */
  String quote(String text) {
    return secret ? "***" : quoted(type.redaction().apply(text));
  }

  /** Returns a text in quotes, shortened, with its control characters made visible. */
  static String quoted(String text) {
    StringBuilder quoted = new StringBuilder("\"");
    text.codePoints()
        .limit(MAX_QUOTED)
        .forEach(
            c -> {
              if (isPrintable(c)) {
                quoted.appendCodePoint(c);
              } else {
                quoted.append(String.format("\\u%04x", c));
              }
            });
    return quoted.append(text.length() > MAX_QUOTED ? "…\"" : "\"").toString();
  }

  private static boolean isPrintable(int c) {
    return switch (Character.getType(c)) {
      case Character.CONTROL,
          Character.FORMAT,
          Character.SURROGATE,
          Character.UNASSIGNED,
          Character.LINE_SEPARATOR,
          Character.PARAGRAPH_SEPARATOR ->
          false;
      default -> true;
    };
  }
}
