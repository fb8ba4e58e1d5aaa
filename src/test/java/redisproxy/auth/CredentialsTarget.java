package redisproxy.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Random;
import redisproxy.config.Configuration;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/**
 * Fuzzes the Authorization header ({@link Authorization}) and its check ({@link Credentials}).
 * Encoded credentials are read back. Nothing is thrown. Only the exact bytes of the user and the
 * password, or of the password as a token, are accepted.
 */
public final class CredentialsTarget implements Target {
  private static final String USER = "ann";
  private static final String PASSWORD = "s:\u00e9cret";
  private static final byte[] USER_BYTES = USER.getBytes(StandardCharsets.UTF_8);
  private static final byte[] PASSWORD_BYTES = PASSWORD.getBytes(StandardCharsets.UTF_8);

  /** Mostly the stack trace of the exception for invalid Base64, which nobody sees. */
  private static final Allocation ALLOCATION = new Allocation(16_000, 16);

  private final Credentials credentials =
      Credentials.of(
          Configuration.parse(
                  Map.of("auth.mode", "own", "auth.username", USER, "auth.password", PASSWORD))
              .auth());

  @Override
  public List<String> words() {
    return List.of(
        "Basic ",
        "basic ",
        "Bearer ",
        "BEARER ",
        "Digest ",
        " ",
        "\t",
        "=",
        "==",
        "===",
        ":",
        "+",
        "/",
        "-",
        "_",
        ",",
        "\0",
        "\r\n",
        "\377",
        "\u00a0",
        "YW5u",
        "YW5uOg",
        "Og==",
        "OnM6w6ljcmV0",
        "YW5uOnM6w6ljcmV0",
        "A",
        "\u00df",
        "s:\u00c3\u00a9cret",
        "ann");
  }

  @Override
  public Sample sample(Random random) {
    byte[] user = random.nextBoolean() ? USER_BYTES : noise(random, ':');
    byte[] password = random.nextBoolean() ? PASSWORD_BYTES : noise(random, '\0');
    if (random.nextInt(3) == 0) {
      String token = new String(password, StandardCharsets.ISO_8859_1).strip();
      byte[] decoded = token.getBytes(StandardCharsets.ISO_8859_1);
      return sample(
          pick(random, "Bearer ", "bearer  "), token, "token", decoded, Credentials.DEFAULT_USER);
    }
    byte[] both = Arrays.copyOf(user, user.length + 1 + password.length);
    both[user.length] = ':';
    System.arraycopy(password, 0, both, user.length + 1, password.length);
    Base64.Encoder encoder = Base64.getEncoder();
    String text = (random.nextBoolean() ? encoder : encoder.withoutPadding()).encodeToString(both);
    byte[] who = user.length == 0 ? Credentials.DEFAULT_USER : user;
    return sample(pick(random, "Basic ", "BASIC "), text, "user", password, who);
  }

  private static Sample sample(
      String scheme, String text, String kind, byte[] password, byte[] user) {
    boolean accepted =
        Arrays.equals(password, PASSWORD_BYTES)
            && (kind.equals("token") || Arrays.equals(user, USER_BYTES));
    return new Sample(
        (scheme + text).getBytes(StandardCharsets.ISO_8859_1),
        new Outcome(List.of(kind, text(user), text(password), accepted), null));
  }

  private static byte[] noise(Random random, char without) {
    byte[] bytes = new byte[random.nextInt(10)];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] = bytes[i] == without ? (byte) 'x' : bytes[i];
    }
    return bytes;
  }

  private static String pick(Random random, String one, String other) {
    return random.nextBoolean() ? one : other;
  }

  @Override
  public Outcome outcome(byte[] input) {
    String header = new String(input, StandardCharsets.ISO_8859_1);
    ALLOCATION.check(input.length, () -> Authorization.of(header));
    Authorization given = Authorization.of(header);
    if (given == null) {
      return new Outcome(List.of(), "none");
    }
    byte[] user = given.user();
    byte[] password = given.password();
    boolean accepted =
        given.isToken() ? credentials.acceptToken(password) : credentials.accept(user, password);
    boolean isRight =
        Arrays.equals(password, PASSWORD_BYTES)
            && (given.isToken() || Arrays.equals(user, USER_BYTES));
    assertEquals(isRight, accepted, "let in");
    if (!given.isToken()) {
      assertEquals(-1, text(user).indexOf(':'), "a colon in the user's name");
    }
    assertNull(Authorization.of("x" + header), "with another scheme");
    List<Object> read = new ArrayList<>();
    read.add(given.isToken() ? "token" : "user");
    read.add(text(user));
    read.add(text(password));
    read.add(accepted);
    return new Outcome(read, null);
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
