package redisproxy.cache;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;

/**
 * The keys whose use Redis has to hear of. Redis does not see the hits of the cache, so its own LRU
 * would take the keys that are read most for unused.
 *
 * <p>A key is due when it is hit, and Redis has seen no use of it for an interval. Redis sees a use
 * when the key is loaded or touched. The time of that is kept by node, so a hit costs one
 * comparison. Only a key that is due is copied.
 *
 * <p>The queue is bounded. A key that finds no room stays due, and its next hit tries again.
 * Belongs to the thread that owns the cache.
 */
public final class TouchQueue {
  /** The most keys that wait. */
  static final int MOST = 8192;

  /** The most bytes that the waiting keys have together. */
  static final int MAX_BYTES = 1 << 20;

  private final int interval;
  private final ArrayDeque<Key> waiting = new ArrayDeque<>();
  private int bytes;

  /**
   * By node: when Redis last saw a use of its key, in milliseconds of the cache's clock modulo
   * 2^32. An entry lives at most 2^31 ms, so the difference to now is never ambiguous.
   */
  private int[] seenAt = new int[0];

  /**
   * Makes an empty queue.
   *
   * @param interval a key is touched at most once in so many milliseconds
   */
  public TouchQueue(int interval) {
    this.interval = interval;
  }

  /** Makes room for nodes of up to this number. */
  void grow(int most) {
    int[] grown = new int[most + 1];
    System.arraycopy(seenAt, 0, grown, 0, seenAt.length);
    seenAt = grown;
  }

  /** A load brought what this node keeps, so Redis has seen a use of its key. */
  void loaded(int node, long now) {
    seenAt[node] = (int) now;
  }

  /** Adds the key of a node that was hit, if it is due. */
  void hit(int node, Kept kept, long now) {
    if ((int) now - seenAt[node] >= interval) {
      add(node, kept, now);
    }
  }

  private void add(int node, Kept kept, long now) {
    if (kept instanceof Entry entry && entry.isMissing()) {
      seenAt[node] = (int) now;
    } else if (waiting.size() < MOST && bytes + kept.keyLength() <= MAX_BYTES) {
      seenAt[node] = (int) now;
      bytes += kept.keyLength();
      waiting.add(kept.key());
    }
  }

  /**
   * Takes the keys that have waited longest.
   *
   * @param maxBytes the most bytes that they may have together, except that one key is always taken
   */
  public List<Key> take(int most, int maxBytes) {
    List<Key> taken = new ArrayList<>();
    int sum = 0;
    for (Key key = waiting.peek(); key != null && taken.size() < most; key = waiting.peek()) {
      sum += key.bytes().length;
      if (sum > maxBytes && !taken.isEmpty()) {
        break;
      }
      bytes -= key.bytes().length;
      taken.add(waiting.remove());
    }
    return taken;
  }

  /** How many keys wait. */
  public int size() {
    return waiting.size();
  }

  /** Drops all keys that wait. Each is due again after an interval. */
  public void clear() {
    waiting.clear();
    bytes = 0;
  }
}
