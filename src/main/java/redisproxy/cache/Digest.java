package redisproxy.cache;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import java.util.Base64;

/**
 * The first 96 bits of a SHA-256, as text. A checksum would be cheaper, but a client that writes
 * values could forge it, and so make a reader keep an old value.
 */
final class Digest {
  private static final int BYTES = 12;

  /** Reused, because looking up the algorithm takes longer than the digest of a short value. */
  private static final ThreadLocal<MessageDigest> SHA = ThreadLocal.withInitial(Digest::sha);

  private Digest() {}

  static String of(byte[] buffer, int offset, int length) {
    MessageDigest sha = SHA.get();
    sha.update(buffer, offset, length);
    return Base64.getUrlEncoder().encodeToString(Arrays.copyOf(sha.digest(), BYTES));
  }

  private static MessageDigest sha() {
    try {
      return MessageDigest.getInstance("SHA-256");
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
