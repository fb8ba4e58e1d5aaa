package redisproxy.cache;

import java.util.Arrays;

/**
 * A binary min-heap of nodes, ordered by {@link Entry#expiresAt} of their entries. It knows each
 * node's place, so it removes any node in O(log n). It adds an entry that expires after all others,
 * as a new entry usually does, in O(1).
 */
final class ExpiryHeap {
  private final Nodes nodes;
  private int[] heap;
  private int[] places;
  private int size;

  ExpiryHeap(Nodes nodes, int most) {
    this.nodes = nodes;
    this.heap = new int[most];
    this.places = new int[most + 1];
  }

  /** Makes room for more nodes. */
  void grow(int most) {
    heap = Arrays.copyOf(heap, most);
    places = Arrays.copyOf(places, most + 1);
  }

  int size() {
    return size;
  }

  /** The node whose entry expires first. The heap must not be empty. */
  int first() {
    return heap[0];
  }

  int get(int place) {
    return heap[place];
  }

  int place(int node) {
    return places[node];
  }

  void add(int node) {
    siftUp(size++, node);
  }

  void remove(int node) {
    int hole = places[node];
    int last = heap[--size];
    if (last != node) {
      siftUp(hole, last);
      siftDown(places[last], last);
    }
  }

  void clear() {
    size = 0;
  }

  private void siftUp(int start, int node) {
    long expiresAt = expiresAt(node);
    int i = start;
    while (i > 0) {
      int parent = i - 1 >>> 1;
      int above = heap[parent];
      if (expiresAt(above) <= expiresAt) {
        break;
      }
      put(i, above);
      i = parent;
    }
    put(i, node);
  }

  private void siftDown(int start, int node) {
    long expiresAt = expiresAt(node);
    int i = start;
    for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && expiresAt(heap[child + 1]) < expiresAt(heap[child])) {
        child++;
      }
      int below = heap[child];
      if (expiresAt <= expiresAt(below)) {
        break;
      }
      put(i, below);
      i = child;
    }
    put(i, node);
  }

  private long expiresAt(int node) {
    return nodes.entry(node).expiresAt;
  }

  private void put(int place, int node) {
    heap[place] = node;
    places[node] = place;
  }
}
