package redisproxy.http;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.http.HttpServerRequest;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import redisproxy.fuzz.Allocation;
import redisproxy.fuzz.Outcome;
import redisproxy.fuzz.Target;

/**
 * Fuzzes {@link HttpKeys}. Checks that a key is found in path and query however its bytes are
 * encoded, and that only the refusal of a percent sign is thrown. The key of a query is that of its
 * first parameter {@code key}. A key that was found is found again when it is encoded anew.
 */
public final class KeysTarget implements Target {
  private static final String PREFIX = "/v1/keys/";
  private static final String NAME = "key=";

  /**
   * Characters that may stand unencoded. Some have a meaning in a path or a query, some in neither.
   */
  private static final String PLAIN = "abc019-._~!$'()*,;:@/\"<>\\^`{|}\377\200";

  /** The stack trace of the refusal takes most of it. */
  private static final Allocation ALLOCATION = new Allocation(16_000, 16);

  @Override
  public List<String> words() {
    return List.of(
        "%",
        "%%",
        "%2",
        "%2B",
        "%2f",
        "%00",
        "%ff",
        "%C3%A9",
        "%c0%80",
        "%f4%90%80%80",
        "%ed%a0%80",
        "+",
        "&",
        "=",
        "?",
        "#",
        ";",
        "/",
        "//",
        "/..",
        "/.",
        "key",
        "key=",
        "&key=",
        "key%3D",
        "k",
        "\0",
        "\r",
        "\n",
        "\377",
        "\u00b2",
        "a");
  }

  /** The text before the first question mark is the path, and the rest is the query. */
  @Override
  public Sample sample(Random random) {
    byte[] inPath = bytes(random);
    byte[] inQuery = bytes(random);
    String query =
        (random.nextInt(3) == 0 ? "xkey=%&k=" + encoded(inPath, random, false) + "&" : "")
            + NAME
            + encoded(inQuery, random, true)
            + (random.nextInt(3) == 0 ? "&key=%&x" : "");
    String target = PREFIX + encoded(inPath, random, false) + "?" + query;
    List<String> keys = List.of(text(inPath.length == 0 ? null : inPath), text(inQuery));
    return new Sample(target.getBytes(StandardCharsets.ISO_8859_1), new Outcome(keys, null));
  }

  private static byte[] bytes(Random random) {
    byte[] bytes = new byte[random.nextInt(12)];
    random.nextBytes(bytes);
    for (int i = 0; i < bytes.length; i++) {
      bytes[i] =
          random.nextBoolean() ? bytes[i] : (byte) PLAIN.charAt(random.nextInt(PLAIN.length()));
    }
    return bytes;
  }

  private static String encoded(byte[] key, Random random, boolean form) {
    StringBuilder text = new StringBuilder();
    for (byte b : key) {
      char c = (char) (b & 0xff);
      if (form && c == ' ' && random.nextBoolean()) {
        text.append('+');
      } else if (PLAIN.indexOf(c) >= 0 && random.nextBoolean()) {
        text.append(c);
      } else {
        text.append(String.format(random.nextBoolean() ? "%%%02x" : "%%%02X", b));
      }
    }
    return text.toString();
  }

  @Override
  public Outcome outcome(byte[] input) {
    String target = new String(input, StandardCharsets.ISO_8859_1);
    int mark = target.indexOf('?');
    String path = PREFIX + (mark < 0 ? target : target.substring(0, mark)).replace(PREFIX, "");
    String query = mark < 0 ? null : target.substring(mark + 1);
    HttpServerRequest request = request(path, query);
    List<String> keys = new ArrayList<>();
    String error = null;
    try {
      byte[] inPath = HttpKeys.inPath(request, PREFIX);
      keys.add(text(inPath));
      assertTrue(inPath == null || inPath.length <= input.length, "longer than its encoding");
      byte[] inQuery = HttpKeys.inQuery(request);
      keys.add(text(inQuery));
      assertEquals(first(query), text(inQuery), "not the first key of the query");
      foundAgain(inPath, inQuery);
    } catch (IllegalArgumentException e) {
      error = e.getMessage();
      assertTrue(target.indexOf('%') >= 0 && error.contains("percent"), error);
    }
    ALLOCATION.check(input.length, () -> pass(request));
    return new Outcome(keys, error);
  }

  /** Finds the key with a slow but simple algorithm, to compare. */
  private static String first(String query) {
    for (String parameter : query == null ? new String[0] : query.split("&", -1)) {
      if (parameter.startsWith(NAME)) {
        StringBuilder key = new StringBuilder();
        String[] parts = parameter.substring(NAME.length()).replace('+', ' ').split("%", -1);
        key.append(parts[0]);
        for (int i = 1; i < parts.length; i++) {
          key.append((char) Integer.parseInt(parts[i].substring(0, 2), 16));
          key.append(parts[i].substring(2));
        }
        return key.toString();
      }
    }
    return text(null);
  }

  private static void foundAgain(byte[] inPath, byte[] inQuery) {
    Random random = new Random(0);
    String path = inPath == null ? "" : encoded(inPath, random, false);
    String query = inQuery == null ? null : NAME + encoded(inQuery, random, true);
    HttpServerRequest again = request(PREFIX + path, query);
    assertEquals(
        text(inPath == null || inPath.length == 0 ? null : inPath),
        text(HttpKeys.inPath(again, PREFIX)));
    assertEquals(text(inQuery), text(HttpKeys.inQuery(again)));
  }

  private static void pass(HttpServerRequest request) {
    try {
      HttpKeys.inPath(request, PREFIX);
      HttpKeys.inQuery(request);
    } catch (IllegalArgumentException e) {
      // A refusal is a valid result.
    }
  }

  private static String text(byte[] key) {
    return key == null ? "none" : new String(key, StandardCharsets.ISO_8859_1);
  }

  /** A request that has only a path and a query. */
  static HttpServerRequest request(String path, String query) {
    Class<?>[] type = {HttpServerRequest.class};
    return (HttpServerRequest)
        Proxy.newProxyInstance(
            KeysTarget.class.getClassLoader(),
            type,
            (self, method, arguments) ->
                switch (method.getName()) {
                  case "path" -> path;
                  case "query" -> query;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }
}
