package redisproxy.cache;

import java.util.Arrays;

/**
 * A binary min-heap of entries by {@link Entry#expiresAt}. Each entry knows its place, so that any
 * can be taken out in O(log n). An entry that expires after all others, the usual newcomer, is
 * added in O(1).
 */
final class ExpiryHeap {
  Entry[] heap = new Entry[64];
  private int size;

  int size() {
    return size;
  }

  /** The entry that expires first, or null. */
  Entry first() {
    return size == 0 ? null : heap[0];
  }

  void add(Entry entry) {
    if (size == heap.length) {
      heap = Arrays.copyOf(heap, size * 2);
    }
    siftUp(size++, entry);
  }

  void remove(Entry entry) {
    int hole = entry.heapIndex;
    Entry last = heap[--size];
    heap[size] = null;
    if (last != entry) {
      siftUp(hole, last);
      siftDown(last.heapIndex, last);
    }
  }

  void clear() {
    heap = new Entry[64];
    size = 0;
  }

  private void siftUp(int start, Entry entry) {
    int i = start;
    while (i > 0) {
      int parent = (i - 1) >>> 1;
      if (heap[parent].expiresAt <= entry.expiresAt) {
        break;
      }
      place(i, heap[parent]);
      i = parent;
    }
    place(i, entry);
  }

  private void siftDown(int start, Entry entry) {
    int i = start;
    for (int child = 2 * i + 1; child < size; child = 2 * i + 1) {
      if (child + 1 < size && heap[child + 1].expiresAt < heap[child].expiresAt) {
        child++;
      }
      if (entry.expiresAt <= heap[child].expiresAt) {
        break;
      }
      place(i, heap[child]);
      i = child;
    }
    place(i, entry);
  }

  private void place(int i, Entry entry) {
    heap[i] = entry;
    entry.heapIndex = i;
  }
}
