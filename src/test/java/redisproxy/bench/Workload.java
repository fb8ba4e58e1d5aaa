package redisproxy.bench;

import java.nio.file.Path;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * One measurement: which requests, and how many at a time.
 *
 * @param port the server's port on 127.0.0.1
 * @param pid the process whose CPU time is measured; 0: none
 * @param command the command of all requests
 * @param path the HTTP path before the key
 * @param connections the number of connections
 * @param pipeline requests sent together, which form one batch; in a closed loop the next batch of
 *     a connection waits for their replies
 * @param seconds the length of the measurement
 * @param warmUp the seconds before it, which are not measured
 * @param rate requests a second in an open loop, which does not wait for replies; 0: a closed loop
 * @param from the number of the first key
 * @param keys the number of keys
 * @param zipf the exponent of their popularity; 0: all equally popular
 * @param hits the percentage of requests for these keys; the others are for cold keys
 * @param cold the number of cold keys, which are requested one after the other
 * @param once whether to request every key once instead, in order, however long it takes
 * @param value the bytes of a value
 * @param constant whether all replies have the same value, so that it is not compared
 */
record Workload(
    int port,
    int pid,
    Command command,
    String path,
    int connections,
    int pipeline,
    double seconds,
    double warmUp,
    double rate,
    int from,
    int keys,
    double zipf,
    double hits,
    int cold,
    boolean once,
    int value,
    boolean constant) {
  enum Command {
    GET,
    SET,
    GETRANGE,
    HTTP
  }

  private static final Set<String> NAMES =
      Set.of(
          "port",
          "pid",
          "command",
          "path",
          "connections",
          "pipeline",
          "seconds",
          "warmup",
          "rate",
          "from",
          "keys",
          "zipf",
          "hits",
          "cold",
          "once",
          "value",
          "constant");

  /**
   * Every value contains the twelve digits of its key, so that the value of another key is
   * detected.
   */
  static final int MIN_VALUE = Template.DIGITS.length();

  /**
   * Reads {@code name=value} words; later ones win.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static Workload of(String line) {
    Map<String, String> words = new HashMap<>();
    for (String word : line.strip().split(" +")) {
      int equals = word.indexOf('=');
      if (equals < 0 || !NAMES.contains(word.substring(0, equals))) {
        throw new IllegalArgumentException(word + ": expected name=value, with a name of " + NAMES);
      }
      words.put(word.substring(0, equals), word.substring(equals + 1));
    }
    return new Workload(
        (int) number(words, "port", 0, 1, 65_535),
        (int) number(words, "pid", 0, 0, Integer.MAX_VALUE),
        Command.valueOf(words.getOrDefault("command", "get").toUpperCase(Locale.ROOT)),
        Path.of(words.getOrDefault("path", "/keys")) + "/",
        (int) number(words, "connections", 50, 1, 100_000),
        (int) number(words, "pipeline", 1, 1, 10_000),
        number(words, "seconds", 5, 0.01, 3_600),
        number(words, "warmup", 0.3, 0, 600),
        number(words, "rate", 0, 0, 1e7),
        (int) number(words, "from", 0, 0, 1e9),
        (int) number(words, "keys", 50_000, 1, 1e8),
        number(words, "zipf", 0, 0, 10),
        number(words, "hits", 100, 0, 100),
        (int) number(words, "cold", 1, 1, 1e8),
        words.containsKey("once"),
        (int) number(words, "value", 64, MIN_VALUE, 1 << 26),
        words.containsKey("constant"));
  }

  private static double number(
      Map<String, String> words, String name, double otherwise, double least, double most) {
    String text = words.get(name);
    double number = text == null ? otherwise : Double.parseDouble(text);
    if (number >= least && number <= most) {
      return number;
    }
    throw new IllegalArgumentException(name + "=" + text + ": not from " + least + " to " + most);
  }

  /** Returns one batch of requests. */
  Template requests() {
    String key = "key:" + Template.DIGITS;
    return new Template(
        switch (command) {
          case GET -> "*2\r\n$3\r\nGET\r\n$16\r\n" + key + "\r\n";
          case SET -> "*3\r\n$3\r\nSET\r\n$16\r\n" + key + "\r\n" + bulk(valueText());
          case GETRANGE -> "*4\r\n$8\r\nGETRANGE\r\n$16\r\n" + key + "\r\n$1\r\n0\r\n$2\r\n-1\r\n";
          case HTTP -> "GET " + path + key + " HTTP/1.1\r\nHost: 127.0.0.1:" + port + "\r\n\r\n";
        },
        pipeline);
  }

  /** Returns the format of the replies. */
  Replies.Format format() {
    return switch (command) {
      case GET, GETRANGE -> new RespFormat(bulk(valueText()), constant);
      case SET -> new RespFormat("+OK\r\n", constant);
      case HTTP -> new HttpFormat(valueText(), constant);
    };
  }

  /** The bytes to read from a socket at once: about twice the replies of a batch, within limits. */
  int readBytes() {
    long replies = (long) pipeline * (value + (command == Command.HTTP ? 1_024 : 32));
    return (int) Math.max(4_096, Math.min(256 * 1_024, Long.highestOneBit(replies) * 4));
  }

  private static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }

  private String valueText() {
    return Template.DIGITS + "x".repeat(value - MIN_VALUE);
  }
}
