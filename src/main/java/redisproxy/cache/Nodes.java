package redisproxy.cache;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of the LRU, numbered from 1. Their links are numbers in an array, because a hit relinks
 * three nodes. If the links were references, each change would cost a write barrier of the garbage
 * collector. If they were in the entries, each neighbour would be one more memory access.
 */
final class Nodes {
  /** No node. As the neighbour of a node, it marks the end of the list. */
  static final int NONE = 0;

  /** The most nodes: more would not fit into the array of links. */
  static final int MOST = (1 << 29) - 2;

  // Each node has four adjacent numbers in the array of links, at these offsets.
  private static final int HASH = 0;
  private static final int NEXT = 1;
  private static final int NEWER = 2;
  private static final int OLDER = 3;

  private int[] links;
  private @Nullable Kept[] entries;

  /** All nodes that were ever used are below this number. */
  private int end;

  /** The first node of the free list, which is chained by {@link #next}. */
  private int spare;

  Nodes(int most) {
    links = new int[(most + 1) * 4];
    entries = new Kept[most + 1];
    clear();
  }

  /** Makes room for more nodes. */
  void grow(int most) {
    links = Arrays.copyOf(links, (most + 1) * 4);
    entries = Arrays.copyOf(entries, most + 1);
  }

  /** Returns a node for an entry. The node is not in the list yet. */
  int add(Kept entry, int hash, int next) {
    int node = spare;
    if (node == NONE) {
      node = end++;
    } else {
      spare = next(node);
    }
    entries[node] = entry;
    links[node * 4 + HASH] = hash;
    links[node * 4 + NEXT] = next;
    return node;
  }

  /** Frees a node that is not in the list. */
  void free(int node) {
    entries[node] = null;
    links[node * 4 + NEXT] = spare;
    spare = node;
  }

  void clear() {
    Arrays.fill(entries, 0, end, null);
    links[NEWER] = NONE;
    links[OLDER] = NONE;
    end = 1;
    spare = NONE;
  }

  /** The entry of a node that is in use. */
  Kept entry(int node) {
    return entries[node];
  }

  /** The entry of a node, or null if it has none. */
  @Nullable Kept entryIfAny(int node) {
    return entries[node];
  }

  int hash(int node) {
    return links[node * 4 + HASH];
  }

  /** The next node of the same hash bucket. */
  int next(int node) {
    return links[node * 4 + NEXT];
  }

  void setNext(int node, int next) {
    links[node * 4 + NEXT] = next;
  }

  /**
   * The next more recently used node. For {@link #NONE}, returns the least recently used node of
   * all.
   */
  int newer(int node) {
    return links[node * 4 + NEWER];
  }

  /**
   * The next less recently used node. For {@link #NONE}, returns the most recently used node of
   * all.
   */
  int older(int node) {
    return links[node * 4 + OLDER];
  }

  void linkNewest(int node) {
    int before = links[OLDER];
    links[node * 4 + NEWER] = NONE;
    links[node * 4 + OLDER] = before;
    links[before * 4 + NEWER] = node;
    links[OLDER] = node;
  }

  void unlink(int node) {
    int newer = newer(node);
    int older = older(node);
    links[newer * 4 + OLDER] = older;
    links[older * 4 + NEWER] = newer;
  }

  /** The entries, least recently used first. The list must not change during the iteration. */
  Iterator<Kept> oldestFirst() {
    return new Iterator<>() {
      private int node = newer(NONE);

      @Override
      public boolean hasNext() {
        return node != NONE;
      }

      @Override
      public Kept next() {
        if (node == NONE) {
          throw new NoSuchElementException();
        }
        Kept entry = entries[node];
        node = newer(node);
        return entry;
      }
    };
  }
}
