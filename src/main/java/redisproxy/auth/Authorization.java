package redisproxy.auth;

import io.vertx.core.http.HttpServerRequest;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Base64;
import org.jspecify.annotations.Nullable;

/**
 * The credentials of an HTTP request: a user and a password (Basic, RFC 7617), or a token (Bearer,
 * RFC 6750). A token is a password without a user.
 *
 * @param credentials {@code user:password}, or the token
 * @param colon the index of the colon in {@code user:password}; -1 for a token
 */
public record Authorization(byte[] credentials, int colon) {
  private static final String BASIC = "Basic ";
  private static final String BEARER = "Bearer ";

  /** Reads the header of a request; null if it is absent or cannot be parsed. */
  public static @Nullable Authorization of(HttpServerRequest request) {
    return of(request.getHeader("authorization"));
  }

  public static @Nullable Authorization of(@Nullable String header) {
    if (header == null) {
      return null;
    }
    if (begins(header, BEARER)) {
      // Netty decodes each byte of a header as one character.
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

  public boolean isToken() {
    return colon < 0;
  }

  /** The user; Redis's default user if the name is empty or absent. */
  public byte[] user() {
    return colon <= 0 ? Credentials.DEFAULT_USER : Arrays.copyOf(credentials, colon);
  }

  /** The password, or the token. */
  public byte[] password() {
    return Arrays.copyOfRange(credentials, colon + 1, credentials.length);
  }
}
