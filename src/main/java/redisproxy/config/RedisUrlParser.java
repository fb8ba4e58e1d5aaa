package redisproxy.config;

import java.nio.ByteBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.jspecify.annotations.Nullable;

/**
 * Parses {@code redis.url}, and says what is wrong with it. Messages show no part of the URL that
 * may be a password. They show only names of query parameters, and single characters that must be
 * percent-encoded.
 */
final class RedisUrlParser {
  private static final int DEFAULT_PORT = 6379;
  private static final Pattern SCHEME = Pattern.compile("(?is)redis(s?)://(.*)");
  private static final Pattern LOCATION =
      Pattern.compile("(?s)([^/?#]*)(?:/([^?#]*))?(?:\\?([^#]*))?(#.*)?");
  private static final Pattern AUTHORITY = Pattern.compile("(?s)(\\[[^\\]]*]|[^:]*)(?::([^:]*))?");

  /** Characters that end the user and password of a URL unless they are percent-encoded. */
  private static final Pattern RESERVED = Pattern.compile("[@/?#\\s\\p{Cntrl}]");

  private static final Pattern PARAMETER_NAME = Pattern.compile("[A-Za-z][A-Za-z0-9_-]{0,31}");

  private RedisUrlParser() {}

  /**
   * Parses a URL without white space around it. Returns null if it does not begin with redis:// or
   * rediss://.
   *
   * @throws IllegalArgumentException that says what is wrong and what to write
   */
  static @Nullable RedisUrl parse(String url) {
    Matcher scheme = SCHEME.matcher(url);
    if (!scheme.matches()) {
      return null;
    }
    String rest = scheme.group(2);
    // The password may contain an @ that is not encoded, so the last @ ends the password.
    int at = rest.lastIndexOf('@');
    String userinfo = at < 0 ? "" : rest.substring(0, at);
    requireEncoded(userinfo);
    int colon = userinfo.indexOf(':');
    String user = decode(colon < 0 ? userinfo : userinfo.substring(0, colon));
    String password = colon < 0 ? "" : decode(userinfo.substring(colon + 1));
    return new RedisUrl(
        endpoint(rest.substring(at + 1), !scheme.group(1).isEmpty()),
        user.isEmpty() ? null : user,
        password.isEmpty() ? null : new Secret(password));
  }

  private static void requireEncoded(String userinfo) {
    Map<String, String> encodings = new TreeMap<>();
    RESERVED
        .matcher(userinfo)
        .results()
        .forEach(found -> encodings.put(shown(found.group()), encoded(found.group())));
    if (!encodings.isEmpty()) {
      List<String> remedies = new ArrayList<>();
      encodings.forEach((character, encoding) -> remedies.add(character + " as " + encoding));
      throw fault(
          "percent-encode the user and password before the last @: write "
              + String.join(", ", remedies));
    }
  }

  private static String shown(String character) {
    char c = character.charAt(0);
    return c > ' ' && c <= '~' ? character : "the blank or control character " + encoded(character);
  }

  private static String encoded(String character) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : character.getBytes(StandardCharsets.UTF_8)) {
      encoded.append(String.format("%%%02X", b));
    }
    return encoded.toString();
  }

  /** Parses what follows the user and password. */
  private static Settings.Endpoint endpoint(String text, boolean tls) {
    Matcher location = LOCATION.matcher(text);
    if (!location.matches() || location.group(4) != null) {
      throw fault("a # has no meaning here: leave it out, or write %23 in a password");
    }
    Matcher authority = AUTHORITY.matcher(location.group(1));
    if (!authority.matches()) {
      throw fault(
          location.group(1).startsWith("[")
              ? "close the brackets of the IPv6 address, and write only a port after them: [::1]:6379"
              : "the host has more than one colon: write an IPv6 address in brackets, such as"
                  + " redis://[::1]:6379");
    }
    String host = authority.group(1);
    boolean bracketed = host.startsWith("[") && host.endsWith("]");
    if (bracketed && host.indexOf(':') < 0) {
      throw fault("only an IPv6 address may be in brackets");
    }
    return new Settings.Endpoint(
        bracketed ? host.substring(1, host.length() - 1) : host,
        authority.group(2) == null ? DEFAULT_PORT : port(authority.group(2)),
        database(location.group(2), location.group(3)),
        tls);
  }

  private static int port(String text) {
    if (!text.matches("[0-9]+")) {
      throw fault(
          "no port number follows the colon after the host; write a user and password before the"
              + " host, with @ after them, as in redis://user:password@host");
    }
    return number(text, 1, 65535, "the port is not a number 1..65535 without leading zeros");
  }

  private static int database(@Nullable String path, @Nullable String query) {
    Integer database = path == null || path.isEmpty() ? null : database(path);
    List<String> unknown = new ArrayList<>();
    for (String parameter : query == null ? new String[0] : query.split("&")) {
      if (parameter.startsWith("db=")) {
        int other = database(parameter.substring("db=".length()));
        if (database != null && database != other) {
          throw fault("the path and ?db= name different databases: leave one of them out");
        }
        database = other;
      } else if (!parameter.isEmpty()) {
        unknown.add(name(parameter));
      }
    }
    if (!unknown.isEmpty()) {
      throw fault(
          "unknown query parameters ("
              + String.join(", ", unknown)
              + "): leave them out; only db is known. Write a user and password before the host or in"
              + " redis.username and redis.password. rediss:// means TLS. Timeouts and TLS files have"
              + " their own settings");
    }
    return database == null ? 0 : database;
  }

  /** Returns the name of a parameter, or *** if it may be part of a password. */
  private static String name(String parameter) {
    int end = parameter.indexOf('=');
    String name = end < 0 ? "" : parameter.substring(0, end);
    return PARAMETER_NAME.matcher(name).matches() ? name : "***";
  }

  private static int database(String text) {
    return number(
        text,
        0,
        Integer.MAX_VALUE,
        "the database, which follows / or ?db=, is not a number without leading zeros");
  }

  private static int number(String text, int min, int max, String fault) {
    try {
      return ValueType.integer(min, max).parse(text);
    } catch (IllegalArgumentException e) {
      throw fault(fault);
    }
  }

  private static IllegalArgumentException fault(String text) {
    return new IllegalArgumentException(text + "; expected " + RedisUrl.FORM);
  }

  /** Undoes percent-encoding. A {@code +} stays a plus: this is not an HTML form. */
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
      throw fault("user or password is not percent-encoded UTF-8 (write % itself as %25)");
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
}
