package redisproxy.config;

import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * The parts of {@code redis.url}.
 *
 * @param username null if the URL has none
 * @param password null if the URL has none
 */
public record RedisUrl(
    Settings.Endpoint endpoint, @Nullable String username, @Nullable Secret password) {
  static final String FORM =
      "redis://[user[:password]@]host[:port][/db], user and password percent-encoded, such as"
          + " redis://localhost:6379/0, or rediss:// for TLS";

  // What is safe to show after the user and password. Anything else could be part of a password.
  private static final Pattern HARMLESS =
      Pattern.compile(
          "(\\[[0-9A-Fa-f:.%]*]|[^\\[\\]:/?#]*)(?::\\d{1,5}(?!\\d))?"
              + "(?:(?:/\\d{0,10})?(?:\\?db=\\d{0,10})?$)?");

  /**
   * Parses a URL. White space around it is ignored, and so is the case of its scheme.
   *
   * @throws IllegalArgumentException with a message that does not show the user or password
   */
  static @Nullable RedisUrl parse(String url) {
    return RedisUrlParser.parse(url.strip());
  }

  /** Returns a host as written in a URL: an IPv6 address in brackets. */
  static String bracketed(String host) {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }

  /**
   * Returns a URL, perhaps a malformed one, without its user and password. In doubt it shows less:
   * it stops at the first part that is not clearly a host, a port or a database.
   */
  static String redact(String text) {
    String url = text.strip();
    int start = url.matches("[A-Za-z][A-Za-z0-9+.-]*://(?s:.*)") ? url.indexOf("://") + 3 : 0;
    int at = url.lastIndexOf('@');
    String rest = url.substring(Math.max(start, at + 1));
    Matcher harmless = HARMLESS.matcher(rest);
    String shown = harmless.lookingAt() ? harmless.group() : "";
    return url.substring(0, start)
        + (at >= 0 ? "***@" : "")
        + shown
        + (shown.length() < rest.length() ? "***" : "");
  }
}
