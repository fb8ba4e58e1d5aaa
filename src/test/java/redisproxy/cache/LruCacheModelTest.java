package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;

import java.nio.charset.StandardCharsets;
import java.util.IdentityHashMap;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Runs a million random operations on {@link LruCache} and {@link NaiveCache}, which must agree.
 */
class LruCacheModelTest {
  private static final long SEED = Long.getLong("test.seed", 20_261);
  private static final long MUCH = 1L << 40;
  private static final int TOUCH_INTERVAL = 20;

  /**
   * A cache and how it is used.
   *
   * @param hashes how many different hashes the keys have
   * @param longest the longest value, in bytes
   * @param checkEvery how many operations there are between two checks of the invariants
   */
  record Use(
      int capacity, long maxBytes, int hashes, int longest, int operations, int checkEvery) {}

  static Stream<Use> uses() {
    return Stream.of(
        new Use(1, MUCH, 1, 10, 100_000, 1),
        new Use(1, 150, 8, 60, 50_000, 1),
        new Use(3, MUCH, 1, 10, 100_000, 1),
        new Use(3, MUCH, 64, 10, 100_000, 1),
        new Use(3, Entry.OVERHEAD, 4, 10, 50_000, 1),
        new Use(3, 400, 4, 300, 150_000, 1),
        new Use(100, MUCH, 1, 10, 50_000, 50),
        new Use(100, MUCH, 1000, 100, 150_000, 50),
        new Use(100, Entry.OVERHEAD * 20, 16, 40, 100_000, 50),
        new Use(100, 60_000, 1000, 3000, 150_000, 50));
  }

  @ParameterizedTest
  @MethodSource("uses")
  void everyOperation_givesTheSameAsTheNaiveCache(Use use) {
    Run run = new Run(use);
    try {
      while (run.step < use.operations) {
        run.step();
      }
    } catch (Throwable e) {
      throw new AssertionError(run.toString(), e);
    }
  }

  private static final class Run {
    private final Use use;
    private final Random random;
    private final LruCache cache;
    private final NaiveCache naive;
    private final TouchQueue touches = new TouchQueue(TOUCH_INTERVAL);

    /** When Redis last saw a use of an entry's key. */
    private final IdentityHashMap<Entry, Long> seenAt = new IdentityHashMap<>();

    private long now = -50;
    private String operation;
    private int step;

    /** The last few entries that were put, and their keys. */
    private final Entry[] puts = new Entry[8];

    private final Key[] putKeys = new Key[8];

    Run(Use use) {
      this.use = use;
      this.random = new Random(SEED);
      this.cache = new LruCache(use.capacity, use.maxBytes);
      this.naive = new NaiveCache(use.capacity, use.maxBytes);
      cache.touch(touches);
    }

    void step() {
      step++;
      readAhead();
      peek(key());
      int die = random.nextInt(1000);
      if (die < 440) {
        get(key());
      } else if (die < 800) {
        put(key());
      } else if (die < 840) {
        putAgain(random.nextInt(puts.length));
      } else if (die < 880) {
        remove(key());
      } else if (die < 900) {
        reclaim(random.nextInt(4));
      } else if (die < 905) {
        clear();
      } else if (die < 910) {
        resize();
      } else {
        operation = "time";
        now += random.nextInt(8) == 0 ? random.nextInt(200) : random.nextInt(4);
      }
      compare();
    }

    /** Reading ahead must have no effect. */
    private void readAhead() {
      operation = "read ahead";
      int[] hashes = random.ints(40).toArray();
      hashes[0] = key().hashCode();
      cache.readAhead(hashes, 0, 1 + random.nextInt(40));
    }

    /** A peek must have no effect, either. */
    private void peek(Key key) {
      operation = "peek";
      assertSame(naive.peek(key, now), cache.peek(key, now));
    }

    private void get(Key key) {
      operation = "get";
      int length = key.bytes().length;
      byte[] buffer = new byte[length + 5];
      System.arraycopy(key.bytes(), 0, buffer, 3, length);
      Kept entry = cache.get(key.db(), buffer, 3, length, key.hashCode(), now);
      assertSame(naive.get(key, now), entry);
      assertTouches(key, (Entry) entry);
    }

