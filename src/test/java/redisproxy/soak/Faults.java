package redisproxy.soak;

import java.util.ArrayList;
import java.util.List;

/** What clients were told that they should not have been. Any thread. */
final class Faults {
  private static final int EXAMPLES = 10;

  private final List<String> examples = new ArrayList<>();
  private long count;

  synchronized void add(String what) {
    count++;
    if (examples.size() < EXAMPLES) {
      examples.add(what);
    }
  }

  synchronized long count() {
    return count;
  }

  /** The first of them. */
  synchronized List<String> examples() {
    return List.copyOf(examples);
  }
}
