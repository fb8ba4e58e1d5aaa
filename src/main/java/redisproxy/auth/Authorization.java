package redisproxy.auth;

import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * What an HTTP request says of who sends it: a user and a password (Basic, RFC 7617), or a token
 * (Bearer, RFC 6750), which is taken for a password without a user.
 *
 * @param credentials {@code user:password}, or the token
 * @param colon where the password begins, less one; -1 where there is no user
 */
public record Authorization(byte[] credentials, int colon) {
  private static final String BASIC = "Basic ";
  private static final String BEARER = "Bearer ";

  /** That of a request, or null when it has none that can be read. */
  public static @Nullable Authorization of(HttpServerRequest request) {
    return of(request.getHeader("authorization"));
  }

  public static @Nullable Authorization of(@Nullable String header) {
    if (header == null) {
      return null;
    }
    if (begins(header, BEARER)) {
      // Headers are bytes, each read as a character.
      String token = header.substring(BEARER.length()).strip();
      return new Authorization(token.getBytes(StandardCharsets.ISO_8859_1), -1);
    }
    return begins(header, BASIC) ? basic(header.substring(BASIC.length()).strip()) : null;
  }

  private static boolean begins(String header, String scheme) {
    return header.regionMatches(true, 0, scheme, 0, scheme.length());
  }

  private static @Nullable Authorization basic(String base64) {
    try {
      byte[] credentials = Base64.getDecoder().decode(base64);
      for (int i = 0; i < credentials.length; i++) {
        if (credentials[i] == ':') {
          return new Authorization(credentials, i);
        }
      }
      return null;
    } catch (IllegalArgumentException notBase64) {
      return null;
    }
  }

  /** Whether it is a token. */
  public boolean isToken() {
    return colon < 0;
  }

  /** The user; Redis's default user where the name is empty. */
  public byte[] user() {
    return colon <= 0 ? Credentials.DEFAULT_USER : Arrays.copyOf(credentials, colon);
  }

  /** The password, or the token. */
  public byte[] password() {
    return Arrays.copyOfRange(credentials, colon + 1, credentials.length);
  }
}
