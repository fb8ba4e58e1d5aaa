package redisproxy.config;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Random;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/**
 * Fuzzes {@code redis.url}. Checks that encoded values are read back, that only a refusal is
 * thrown, and that an endpoint can be written as a URL and read again. If one character of a URL is
 * wrong, neither the refusal nor the redacted URL may show any of the password.
 */
public final class RedisUrlTarget implements Target {
  /** Without digits, which could pass for a port. */
  private static final String PASSWORD = "QxZvWk";

  @Override
  public List<String> words() {
    return List.of(
        "redis://",
        "rediss://",
        "REDIS://",
        "?db=",
        "&",
        "timeout=1",
        "::1",
        "redis:",
        "//",
        "/",
        ":",
        "@",
        "?",
        "#",
        "[",
        "]",
        "[::1]",
        "[fe80::1%25eth0]",
        "%",
        "%40",
        "%zz",
        "%ff",
        "%00",
        "%C3%A9",
        "+",
        " ",
        "\t",
        "\n",
        "\0",
        "\u00e9",
        "\u0661",
        "6379",
        "65535",
        "65536",
        "-1",
        "/0",
        "/15",
        "/x",
        "localhost",
        "127.0.0.1",
        "a_b",
        "a-",
        ".",
        "..",
        "user",
        PASSWORD);
  }

  @Override
  public Sample sample(Random random) {
    String user = random.nextInt(3) == 0 ? "" : word(random);
    String password = random.nextInt(3) == 0 ? "" : word(random);
    List<String> hosts = List.of("localhost", "10.0.0.1", "[::1]", "redis.example", "my_redis");
    String host = hosts.get(random.nextInt(hosts.size()));
    int port = random.nextInt(3) == 0 ? 6379 : 1 + random.nextInt(65535);
    int db = random.nextInt(3) == 0 ? 0 : random.nextInt(2000);
    boolean tls = random.nextBoolean();
    String info =
        encoded(user, random) + (password.isEmpty() ? "" : ":" + encoded(password, random));
    String scheme = tls ? "rediss://" : "redis://";
    String url =
        (random.nextInt(4) == 0 ? scheme.toUpperCase(Locale.ROOT) : scheme)
            + (info.isEmpty() ? "" : info + "@")
            + host
            + (port == 6379 ? "" : ":" + port)
            + List.of(db == 0 ? "" : "/" + db, "/?db=" + db, "?db=" + db, "/" + db + "?db=" + db)
                .get(random.nextInt(4))
            + List.of("", "", "\n", " ").get(random.nextInt(4));
    String bare = host.startsWith("[") ? host.substring(1, host.length() - 1) : host;
    Settings.Endpoint endpoint = new Settings.Endpoint(bare, port, db, tls);
    return new Sample(
        url.getBytes(StandardCharsets.UTF_8),
        outcome(new RedisUrl(endpoint, none(user), secret(password))));
  }

  private static String word(Random random) {
    String from = "abc:/@?#[]%+ \u00e9\u20ac\0\n1";
    StringBuilder word = new StringBuilder();
    for (int left = 1 + random.nextInt(6); left > 0; left--) {
      word.append(from.charAt(random.nextInt(from.length())));
    }
    return word.toString();
  }

  private static String encoded(String text, Random random) {
    StringBuilder encoded = new StringBuilder();
    for (byte b : text.getBytes(StandardCharsets.UTF_8)) {
      boolean plain = b >= 'a' && b <= 'c' || b == '+';
      encoded.append(plain && random.nextBoolean() ? "" + (char) b : String.format("%%%02X", b));
    }
    return encoded.toString();
  }

  private static String none(String text) {
    return text.isEmpty() ? null : text;
  }

  private static Secret secret(String text) {
    return text.isEmpty() ? null : new Secret(text);
  }

  private static Outcome outcome(RedisUrl url) {
    List<String> read = new ArrayList<>();
    read.add("" + url.endpoint());
    read.add("" + url.username());
    read.add(url.password() == null ? "none" : url.password().value());
    return new Outcome(read, null);
  }

  @Override
  public Outcome outcome(byte[] input) {
    String text = new String(input, StandardCharsets.UTF_8);
    redactionIsShort(text);
    passwordIsHidden(text);
    try {
      RedisUrl url = ValueType.redisUrl().parse(text);
      RedisUrl again = RedisUrl.parse(url.endpoint().toString());
      assertEquals(new RedisUrl(url.endpoint(), null, null), again);
      return outcome(url);
    } catch (IllegalArgumentException refused) {
      return new Outcome(List.of(), oneLine(refused.getMessage()));
    }
  }

  private static String oneLine(String message) {
    assertFalse(message.isEmpty());
    assertTrue(message.chars().noneMatch(Character::isISOControl), message);
    return message;
  }

  /** The redacted URL is at most seven characters longer than the URL: the stars. */
  private static void redactionIsShort(String text) {
    String shown = RedisUrl.redact(text);
    assertTrue(shown.length() <= text.length() + 7, shown);
    int at = text.lastIndexOf('@');
    if (at >= 0 && text.strip().startsWith("redis://")) {
      assertTrue(shown.startsWith("redis://***@"), shown);
    }
  }

  /** Puts a character of the text into a URL with a password. */
  private static void passwordIsHidden(String text) {
    for (int i = 0; i < text.length() && i < 3; i++) {
      String piece = text.substring(i, i + 1);
      String url = "redis://user:" + PASSWORD + "@host:6379/1";
      int at = piece.charAt(0) % url.length();
      if (at < url.indexOf(PASSWORD) || at >= url.indexOf(PASSWORD) + PASSWORD.length()) {
        String wrong = url.substring(0, at) + piece + url.substring(at + 1);
        String shown = RedisUrl.redact(wrong);
        assertFalse(shown.contains(PASSWORD), () -> wrong + " is shown as " + shown);
        refusalHidesThePassword(wrong);
      }
    }
  }

  private static void refusalHidesThePassword(String url) {
    try {
      RedisUrl.parse(url);
    } catch (IllegalArgumentException refused) {
      assertFalse(refused.getMessage().contains(PASSWORD), refused.getMessage());
    }
  }
}