    /** A key is touched when it is hit, and was not put or touched for an interval. */
    private void assertTouches(Key key, Entry entry) {
      boolean isDue = entry != null && now - seenAt.get(entry) >= TOUCH_INTERVAL;
      if (isDue) {
        seenAt.put(entry, now);
      }
      List<Key> taken = touches.take(10, 1000);
      assertEquals(isDue && !entry.isMissing() ? 1 : 0, taken.size(), "touched");
      for (Key touched : taken) {
        assertEquals(key.db(), touched.db());
        assertArrayEquals(key.bytes(), touched.bytes());
      }
    }

    private void put(Key key) {
      operation = "put";
      long expiresAt = now + random.nextInt(-2, 100);
      while (naive.hasEntryThatExpiresAt(expiresAt)) {
        expiresAt++;
      }
      Entry entry =
          random.nextInt(5) == 0
              ? Entry.missing(key, now, expiresAt)
              : Entry.value(key, new byte[random.nextInt(use.longest + 1)], now, expiresAt);
      puts[step % puts.length] = entry;
      putKeys[step % puts.length] = key;
      put(key, entry);
    }

    /** Puts the same entry object again, whether the cache still holds it or not. */
    private void putAgain(int i) {
      Entry entry = puts[i];
      operation = "put again";
      if (entry != null
          && (naive.entries.contains(entry) || !naive.hasEntryThatExpiresAt(entry.expiresAt()))) {
        put(putKeys[i], entry);
      }
    }

    private void put(Key key, Entry entry) {
      cache.put(key, entry, now);
      naive.put(entry, now);
      seenAt.put(entry, now);
    }

    private void remove(Key key) {
      operation = "remove";
      cache.remove(key);
      naive.remove(key);
    }

    private void reclaim(int limit) {
      operation = "reclaim";
      assertEquals(naive.reclaim(now, limit), cache.reclaim(now, limit), "reclaimed");
    }

    /** Clears a large cache less often, because it takes longer to fill. */
    private void clear() {
      operation = "clear";
      if (random.nextInt(use.capacity) < 10) {
        cache.clear();
        naive.entries.clear();
      }
    }

    /** Shrinks the cache, perhaps in several steps, or grows it beyond its first size. */
    private void resize() {
      operation = "resize";
      int capacity = 1 + random.nextInt(use.capacity * 2);
      long maxBytes = Math.max(1, (long) (use.maxBytes * random.nextDouble() * 2));
      int limit = random.nextInt(5);
      assertEquals(
          naive.resize(capacity, maxBytes, limit, now),
          cache.resize(capacity, maxBytes, limit, now),
          "resized");
    }

    /**
     * Returns one of about twice as many keys as the capacity, in three databases. One is empty.
     */
    private Key key() {
      int id = random.nextInt(use.capacity * 2 / 3 + 2);
      byte[] bytes = (id == 0 ? "" : "k" + id).getBytes(StandardCharsets.US_ASCII);
      int hash = id % use.hashes * 0x9E3779B9;
      return Key.copyOf(random.nextInt(3), bytes, 0, bytes.length, hash);
    }

    private void compare() {
      assertEquals(naive.entries.size(), cache.size(), "size");
      assertEquals(naive.bytes(), cache.bytes(), "bytes");
      assertEquals(naive.capacity, cache.capacity(), "capacity");
      assertEquals(naive.maxBytes, cache.maxBytes(), "most bytes");
      assertEquals(naive.evictions, cache.evictions(), "evictions");
      assertEquals(naive.expirations, cache.expirations(), "expirations");
      if (step % use.checkEvery == 0) {
        Iterator<Kept> held = cache.oldestFirst();
        for (Entry entry : naive.entries) {
          assertSame(entry, held.next(), "order of use");
        }
        assertFalse(held.hasNext());
        LruCacheInvariants.check(cache, naive.capacity, naive.maxBytes);
      }
    }

    @Override
    public String toString() {
      return use + ", -Dtest.seed=" + SEED + ", step " + step + ": " + operation;
    }
  }
}
