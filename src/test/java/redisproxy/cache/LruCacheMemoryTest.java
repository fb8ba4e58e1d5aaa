package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jol.info.GraphLayout;

/** Measures the heap that a full cache takes, object by object. */
class LruCacheMemoryTest {
  private static final int ENTRIES = 20_000;

  /** Keeps JOL from attaching a debugger to this process. */
  @BeforeAll
  static void attachNothing() {
    System.setProperty("jol.skipHotspotSAAttach", "true");
  }

  @Test
  void clear_releasesAllEntries() {
    LruCache cache = new LruCache(ENTRIES, Long.MAX_VALUE);
    long empty = GraphLayout.parseInstance(cache).totalSize();
    for (int i = 0; i < ENTRIES; i++) {
      Key key = Key.of(0, ("key:" + i).getBytes(StandardCharsets.US_ASCII));
      cache.put(key, Entry.missing(key, 0, 1000), 0);
    }
    assertTrue(GraphLayout.parseInstance(cache).totalSize() > empty);
    cache.clear();
    assertEquals(empty, GraphLayout.parseInstance(cache).totalSize());
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 64, 65, 71, 1000})
  void bytes_areTheHeapThatTheCacheTakes(int valueLength) {
    LruCache cache = new LruCache(ENTRIES, Long.MAX_VALUE);
    long keysAndValues = 0;
    for (int i = 0; i < ENTRIES; i++) {
      Key key = Key.of(0, "key:%08d".formatted(i).getBytes(StandardCharsets.US_ASCII));
      cache.put(key, Entry.value(key, new byte[valueLength], 0, 1000 + i % 100), 0);
      keysAndValues += key.bytes().length + valueLength;
    }
    long taken = GraphLayout.parseInstance(cache).totalSize();
    assertTrue(taken <= cache.bytes() * 1.05, taken + " bytes taken, counted " + cache.bytes());
    assertTrue(taken >= cache.bytes() * 0.9, taken + " bytes taken, counted " + cache.bytes());
    double each = (taken - keysAndValues) / (double) ENTRIES;
    assertTrue(each <= 112, each + " bytes for each entry beside its key and value");
  }
}
