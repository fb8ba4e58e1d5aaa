package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.Test;

class LruCacheTest {
  private static final long LATE = 1_000_000;

  private final LruCache cache = new LruCache(3, 1000);
  private long now;

  @Test
  void put_whenFull_evictsTheLeastRecentlyUsed() {
    put("a", "b", "c", "d");
    assertHolds("b", "c", "d");
    assertEquals(1, cache.evictions());
  }

  @Test
  void get_countsAsUse() {
    put("a", "b", "c");
    assertNotNull(get("a"));
    put("d");
    assertHolds("a", "c", "d");
  }

  @Test
  void get_ofAnotherKey_doesNotCountAsUse() {
    put("a", "b", "c");
    assertNull(get("x"));
    put("d");
    assertHolds("b", "c", "d");
  }

  @Test
  void put_ofAHeldKey_replacesItAndCountsAsUse() {
    put("a", "b", "c");
    Entry second = put("a", "another value", LATE);
    assertSame(second, get("a"));
    put("d");
    assertHolds("a", "c", "d");
    assertEquals(1, cache.evictions());
  }

  @Test
  void get_atTheTimeOfExpiry_findsNothing() {
    put("a", "1", 100);
    now = 99;
    assertNotNull(get("a"));
    now = 100;
    assertNull(get("a"));
    assertEquals(0, cache.size());
    assertEquals(0, cache.bytes());
    assertEquals(1, cache.expirations());
    assertEquals(0, cache.evictions());
  }

  @Test
  void put_ofAnExpiredEntry_dropsTheOldOneAndKeepsNothing() {
    put("a", "1", LATE);
    now = 100;
    put("a", "2", 100);
    assertNull(get("a"));
    assertEquals(0, cache.size());
  }

  @Test
  void put_whenFull_dropsAnExpiredEntryFirst() {
    put("a", "1", LATE);
    put("b", "1", LATE);
    put("c", "1", 50);
    now = 50;
    put("d");
    assertHolds("a", "b", "d");
    assertEquals(0, cache.evictions());
    assertEquals(1, cache.expirations());
  }

  @Test
  void put_whenBytesRunOut_evictsAsManyAsNeeded() {
    put("a", "x".repeat(200), LATE);
    put("b", "x".repeat(200), LATE);
    put("c", "x".repeat(700), LATE);
    assertHolds("c");
    assertEquals(2, cache.evictions());
  }

  @Test
  void put_whenTheBytesAreExactlyEnough_keepsAll() {
    int weight = Entry.OVERHEAD + "--k$1\r\nv\r\n".length();
    LruCache exact = new LruCache(10, weight * 2);
    exact.put(key("a"), entry("a", "1", LATE), now);
    exact.put(key("b"), entry("b", "1", LATE), now);
    assertEquals(2, exact.size());
    assertEquals(weight * 2, exact.bytes());
    exact.put(key("c"), entry("c", "1", LATE), now);
    assertEquals(2, exact.size());
  }

  @Test
  void put_ofAnEntryLargerThanTheCache_dropsOnlyTheOldOne() {
    put("a", "b");
    put("a", "x".repeat(1000), LATE);
    assertHolds("b");
    assertEquals(0, cache.evictions());
  }

  @Test
  void get_distinguishesAnEmptyValueFromAMissingKey() {
    put("empty", "", LATE);
    cache.put(key("missing"), Entry.missing(key("missing"), now, LATE), now);
    assertFalse(get("empty").isMissing());
    assertEquals(0, get("empty").valueLength());
    assertTrue(get("missing").isMissing());
    assertNull(get("never asked"));
  }

  @Test
  void get_ofTheEmptyKey_findsIt() {
    Entry entry = put("", "1", LATE);
    assertSame(entry, get(""));
    cache.remove(key(""));
    assertNull(get(""));
  }

