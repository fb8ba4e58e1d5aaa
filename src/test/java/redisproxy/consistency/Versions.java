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

  /** Maps tags to indexes. */
  private final Map<String, Integer> byTag = new HashMap<>();

  /** Maps a time to the highest rank that all later reads must see. */
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

  /** The versions with this value, in order. */
  List<Version> with(String value) {
    return byValue.getOrDefault(value, List.of());
  }

  /** The version that the write with this tag made; null if it made none. */
  Version by(String tag) {
    Integer index = byTag.get(tag);
    return index == null ? null : all.get(index);
  }

  /** The version before that one; null if their order is not known. */
  Version before(String tag) {
    Integer index = byTag.get(tag);
    if (index == null) {
      return null;
    }
    Version before = all.get(index - 1);
    return before.rank() < all.get(index).rank() ? before : null;
  }

  /**
   * The lowest rank that a read sent at that time may return, from Redis or, if bound, from the
   * proxy.
   */
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

  /** How long before that time reads had to see the first version beyond this rank. */
  long overlooked(int rank, long asked) {
    return all.stream()
        .filter(version -> version.rank() > rank && version.done() < asked)
        .mapToLong(version -> asked - version.done())
        .max()
        .orElse(0);
  }
}
