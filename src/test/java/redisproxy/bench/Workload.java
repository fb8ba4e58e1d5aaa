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
 * @param active how many connections have a batch in flight at a time in a closed loop; 0: all. The
 *     connections take turns.
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
 * @param items the fields or members of a hash, a set or a sorted set
 * @param many the keys of an MGET
 * @param constant whether all replies have the same value, so that it is not compared
 */
record Workload(
    int port,
    int pid,
    Command command,
    String path,
    int connections,
    int active,
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
    int items,
    int many,
    boolean constant) {
  private static final Set<String> NAMES =
      Set.of(
          "port",
          "pid",
          "command",
          "path",
          "connections",
          "active",
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
          "items",
          "many",
          "constant");

  /** From one key of an MGET to the next, if all keys are equally popular: a prime. */
  private static final int STEP = 7_919;

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
    int connections = (int) number(words, "connections", 50, 1, 100_000);
    return new Workload(
        (int) number(words, "port", 0, 1, 65_535),
        (int) number(words, "pid", 0, 0, Integer.MAX_VALUE),
        Command.valueOf(words.getOrDefault("command", "get").toUpperCase(Locale.ROOT)),
        Path.of(words.getOrDefault("path", "/keys")) + "/",
        connections,
        (int) number(words, "active", 0, 0, connections),
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
        (int) number(words, "items", 20, 1, 1_000),
        (int) number(words, "many", 100, 1, 1_000),
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
  Batch requests() {
    return command.shares().isEmpty()
        ? template(command, command.request(this), pipeline)
        : new MixedBatch(this);
  }

  /**
   * Returns copies of a request of a command, or of a reply to it. The keys of an MGET are far
   * apart if all keys are equally popular. Otherwise they are neighbours, which are about equally
   * popular.
   */
  Template template(Command of, String text, int copies) {
    int step = of != Command.MGET ? 0 : zipf == 0 ? STEP % keys : 1;
    return new Template(text, copies, step, from, keys);
  }

  /** Returns the format of the replies. */
  Replies.Format format() {
    if (command == Command.HTTP) {
      return new HttpFormat(valueText(), constant);
    }
    return command.shares().isEmpty()
        ? format(command)
        : new MixedFormat(
            command.shares().stream().map(Map.Entry::getKey).map(this::format).toList());
  }

  private RespFormat format(Command of) {
    return new RespFormat(template(of, of.reply(this), 1), constant);
  }

  /** The bytes to read from a socket at once: about twice the replies of a batch, within limits. */
  int readBytes() {
    int reply = Math.max(value, command.reply(this).length());
    long replies = (long) pipeline * (reply + (command == Command.HTTP ? 1_024 : 32));
    return (int) Math.max(4_096, Math.min(256 * 1_024, Long.highestOneBit(replies) * 4));
  }

  String valueText() {
    return Template.DIGITS + "x".repeat(value - MIN_VALUE);
  }
}
