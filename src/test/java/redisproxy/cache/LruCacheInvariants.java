package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashSet;
import java.util.Set;

/** Checks the invariants of {@link LruCache} by walking all its nodes. */
final class LruCacheInvariants {
  private LruCacheInvariants() {}

  static void check(LruCache cache, int capacity, long maxBytes) {
    Set<Integer> listed = list(cache);
    assertEquals(cache.size(), listed.size(), "nodes in the list");
    table(cache, listed);
    heap(cache.expiry, cache.nodes, listed);
    long weight = listed.stream().mapToLong(node -> cache.nodes.entry(node).weight()).sum();
    assertEquals(weight, cache.bytes(), "bytes");
    assertTrue(cache.size() <= capacity, "more keys than the capacity");
    assertTrue(cache.bytes() <= maxBytes, "more bytes than the bound");
  }

  private static Set<Integer> list(LruCache cache) {
    Set<Integer> listed = new HashSet<>();
    int newer = Nodes.NONE;
    for (int node = cache.newest(); node != Nodes.NONE; node = cache.nodes.older(node)) {
      assertEquals(newer, cache.nodes.newer(node), "link back to the newer one");
      assertTrue(listed.add(node), "the list does not end");
      newer = node;
    }
    assertEquals(newer, cache.nodes.newer(Nodes.NONE), "the end of the list");
    return listed;
  }

  private static void table(LruCache cache, Set<Integer> listed) {
    Nodes nodes = cache.nodes;
    int inTable = 0;
    for (int slot = 0; slot < cache.slots(); slot++) {
      for (int node = cache.chain(slot); node != Nodes.NONE; node = nodes.next(node)) {
        inTable++;
        assertTrue(inTable <= listed.size(), "more in the table than in the list");
        assertTrue(listed.contains(node), "in the table and not in the list");
        assertEquals(slot, cache.slot(nodes.hash(node)), "slot");
        for (int other = nodes.next(node); other != Nodes.NONE; other = nodes.next(other)) {
          assertFalse(sameKey(nodes.entry(node), nodes.entry(other)), "two entries of one key");
        }
      }
    }
    assertEquals(listed.size(), inTable, "nodes in the table");
  }

  private static boolean sameKey(Kept a, Kept b) {
    return a.key().equals(b.key());
  }

  static void heap(ExpiryHeap heap, Nodes nodes, Set<Integer> held) {
    assertEquals(held.size(), heap.size(), "nodes in the heap");
    for (int place = 0; place < heap.size(); place++) {
      int node = heap.get(place);
      assertTrue(held.contains(node), "in the heap and not in the list");
      assertEquals(place, heap.place(node), "place");
      int parent = heap.get((place - 1) / 2);
      assertTrue(nodes.entry(parent).expiresAt <= nodes.entry(node).expiresAt, "heap order");
    }
  }
}
