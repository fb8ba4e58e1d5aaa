package redisproxy.consistency;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.Predicate;

/** All versions of one key, in order. */
final class Versions {
  private final List<Version> all = new ArrayList<>(List.of(Version.NONE));
  private final Map<String, List<Version>> byValue = new HashMap<>();

  /** Indexes. */
  private final Map<String, Integer> byTag = new HashMap<>();

  /** By the time from which on they are known: the highest rank that is. */
  private TreeMap<Long, Integer> known;

  private TreeMap<Long, Integer> binding;

  Versions() {
    byValue.computeIfAbsent(null, value -> new ArrayList<>()).add(Version.NONE);
  }

  Version last() {
    return all.get(all.size() - 1);
  }

  List<Version> all() {
    return all;
  }

  void add(Version version) {
    byTag.putIfAbsent(version.tag(), all.size());
    all.add(version);
    byValue.computeIfAbsent(version.value(), value -> new ArrayList<>()).add(version);
  }

  /** Those that had a value, in order. */
  List<Version> with(String value) {
    return byValue.getOrDefault(value, List.of());
  }

  /** The one that a tag's write has made; null when it has made none. */
  Version by(String tag) {
    Integer index = byTag.get(tag);
    return index == null ? null : all.get(index);
  }

  /** The one before that, where their order is known; else null. */
  Version before(String tag) {
    Integer index = byTag.get(tag);
    if (index == null) {
      return null;
    }
    Version before = all.get(index - 1);
    return before.rank() < all.get(index).rank() ? before : null;
  }

  /** The least rank that who asks at that time may be told, by Redis or, if bound, by the proxy. */
  int least(long asked, boolean bound) {
    if (known == null) {
      known = ranks(version -> true);
      binding = ranks(Version::binding);
    }
    Map.Entry<Long, Integer> before = (bound ? binding : known).lowerEntry(asked);
    return before == null ? 0 : before.getValue();
  }

  private TreeMap<Long, Integer> ranks(Predicate<Version> counts) {
    TreeMap<Long, Integer> ranks = new TreeMap<>();
    int highest = 0;
    List<Version> byTime =
        all.stream()
            .filter(counts)
            .filter(version -> version.done() != Long.MAX_VALUE)
            .sorted(Comparator.comparingLong(Version::done))
            .toList();
    for (Version version : byTime) {
      highest = Math.max(highest, version.rank());
      ranks.put(version.done(), highest);
    }
    return ranks;
  }

  /** How long before that time the first version beyond a rank had been known. */
  long overlooked(int rank, long asked) {
    return all.stream()
        .filter(version -> version.rank() > rank && version.done() < asked)
        .mapToLong(version -> asked - version.done())
        .max()
        .orElse(0);
  }
}
