package redisproxy.cache;

import java.util.Map;
import java.util.TreeMap;

/**
 * Counts lookups by command. The names are those of cached commands, so there are few. One thread
 * at a time.
 */
final class CommandCounts {
  /** The lookups of one command. */
  static final class Of {
    long hits;
    long misses;
  }

  private final Map<String, Of> byName = new TreeMap<>();

  /** The counts of GET, which has no {@link Read}. */
  final Of get = new Of();

  CommandCounts() {
    byName.put("get", get);
  }

  /** The counts of a read's command. */
  Of of(Read read) {
    return byName.computeIfAbsent(read.command(), name -> new Of());
  }

  /** A copy. */
  Map<String, CacheStats.Command> copy() {
    Map<String, CacheStats.Command> copy = new TreeMap<>();
    byName.forEach((name, of) -> copy.put(name, new CacheStats.Command(of.hits, of.misses)));
    return copy;
  }
}
