package redisproxy.bus;

import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.security.SecureRandom;
import java.util.Arrays;
import java.util.HexFormat;

/**
 * A digest that is shown in place of a secret key. It is the same for the same key as long as the
 * process runs.
 */
public final class SaltedDigest {
  /** Prevents that a key is guessed from a table of the digests of likely keys. */
  private static final byte[] SALT = new byte[16];

  static {
    new SecureRandom().nextBytes(SALT);
  }

  private SaltedDigest() {}

  public static String of(byte[] buffer, int start, int length) {
    try {
      MessageDigest sha = MessageDigest.getInstance("SHA-256");
      sha.update(SALT);
      sha.update(buffer, start, length);
      return "#" + HexFormat.of().formatHex(Arrays.copyOf(sha.digest(), 8));
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
