package redisproxy.cache;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * A simple, slow model of {@link LruCache}. No two of its entries may expire at the same time,
 * because then the order in which they are dropped is undefined.
 */
final class NaiveCache {
  int capacity;
  long maxBytes;

  /** Least recently used first. */
  final List<Entry> entries = new ArrayList<>();

  long evictions;
  long expirations;

  NaiveCache(int capacity, long maxBytes) {
    this.capacity = capacity;
    this.maxBytes = maxBytes;
  }

  Entry get(Key key, long now) {
    Entry entry = find(key);
    if (entry == null) {
      return null;
    }
    entries.remove(entry);
    if (entry.expiresAt() <= now) {
      expirations++;
      return null;
    }
    entries.add(entry);
    return entry;
  }

  Entry peek(Key key, long now) {
    Entry entry = find(key);
    return entry == null || entry.expiresAt() <= now ? null : entry;
  }

  void put(Entry entry, long now) {
    remove(entry.key());
    if (entry.expiresAt() <= now || weight(entry) > maxBytes) {
      return;
    }
    while (entries.size() + 1 > capacity || bytes() + weight(entry) > maxBytes) {
      makeRoom(now);
    }
    entries.add(entry);
  }

  private void makeRoom(long now) {
    if (reclaim(now, 1) == 0) {
      entries.remove(0);
      evictions++;
    }
  }

  boolean resize(int toCapacity, long toBytes, int limit, long now) {
    for (int i = 0; i < limit && (entries.size() > toCapacity || bytes() > toBytes); i++) {
      makeRoom(now);
    }
    capacity = Math.max(toCapacity, entries.size());
    maxBytes = Math.max(toBytes, bytes());
    return capacity == toCapacity && maxBytes == toBytes;
  }

  void remove(Key key) {
    entries.remove(find(key));
  }

  int reclaim(long now, int limit) {
    int dropped = 0;
    while (dropped < limit) {
      Optional<Entry> first =
          entries.stream()
              .filter(entry -> entry.expiresAt() <= now)
              .min(Comparator.comparingLong(Entry::expiresAt));
      if (first.isEmpty()) {
        break;
      }
      entries.remove(first.get());
      expirations++;
      dropped++;
    }
    return dropped;
  }

  long bytes() {
    long bytes = 0;
    for (Entry entry : entries) {
      bytes += weight(entry);
    }
    return bytes;
  }

  boolean hasEntryThatExpiresAt(long instant) {
    for (Entry entry : entries) {
      if (entry.expiresAt() == instant) {
        return true;
      }
    }
    return false;
  }

  private Entry find(Key key) {
    for (Entry entry : entries) {
      if (entry.key().db() == key.db() && Arrays.equals(entry.key().bytes(), key.bytes())) {
        return entry;
      }
    }
    return null;
  }

  private static long weight(Entry entry) {
    return Entry.OVERHEAD + entry.bytes().length;
  }
}
