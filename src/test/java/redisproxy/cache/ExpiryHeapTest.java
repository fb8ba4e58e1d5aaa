package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.util.ArrayList;
import java.util.Collections;
import java.util.IdentityHashMap;
import java.util.List;
import java.util.Random;
import java.util.Set;
import org.junit.jupiter.api.Test;

class ExpiryHeapTest {
  private static final Key KEY = Key.of(0, new byte[0]);

  @Test
  void first_whenManyExpireAtOneInstant_isOneOfTheEarliest() {
    Random random = new Random(11);
    ExpiryHeap heap = new ExpiryHeap();
    List<Entry> held = new ArrayList<>();
    for (int step = 0; step < 50_000; step++) {
      boolean shrinking = step / 500 % 2 == 1;
      if (!held.isEmpty() && random.nextInt(10) < (shrinking ? 7 : 3)) {
        heap.remove(held.remove(random.nextInt(held.size())));
      } else {
        Entry entry = Entry.missing(KEY, 0, random.nextInt(20));
        held.add(entry);
        heap.add(entry);
      }
      if (held.isEmpty()) {
        assertNull(heap.first());
      } else {
        long earliest = held.stream().mapToLong(Entry::expiresAt).min().getAsLong();
        assertEquals(earliest, heap.first().expiresAt, "step " + step);
      }
      if (step % 50 == 0) {
        Set<Entry> set = Collections.newSetFromMap(new IdentityHashMap<>());
        set.addAll(held);
        LruCacheInvariants.heap(heap, set);
      }
    }
  }

  @Test
  void clear_whenFull_leavesNothing() {
    ExpiryHeap heap = new ExpiryHeap();
    for (int i = 0; i < 1000; i++) {
      heap.add(Entry.missing(KEY, 0, i));
    }
    heap.clear();
    assertEquals(0, heap.size());
    assertNull(heap.first());
    LruCacheInvariants.heap(heap, Set.of());
  }
}
