package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.List;
import org.junit.jupiter.api.Test;

/**
 * Which keys Redis hears of, and how many may wait. {@link LruCacheModelTest} has the intervals.
 */
class TouchQueueTest {
  private static final int INTERVAL = 1000;
  private static final int ALL = 1 << 30;

  private final LruCache cache = new LruCache(20_000, Long.MAX_VALUE);
  private final TouchQueue queue = new TouchQueue(INTERVAL);
  private long now;

  private static Key key(String text) {
    return Key.of(0, text.getBytes(StandardCharsets.US_ASCII));
  }

  private void put(String... names) {
    for (String name : names) {
      cache.put(key(name), Entry.value(key(name), new byte[1], now, Long.MAX_VALUE), now);
    }
  }

  private void hit(String... names) {
    for (String name : names) {
      Key key = key(name);
      cache.get(0, key.bytes(), 0, key.bytes().length, key.hashCode(), now);
    }
  }

  private static List<String> text(List<Key> keys) {
    return keys.stream().map(key -> new String(key.bytes(), StandardCharsets.US_ASCII)).toList();
  }

  private List<String> taken() {
    return text(queue.take(ALL, ALL));
  }

  @Test
  void hit_withoutAQueue_isNotTouched() {
    put("a");
    now = INTERVAL;
    hit("a");
    assertEquals(List.of(), taken());
  }

  @Test
  void hit_isTouchedOnceInAnInterval() {
    cache.touch(queue);
    put("a", "b");
    now = INTERVAL - 1;
    hit("a", "b");
    assertEquals(List.of(), taken());
    now++;
    hit("b", "a", "b");
    assertEquals(List.of("b", "a"), taken());
    now += INTERVAL - 1;
    hit("a");
    assertEquals(List.of(), taken());
    now++;
    hit("a");
    assertEquals(List.of("a"), taken());
  }

  /** The clock of the cache may have any value, and the difference is computed in 32 bits. */
  @Test
  void hit_whenTheClockPasses32Bits_isTouchedOnceInAnInterval() {
    now = (1L << 31) - 500;
    cache.touch(queue);
    put("a");
    now += INTERVAL - 1;
    hit("a");
    assertEquals(List.of(), taken());
    now++;
    hit("a");
    assertEquals(List.of("a"), taken());
  }

  /** Entries that are older than the queue count as not seen. */
  @Test
  void touch_appliesToEntriesThatAreThere_andEnds() {
    put("a");
    cache.touch(queue);
    now = INTERVAL;
    hit("a");
    assertEquals(List.of("a"), taken());
    cache.touch(null);
    now += INTERVAL;
    hit("a");
    assertEquals(List.of(), taken());
  }

  @Test
  void repliesOfAKey_areOneKey() {
    cache.touch(queue);
    Key key = key("h");
    Read read = SpelledRead.point("f");
    CachedReply reply =
        new CachedReply(key, read, new byte[1], new CommandCounts.Of(), now, Long.MAX_VALUE);
    cache.put(key, KeyReplies.with(null, reply, 1000, now), now);
    now = INTERVAL;
    hit("h", "h");
    assertEquals(List.of("h"), taken());
  }

  @Test
  void keysBeyondTheMost_stayDue() {
    cache.touch(queue);
    String[] names = new String[TouchQueue.MOST + 1];
    for (int i = 0; i < names.length; i++) {
      names[i] = "k" + i;
    }
    put(names);
    now = INTERVAL;
    hit(names);
    assertEquals(TouchQueue.MOST, queue.size());
    assertEquals(TouchQueue.MOST, taken().size());
    hit(names);
    assertEquals(List.of(names[TouchQueue.MOST]), taken());
  }

  @Test
  void keysBeyondTheMostBytes_stayDue() {
    cache.touch(queue);
    String half = "x".repeat(TouchQueue.MAX_BYTES / 2 - 1);
    String[] names = {half + "1", half + "2", "a"};
    put(names);
    now = INTERVAL;
    hit(names);
    assertEquals(2, queue.size());
    queue.take(1, ALL);
    hit("a");
    assertEquals(List.of(names[1], "a"), taken());
  }

  @Test
  void take_isBoundedByKeysAndBytes() {
    cache.touch(queue);
    put("aaa", "bb", "c", "d");
    now = INTERVAL;
    hit("aaa", "bb", "c", "d");
    assertEquals(List.of("aaa"), text(queue.take(10, 2)), "one is always taken");
    assertEquals(List.of("bb", "c"), text(queue.take(10, 3)));
    assertEquals(List.of("d"), text(queue.take(1, 10)));
    assertEquals(List.of(), text(queue.take(1, 10)));
  }

  @Test
  void clear_makesRoom_andKeysAreDueAgainAfterAnInterval() {
    cache.touch(queue);
    String half = "x".repeat(TouchQueue.MAX_BYTES / 2);
    put(half, half + "1", "a");
    now = INTERVAL;
    hit(half, "a");
    queue.clear();
    hit("a");
    assertEquals(0, queue.size());
    hit(half + "1");
    assertEquals(1, queue.size());
    now += INTERVAL;
    hit("a");
    assertTrue(taken().contains("a"));
  }
}
