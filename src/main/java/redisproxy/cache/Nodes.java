package redisproxy.cache;

import java.util.Arrays;
import java.util.Iterator;
import java.util.NoSuchElementException;
import org.jspecify.annotations.Nullable;

/**
 * The nodes of the LRU, numbered from 1, with links that are numbers. A hit relinks three of them:
 * were the links references, the garbage collector would have to be told of each change, and were
 * they within the entries, each neighbour would be one more place of memory to fetch.
 */
final class Nodes {
  /** No node; as the neighbour of a node, the end of the list. */
  static final int NONE = 0;

  /** More cannot be numbered. */
  static final int MOST = (1 << 29) - 2;

  /** What lies side by side for each node. */
  private static final int HASH = 0;

  private static final int NEXT = 1;
  private static final int NEWER = 2;
  private static final int OLDER = 3;

  private int[] links;
  private @Nullable Entry[] entries;

  /** The nodes ever used are those below. */
  private int end;

  /** The first of the nodes given back, each being the next of another. */
  private int spare;

  Nodes(int most) {
    links = new int[(most + 1) * 4];
    entries = new Entry[most + 1];
    clear();
  }

  /** Makes room for so many, of which there has been less. */
  void grow(int most) {
    links = Arrays.copyOf(links, (most + 1) * 4);
    entries = Arrays.copyOf(entries, most + 1);
  }

  /** A node for an entry, not yet in the list. */
  int add(Entry entry, int hash, int next) {
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

  /** Takes back a node that is not in the list. */
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

  /** The entry of a node, which has one. */
  Entry entry(int node) {
    return entries[node];
  }

  /** The same, or null where there is none. */
  @Nullable Entry entryIfAny(int node) {
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

  /** The neighbour in the list, which is in order of use; of {@link #NONE}, the oldest of all. */
  int newer(int node) {
    return links[node * 4 + NEWER];
  }

  /** The other neighbour; of {@link #NONE}, the newest of all. */
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

  /** The entries of the list, which must not change meanwhile. */
  Iterator<Entry> oldestFirst() {
    return new Iterator<>() {
      private int node = newer(NONE);

      @Override
      public boolean hasNext() {
        return node != NONE;
      }

      @Override
      public Entry next() {
        if (node == NONE) {
          throw new NoSuchElementException();
        }
        Entry entry = entries[node];
        node = newer(node);
        return entry;
      }
    };
  }
}
