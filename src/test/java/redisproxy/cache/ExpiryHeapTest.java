package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExpiryHeapTest {
  private static final Key KEY = Key.of(0, new byte[0]);
  private static final int MOST = 50_000;

  private final Nodes nodes = new Nodes(MOST);
  private final ExpiryHeap heap = new ExpiryHeap(nodes, MOST);

  @Test
  void first_whenManyExpireAtTheSameTime_isOneOfTheEarliest() {
    Random random = new Random(11);
    List<Integer> held = new ArrayList<>();
    for (int step = 0; step < 50_000; step++) {
      boolean shrinking = step / 500 % 2 == 1;
      if (!held.isEmpty() && random.nextInt(10) < (shrinking ? 7 : 3)) {
        int node = held.remove(random.nextInt(held.size()));
        heap.remove(node);
        nodes.free(node);
      } else {
        held.add(add(random.nextInt(20)));
      }
      assertEquals(held.size(), heap.size());
      if (!held.isEmpty()) {
        long earliest =
            held.stream().mapToLong(node -> nodes.entry(node).expiresAt).min().getAsLong();
        assertEquals(earliest, nodes.entry(heap.first()).expiresAt, "step " + step);
      }
      if (step % 50 == 0) {
        LruCacheInvariants.heap(heap, nodes, new HashSet<>(held));
      }
    }
  }

  @Test
  void clear_whenFull_leavesNothing() {
    for (int i = 0; i < 1000; i++) {
      add(i);
    }
    heap.clear();
    assertEquals(0, heap.size());
    LruCacheInvariants.heap(heap, nodes, Set.of());
  }

  private int add(long expiresAt) {
    int node = nodes.add(Entry.missing(KEY, 0, expiresAt), 0, Nodes.NONE);
    heap.add(node);
    return node;
  }
}