  @Test
  void get_ofOneKeyInTwoDatabases_findsTwoEntries() {
    Entry[] entries = new Entry[2];
    for (int db = 0; db < 2; db++) {
      Key key = Key.copyOf(db, new byte[] {'k'}, 0, 1, 7);
      entries[db] = Entry.value(key, new byte[] {(byte) db}, now, LATE);
      cache.put(key, entries[db], now);
    }
    assertSame(entries[0], cache.get(0, new byte[] {'k'}, 0, 1, 7, now));
    assertSame(entries[1], cache.get(1, new byte[] {'k'}, 0, 1, 7, now));
    assertNull(cache.get(2, new byte[] {'k'}, 0, 1, 7, now));
  }

  @Test
  void remove_ofAnEntryInTheMiddle_keepsTheOrderOfTheOthers() {
    put("a", "b", "c");
    cache.remove(key("b"));
    cache.remove(key("b"));
    put("d", "e");
    assertHolds("c", "d", "e");
  }

  @Test
  void clear_dropsAllAndCountsNoEvictions() {
    put("a", "b", "c");
    cache.clear();
    assertHolds();
    assertEquals(0, cache.bytes());
    assertEquals(0, cache.evictions() + cache.expirations());
    put("d");
    assertHolds("d");
  }

  @Test
  void put_ofAClearedEntry_keepsItAgain() {
    Entry a = put("a", "1", LATE);
    put("b");
    cache.clear();
    cache.put(a.key(), a, now);
    assertHolds("a");
  }

  @Test
  void reclaim_dropsTheFirstToExpireUpToTheLimit() {
    put("a", "1", 30);
    put("b", "1", 10);
    put("c", "1", 20);
    now = 25;
    assertEquals(0, cache.reclaim(now, 0));
    assertEquals(1, cache.reclaim(now, 1));
    assertHolds("a", "c");
    assertEquals(1, cache.reclaim(now, 100));
    assertHolds("a");
    assertEquals(2, cache.expirations());
  }

  /**
   * A chain has one node on average. With a random function, one of 10,000 chains has 15 nodes once
   * in 10^8 runs.
   */
  @Test
  void slots_areUsedEvenly() {
    LruCache full = new LruCache(10_000, LATE * 10_000);
    for (int i = 0; i < 10_000; i++) {
      full.put(key("user:" + i), entry("user:" + i, "1", LATE), now);
    }
    for (int slot = 0; slot < full.slots(); slot++) {
      int length = 0;
      for (int node = full.chain(slot); node != Nodes.NONE; node = full.nodes.next(node)) {
        length++;
      }
      assertTrue(length < 15, length + " in one chain");
    }
  }

  private void put(String... keys) {
    for (String key : keys) {
      put(key, "1", LATE);
    }
  }

  private Entry put(String key, String value, long expiresAt) {
    Entry entry = entry(key, value, expiresAt);
    cache.put(entry.key(), entry, now);
    return entry;
  }

  private Entry entry(String key, String value, long expiresAt) {
    return Entry.value(key(key), value.getBytes(StandardCharsets.US_ASCII), 0, expiresAt);
  }

  private Entry get(String key) {
    Key asked = key(key);
    int length = asked.bytes().length;
    Kept kept = cache.get(0, asked.bytes(), 0, length, asked.hashCode(), now);
    return kept == null ? null : kept.value(now);
  }

  private static Key key(String key) {
    return Key.of(0, key.getBytes(StandardCharsets.US_ASCII));
  }

  /** Checks that the cache holds exactly these keys, without using them. */
  private void assertHolds(String... keys) {
    LruCacheInvariants.check(cache, 3, 1000);
    assertEquals(keys.length, cache.size());
    for (String key : keys) {
      boolean held = false;
      for (int node = cache.newest(); node != Nodes.NONE; node = cache.nodes.older(node)) {
        held |= cache.nodes.entry(node).key().equals(key(key));
      }
      assertTrue(held, key);
    }
  }
}
