package redisproxy.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;

/**
 * Whom the proxy lets in where it judges clients itself ({@code auth.mode: own}). Keeps digests
 * only, and compares them in a time that tells nothing of how much was right. Immutable.
 */
public final class Credentials {
  /** Whom Redis takes a client for that gives a password alone. */
  public static final byte[] DEFAULT_USER = "default".getBytes(StandardCharsets.US_ASCII);

  private final boolean isDefaultUser;
  private final byte[] user;

  /** Null when no password is asked for. */
  private final byte @Nullable [] password;

  /** Those of the settings, or null where Redis judges. */
  public static @Nullable Credentials of(Settings.Auth auth) {
    return auth.isOwn() ? new Credentials(auth) : null;
  }

  private Credentials(Settings.Auth auth) {
    byte[] name = auth.username().getBytes(StandardCharsets.UTF_8);
    this.isDefaultUser = Arrays.equals(name, DEFAULT_USER);
    this.user = digest(name);
    this.password =
        auth.password() == null
            ? null
            : digest(auth.password().value().getBytes(StandardCharsets.UTF_8));
  }

  /** Whether a client must log in before anything else. */
  public boolean areNeeded() {
    return password != null;
  }

  /** Whether the default user logs in without a password. */
  public boolean areOpenToDefault() {
    return password == null && isDefaultUser;
  }

  /** Whether these are right; where no password is asked for, any is. */
  @SuppressWarnings("ShortCircuitBoolean") // or the time it takes would tell which is wrong
  public boolean accept(byte[] givenUser, byte[] givenPassword) {
    boolean isUser = MessageDigest.isEqual(user, digest(givenUser));
    boolean isPassword = password == null || MessageDigest.isEqual(password, digest(givenPassword));
    return isUser & isPassword;
  }

  /** Whether a token is right, which is the password without the user. */
  public boolean acceptToken(byte[] token) {
    return password == null || MessageDigest.isEqual(password, digest(token));
  }

  public static byte[] digest(byte[] text) {
    try {
      return MessageDigest.getInstance("SHA-256").digest(text);
    } catch (NoSuchAlgorithmException e) {
      throw new IllegalStateException("every Java has SHA-256", e);
    }
  }
}
