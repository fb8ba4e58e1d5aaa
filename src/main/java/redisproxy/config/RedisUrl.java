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

  // What may be shown of a URL behind its user and password; anything else could be a part of one.
  private static final Pattern HARMLESS =
      Pattern.compile(
          "(\\[[0-9A-Fa-f:.%]*]|[^\\[\\]:/?#]*)(?::\\d{1,5}(?!\\d))?"
              + "(?:(?:/\\d{0,10})?(?:\\?db=\\d{0,10})?$)?");

  /**
   * Parses a URL. White space around it is ignored, and so is the case of its scheme.
   *
   * @throws IllegalArgumentException with a message that shows nothing of the user and password
   */
  static @Nullable RedisUrl parse(String url) {
    return RedisUrlParser.parse(url.strip());
  }

  /** A host as it stands in a URL. */
  static String bracketed(String host) {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }

  /**
   * A URL, perhaps a malformed one, without its user and password. Shows too little rather than too
   * much: from the first part on that is not plainly a host, a port or a database, nothing.
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
