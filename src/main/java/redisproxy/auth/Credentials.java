package redisproxy.auth;

import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;

/**
 * The credentials that clients need when the proxy checks them itself ({@code auth.mode: own}). It
 * keeps only digests, and compares them in constant time. Immutable.
 */
public final class Credentials {
  /** The user that Redis assumes when a client sends only a password. */
  public static final byte[] DEFAULT_USER = "default".getBytes(StandardCharsets.US_ASCII);

  private final boolean isDefaultUser;
  private final byte[] user;

  /** Null if no password is needed. */
  private final byte @Nullable [] password;

  /** The credentials in the settings, or null if Redis checks credentials. */
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

  /** Whether these are right. If no password is needed, any password is right. */
  @SuppressWarnings("ShortCircuitBoolean") // otherwise the time would reveal which one is wrong
  public boolean accept(byte[] givenUser, byte[] givenPassword) {
    boolean isUser = MessageDigest.isEqual(user, digest(givenUser));
    boolean isPassword = password == null || MessageDigest.isEqual(password, digest(givenPassword));
    return isUser & isPassword;
  }

  /** Whether a token is right. A token is the password without the user. */
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
