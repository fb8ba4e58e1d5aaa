package redisproxy.cache;

import java.util.Map;
import java.util.TreeMap;

/**
 * Counts lookups by command, except those of GET, which are the rest of all lookups. The names are
 * those of cached commands, so there are few. One thread at a time.
 */
final class CommandCounts {
  /** The lookups of one command. */
  static final class Of {
    long hits;
    long misses;
  }

  private final Map<String, Of> byName = new TreeMap<>();

  /** The counts of a read's command. */
  Of of(Read read) {
    return of(read.command());
  }

  /** The counts of a command, by its name in lower case. */
  Of of(String command) {
    return byName.computeIfAbsent(command, name -> new Of());
  }

  /**
   * A copy, with GET.
   *
   * @param hits of all commands
   * @param misses of all commands
   */
  Map<String, CacheStats.Command> copy(long hits, long misses) {
    Map<String, CacheStats.Command> copy = new TreeMap<>();
    long getHits = hits;
    long getMisses = misses;
    for (Map.Entry<String, Of> each : byName.entrySet()) {
      Of of = each.getValue();
      copy.put(each.getKey(), new CacheStats.Command(of.hits, of.misses));
      getHits -= of.hits;
      getMisses -= of.misses;
    }
    copy.put("get", new CacheStats.Command(getHits, getMisses));
    return copy;
  }
}
