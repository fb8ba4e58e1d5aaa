package redisproxy.cache;

import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;

/**
 * The current loads in flight: one for each read of a key. The loads of one key form a chain, so
 * that all of them can be removed at once. A load is current from {@link #add} until it is removed
 * or a newer load of the same read replaces it.
 *
 * @param <W> a waiter
 */
final class Loads<W> {
  /** The first load of each key's chain. */
  private final Map<Key, Load<W>> first = new HashMap<>();

  private int size;

  /** How many loads are current. */
  int size() {
    return size;
  }

  /**
   * The current load of a read of a key, or null.
   *
   * @param read null for GET
   */
  @Nullable Load<W> find(Key key, @Nullable Read read) {
    Load<W> load = first.get(key);
    while (load != null && !load.reads(read)) {
      load = load.next;
    }
    return load;
  }

  boolean isCurrent(Load<W> load) {
    Load<W> each = first.get(load.key());
    while (each != null && each != load) {
      each = each.next;
    }
    return each == load;
  }

  /** Whether a read of a key by another command than GET is being loaded. */
  boolean hasOtherThanGet(Key key) {
    Load<W> load = first.get(key);
    while (load != null && load.read() == null) {
      load = load.next;
    }
    return load != null;
  }

  /** Adds a load, in place of another of the same read. */
  void add(Load<W> load) {
    Load<W> same = find(load.key(), load.read());
    if (same != null) {
      remove(same);
    }
    load.next = first.put(load.key(), load);
    if (load.next != null) {
      load.hadCompany = true;
      load.next.hadCompany = true;
    }
    size++;
  }

  /** Removes a load, if it is current. */
  void remove(Load<W> load) {
    Load<W> each = first.get(load.key());
    if (each == load) {
      if (load.next == null) {
        first.remove(load.key());
      } else {
        first.put(load.key(), load.next);
      }
      size--;
      return;
    }
    while (each != null && each.next != load) {
      each = each.next;
    }
    if (each != null) {
      each.next = load.next;
      size--;
    }
  }

  /** Removes all loads of a key, and returns how many there were. */
  int removeAll(Key key) {
    int removed = 0;
    for (Load<W> load = first.remove(key); load != null; load = load.next) {
      removed++;
    }
    size -= removed;
    return removed;
  }

  void clear() {
    first.clear();
    size = 0;
  }
}
