package redisproxy.cache;

import java.util.Arrays;

/**
 * Knows which loads are confirmed: Redis has reported all writes that it had executed before it
 * answered the load. An unconfirmed load may have brought a state that is newer than other entries,
 * because the report that drops these is still under way.
 *
 * <p>Every load gets a number when its answer arrives. A fence confirms all numbers that were given
 * before it was requested. Few loads are unconfirmed at a time, so a small table of their keys'
 * hashes is enough. If it overflows, all keys count as unconfirmed until the next fence. Two keys
 * with the same hash count as one, which costs a needless fence at most.
 */
final class LoadConfirmations {
  private static final int SLOTS = 8192;

  /** The most hashes in the table, so that it is never full. */
  private static final int MOST = SLOTS / 2;

  /** The number of the last load of each hash; 0 for an empty slot. */
  private final long[] numbers = new long[SLOTS];

  private final int[] hashes = new int[SLOTS];
  private int size;
  private long last;
  private long confirmed;

  /** All loads up to this number count as unconfirmed, because the table has forgotten them. */
  private long forgotten;

  /** A load of a key was answered, and is not confirmed. */
  void add(int keyHash) {
    last++;
    if (confirmed == last - 1 && size > 0) {
      clear();
    }
    if (size == MOST) {
      forgotten = last - 1;
      clear();
    }
    int slot = slot(keyHash);
    if (numbers[slot] == 0) {
      hashes[slot] = keyHash;
      size++;
    }
    numbers[slot] = last;
  }

  private void clear() {
    Arrays.fill(numbers, 0);
    size = 0;
  }

  private int slot(int keyHash) {
    int slot = keyHash * 0x9E3779B9 >>> 19;
    while (numbers[slot] != 0 && hashes[slot] != keyHash) {
      slot = slot + 1 & SLOTS - 1;
    }
    return slot;
  }

  /** The number of the last load. A fence that is requested now confirms it. */
  long last() {
    return last;
  }

  /** A fence has passed that was requested when {@link #last} returned this number. */
  void confirm(long number) {
    confirmed = Math.max(confirmed, number);
  }

  /** Whether all loads are confirmed. */
  boolean isAllConfirmed() {
    return confirmed == last;
  }

  /** Whether the last load of a key is confirmed. */
  boolean isConfirmed(int keyHash) {
    return isAllConfirmed() || confirmed >= forgotten && numbers[slot(keyHash)] <= confirmed;
  }
}
