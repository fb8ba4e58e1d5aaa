package redisproxy.consistency;

import java.util.ArrayList;
import java.util.List;
import java.util.Locale;

/**
 * Something that Redis has executed, as its log shows it.
 *
 * @param at the approximate time, by {@link System#nanoTime}
 * @param words the command with its name in lower case, or {@link #EXPIRED} and a key, or {@link
 *     #LOST}
 */
record LogEntry(long at, int db, List<String> words) {
  static final String EXPIRED = "(expired)";

  /** Redis lost all data. */
  static final String LOST = "(lost)";

  /**
   * Reads a line of MONITOR: {@code 1339518083.107412 [0 127.0.0.1:60866] "keys" "*"}.
   *
   * @param offset the difference between the time of Redis and {@link System#nanoTime}
   */
  static LogEntry parse(String line, long offset) {
    int bracket = line.indexOf('[');
    long at = (long) (Double.parseDouble(line.substring(0, bracket - 1)) * 1e6) * 1_000 + offset;
    int db = Integer.parseInt(line.substring(bracket + 1, line.indexOf(' ', bracket)));
    List<String> words = new ArrayList<>();
    int i = line.indexOf(']') + 1;
    while (i < line.length()) {
      StringBuilder word = new StringBuilder();
      for (i += 2; line.charAt(i) != '"'; i++) {
        if (line.charAt(i) == '\\') {
          i++;
        }
        word.append(line.charAt(i));
      }
      words.add(words.isEmpty() ? word.toString().toLowerCase(Locale.ROOT) : word.toString());
      i++;
    }
    return new LogEntry(at, db, words);
  }

  String name() {
    return words.get(0);
  }
}
