package redisproxy.probe;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/** How a version is written. */
enum Command {
  /** The plain command; a transaction if it takes several. */
  SET,
  /** A script that declares its keys, so the proxy knows them. */
  EVAL_DECLARED,
  /** A script that does not declare what it writes. */
  EVAL_UNDECLARED,
  TRANSACTION,
  /** The key is missing afterwards, which counts as a version too. */
  DELETE;

  /**
   * What is sent for one write.
   *
   * @param replies how many replies Redis sends; the last one acknowledges the write
   */
  record Sent(String text, int replies) {}

  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT).replace('_', '-');
  }

  boolean leavesMissing() {
    return this == DELETE;
  }

  Sent request(KeyType type, String key, String value) {
    List<String[]> writes = type.write(key, value);
    return switch (this) {
      case SET ->
          writes.size() == 1 ? new Sent(Connection.request(writes.get(0)), 1) : transaction(writes);
      case EVAL_DECLARED -> script(writes, type.names(key));
      case EVAL_UNDECLARED -> script(writes, List.of());
      case TRANSACTION -> transaction(writes);
      case DELETE -> {
        List<String> words = new ArrayList<>(List.of("DEL"));
        words.addAll(type.names(key));
        yield new Sent(Connection.request(words.toArray(String[]::new)), 1);
      }
    };
  }

  private static Sent transaction(List<String[]> writes) {
    StringBuilder text = new StringBuilder(Connection.request("MULTI"));
    writes.forEach(write -> text.append(Connection.request(write)));
    return new Sent(text + Connection.request("EXEC"), writes.size() + 2);
  }

  /** A script that makes all writes. It gets the words that are no keys as its arguments. */
  private static Sent script(List<String[]> writes, List<String> keys) {
    StringBuilder code = new StringBuilder();
    List<String> arguments = new ArrayList<>();
    for (String[] write : writes) {
      List<String> words = new ArrayList<>();
      for (String word : write) {
        int key = keys.indexOf(word);
        if (key < 0) {
          arguments.add(word);
        }
        words.add(key < 0 ? "ARGV[" + arguments.size() + "]" : "KEYS[" + (key + 1) + "]");
      }
      code.append("redis.call(").append(String.join(",", words)).append(") ");
    }
    List<String> request = new ArrayList<>(List.of("EVAL", code + "return 1", "" + keys.size()));
    request.addAll(keys);
    request.addAll(arguments);
    return new Sent(Connection.request(request.toArray(String[]::new)), 1);
  }
}
