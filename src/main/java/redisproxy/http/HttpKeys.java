package redisproxy.http;

import io.vertx.core.http.HttpServerRequest;
import java.io.ByteArrayOutputStream;
import org.jspecify.annotations.Nullable;

/**
 * Finds the key in a request's raw URI. Keys are bytes. Percent-encoding is decoded, and nothing
 * else is normalized.
 */
public final class HttpKeys {
  private HttpKeys() {}

  /** The key after a prefix of the raw path; null if nothing follows the prefix. */
  public static byte @Nullable [] inPath(HttpServerRequest request, String prefix) {
    String rawPath = request.path();
    return rawPath.length() == prefix.length()
        ? null
        : decode(rawPath, prefix.length(), rawPath.length(), false);
  }

  /**
   * The first {@code key} parameter of the raw query, which may be empty; null if there is none.
   */
  public static byte @Nullable [] inQuery(HttpServerRequest request) {
    String rawQuery = request.query();
    if (rawQuery == null) {
      return null;
    }
    int start = rawQuery.startsWith("key=") ? 0 : rawQuery.indexOf("&key=") + 1;
    if (start == 0 && !rawQuery.startsWith("key=")) {
      return null;
    }
    int end = rawQuery.indexOf('&', start);
    return decode(rawQuery, start + "key=".length(), end < 0 ? rawQuery.length() : end, true);
  }

  /**
   * Decodes %XX.
   *
   * @param form whether a plus sign means a blank, as in HTML forms
   * @throws IllegalArgumentException for a percent sign without two hexadecimal digits
   */
  private static byte[] decode(String text, int start, int end, boolean form) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(end - start);
    for (int i = start; i < end; i++) {
      char c = text.charAt(i);
      if (c == '%') {
        out.write(hex(text, i + 1, end) << 4 | hex(text, i + 2, end));
        i += 2;
      } else {
        out.write(form && c == '+' ? ' ' : c);
      }
    }
    return out.toByteArray();
  }

  private static int hex(String text, int i, int end) {
    int digit = i < end ? Character.digit(text.charAt(i), 16) : -1;
    if (digit < 0) {
      throw new IllegalArgumentException(
          "a percent sign is not followed by two hexadecimal digits");
    }
    return digit;
  }
}
