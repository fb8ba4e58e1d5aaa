package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.Set;

/** What {@link LruCache} promises after every call, checked by walking all it holds. */
final class LruCacheInvariants {
  private LruCacheInvariants() {}

  static void check(LruCache cache, int capacity, long maxBytes) {
    Set<Entry> listed = list(cache);
    assertEquals(cache.size(), listed.size(), "entries in the list");
    table(cache, listed);
    heap(cache.expiry, listed);
    assertEquals(listed.stream().mapToLong(Entry::weight).sum(), cache.bytes(), "bytes");
    assertTrue(cache.size() <= capacity, "more keys than the capacity");
    assertTrue(cache.bytes() <= maxBytes, "more bytes than the bound");
  }

  private static Set<Entry> list(LruCache cache) {
    Set<Entry> listed = Collections.newSetFromMap(new IdentityHashMap<>());
    Entry newer = null;
    for (Entry entry = cache.newest; entry != null; entry = entry.older) {
      assertSame(newer, entry.newer, "link back to the newer one");
      assertTrue(listed.add(entry), "the list is a ring");
      newer = entry;
    }
    assertSame(newer, cache.oldest, "the end of the list");
    return listed;
  }

  private static void table(LruCache cache, Set<Entry> listed) {
    int inTable = 0;
    for (int slot = 0; slot < cache.table.length; slot++) {
      for (Entry entry = cache.table[slot]; entry != null; entry = entry.next) {
        inTable++;
        assertTrue(inTable <= listed.size(), "more in the table than in the list");
        assertTrue(listed.contains(entry), "in the table and not in the list");
        assertEquals(slot, entry.hash & cache.table.length - 1, "slot");
        for (Entry other = entry.next; other != null; other = other.next) {
          assertFalse(sameKey(entry, other), "two entries of one key");
        }
      }
    }
    assertEquals(listed.size(), inTable, "entries in the table");
  }

  private static boolean sameKey(Entry a, Entry b) {
    return a.is(b.db, b.bytes(), 0, b.respOffset(), b.hash);
  }

  static void heap(ExpiryHeap heap, Set<Entry> held) {
    assertEquals(held.size(), heap.size(), "entries in the heap");
    for (int i = 0; i < heap.size(); i++) {
      Entry entry = heap.heap[i];
      assertTrue(held.contains(entry), "in the heap and not in the list");
      assertEquals(i, entry.heapIndex, "heapIndex");
      assertTrue(heap.heap[(i - 1) / 2].expiresAt <= entry.expiresAt, "heap order");
    }
    for (int i = heap.size(); i < heap.heap.length; i++) {
      assertNull(heap.heap[i], "left behind the heap's end");
    }
  }
}
