package redisproxy.config;

import java.net.URI;
import java.net.URISyntaxException;
import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
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

  private static final int DEFAULT_PORT = 6379;
  private static final Pattern PARTS =
      Pattern.compile(
          "redis(s?)://(?:([^@/?#\\s\\p{Cntrl}]*)@)?(\\[[^\\]@/?#]*:[^\\]@/?#]*]|[^\\[\\]:@/?#]*)"
              + "(?::([^/]*))?(?:/(.*))?");
  // What may be shown of a URL behind its user and password; anything else could be a part of one.
  private static final Pattern HARMLESS =
      Pattern.compile("(\\[[0-9A-Fa-f:.%]*]|[^\\[\\]:/?#]*)(?::\\d{1,5}(?!\\d))?(?:/\\d{0,10}$)?");

  /**
   * Parses a URL.
   *
   * @throws IllegalArgumentException with a message that shows nothing of the user and password
   */
  static @Nullable RedisUrl parse(String url) {
    Matcher parts = PARTS.matcher(url);
    if (!parts.matches()) {
      return null;
    }
    String userinfo = parts.group(2) == null ? "" : parts.group(2);
    int colon = userinfo.indexOf(':');
    String user = decode(colon < 0 ? userinfo : userinfo.substring(0, colon));
    String password = colon < 0 ? "" : decode(userinfo.substring(colon + 1));
    return new RedisUrl(
        endpoint(parts.group(3), parts.group(4), parts.group(5), !parts.group(1).isEmpty()),
        user.isEmpty() ? null : user,
        password.isEmpty() ? null : new Secret(password));
  }

  private static Settings.Endpoint endpoint(
      String host, @Nullable String port, @Nullable String database, boolean tls) {
    boolean bracketed = host.startsWith("[");
    return new Settings.Endpoint(
        bracketed ? host.substring(1, host.length() - 1) : host,
        port == null ? DEFAULT_PORT : number(port, "the port is not in 1..65535"),
        database == null || database.isEmpty()
            ? 0
            : number(database, "the database is not a number"),
        tls);
  }

  /** The Redis client reads the host back from a URI, which takes fewer names than DNS does. */
  static boolean isHost(String host) {
    try {
      return bracketed(host).equals(new URI("redis://" + bracketed(host) + "/").getHost());
    } catch (URISyntaxException e) {
      return false;
    }
  }

  /** A host as it stands in a URL. */
  static String bracketed(String host) {
    return host.indexOf(':') < 0 ? host : "[" + host + "]";
  }

  private static int number(String text, String fault) {
    try {
      return ValueType.integer(0, Integer.MAX_VALUE).parse(text);
    } catch (IllegalArgumentException e) {
      throw new IllegalArgumentException(fault + "; expected " + FORM);
    }
  }

  /** Undoes percent-encoding. A {@code +} stays one: this is not a form. */
  private static String decode(String text) {
    ByteBuffer bytes = ByteBuffer.allocate(text.length() * 3);
    try {
      for (int i = 0; i < text.length(); i++) {
        if (text.charAt(i) != '%') {
          int end = text.indexOf('%', i);
          end = end < 0 ? text.length() : end;
          bytes.put(text.substring(i, end).getBytes(StandardCharsets.UTF_8));
          i = end - 1;
        } else {
          bytes.put((byte) (hex(text, i + 1) << 4 | hex(text, i + 2)));
          i += 2;
        }
      }
      return StandardCharsets.UTF_8.newDecoder().decode(bytes.flip()).toString();
    } catch (CharacterCodingException | IndexOutOfBoundsException e) {
      throw new IllegalArgumentException(
          "user or password is not percent-encoded UTF-8 (a % itself is %25); expected " + FORM);
    }
  }

  private static int hex(String text, int at) {
    char c = text.charAt(at);
    int digit = c < 128 ? Character.digit(c, 16) : -1;
    if (digit < 0) {
      throw new IndexOutOfBoundsException(at);
    }
    return digit;
  }

  /**
   * A URL, perhaps a malformed one, without its user and password. Shows too little rather than too
   * much: from the first part on that is not plainly a host, a port or a database, nothing.
   */
  static String redact(String url) {
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
