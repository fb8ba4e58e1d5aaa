package redisproxy.soak;

import java.util.ArrayList;
import java.util.List;

/** Wrong answers to clients. Thread-safe. */
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

  /** The first faults. */
  synchronized List<String> examples() {
    return List.copyOf(examples);
  }
}
