package redisproxy.cache;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The first 96 bits of a SHA-256, as text. A checksum would be cheaper and could be forged by
 * whoever writes values, who could then make a reader keep an old one.
 */
final class Digest {
  private static final int BYTES = 12;

  private Digest() {}

  static String of(byte[] buffer, int offset, int length) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(buffer, offset, length);
      return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(sha.digest(), BYTES));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
