package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.cache.ReadThrough.Limits;

/** Random interleavings of lookups, answers and time against what {@link ReadThrough} promises. */
class ReadThroughModelTest {
  private static final long SEED = Long.getLong("test.seed", 20_262);
  private static final long EXPIRY = 60;
  private static final int KEYS = 8;
  private static final int MAX_LOADS = 4;

  @ParameterizedTest
  @ValueSource(longs = {0, 25})
  void everyInterleaving_keepsThePromises(long missingExpiry) {
    Run run = new Run(missingExpiry);
    try {
      for (; run.step < 100_000; run.step++) {
        run.step();
      }
      run.finish();
    } catch (Throwable e) {
      throw new AssertionError("-Dtest.seed=" + SEED + ", step " + run.step, e);
    }
  }

  /** What is to be found in the cache; a value of null stands for a missing key. */
  private record Kept(byte[] value, long expiresAt) {}

  private record Pending(Load<Integer> load, List<Integer> waiters) {}

  private static final class Run {
    private final Random random = new Random(SEED);
    private final long missingExpiry;
    private final ReadThrough<Integer> cache;
    private final Map<Integer, Kept> kept = new HashMap<>();
    private final Map<Integer, Pending> pending = new HashMap<>();
    private final Map<Integer, Answer> told = new HashMap<>();
    private int step;
    private long now;
    private int waiters;
    private long hits;
    private long loads;
    private long rejected;
    private long coalesced;
    private long failures;
    private long tooLarge;

    /** What the loader is to do: to answer at once or to wait. */
    private boolean atOnce;

    private Load<Integer> sent;

    Run(long missingExpiry) {
      this.missingExpiry = missingExpiry;
      this.cache =
          new ReadThrough<>(
              new LruCache(1000, 1 << 20),
              new Limits(EXPIRY, missingExpiry, MAX_LOADS),
              this::send,
              (waiter, answer) -> assertNull(told.put(waiter, answer), "answered twice"));
    }

    void step() {
      int die = random.nextInt(10);
      if (die < 6) {
        lookup(random.nextInt(KEYS));
      } else if (die < 8 && !pending.isEmpty()) {
        List<Integer> keys = new ArrayList<>(pending.keySet());
        answer(keys.get(random.nextInt(keys.size())));
      } else {
        now += random.nextInt(15);
      }
      CacheStats stats = cache.stats();
      assertEquals(hits, stats.hits());
      assertEquals(waiters, stats.misses());
      assertEquals(loads, stats.loads());
      assertEquals(coalesced, stats.coalesced());
      assertEquals(rejected, stats.rejected());
      assertEquals(failures, stats.failures());
      assertEquals(tooLarge, stats.tooLarge());
      assertEquals(pending.size(), stats.loadsInFlight());
      assertEquals(waiters - told.size(), waiting(), "each waits or has been answered");
    }

    private int waiting() {
      return pending.values().stream().mapToInt(load -> load.waiters.size()).sum();
    }

    private void lookup(int id) {
      Key key = Key.of(0, new byte[] {(byte) id});
      Entry entry = cache.get(0, key.bytes(), 0, 1, key.hashCode(), now);
      Kept expected = kept.get(id);
      if (expected != null && now < expected.expiresAt) {
        assertShows(expected, entry);
        hits++;
        return;
      }
      assertNull(entry, "kept too long, or not to be kept at all");
      int waiter = waiters++;
      atOnce = random.nextInt(4) == 0;
      sent = null;
      Pending inFlight = pending.get(id);
      boolean full = pending.size() == MAX_LOADS;
      if (inFlight != null) {
        inFlight.waiters.add(waiter);
        coalesced++;
      } else if (!full) {
        pending.put(id, new Pending(null, new ArrayList<>(List.of(waiter))));
        loads++;
      }
      cache.load(key, waiter, now);
      if (inFlight != null || full) {
        assertNull(sent, "a load too many");
      } else {
        assertNotNull(sent, "no load was sent");
      }
      if (inFlight == null && full) {
        rejected++;
        assertEquals(Failure.Kind.OVERLOADED, ((Failure) told.get(waiter)).kind());
      }
    }

    private void send(Load<Integer> load) {
      assertNull(sent, "two loads for one lookup");
      sent = load;
      assertEquals(now, load.sentAt());
      int id = load.key().bytes()[0];
      pending.put(id, new Pending(load, pending.get(id).waiters));
      if (atOnce) {
        answer(id);
      }
    }

    private void answer(int id) {
      Pending ended = pending.remove(id);
      Load<Integer> load = ended.load;
      ended.waiters.forEach(waiter -> assertFalse(told.containsKey(waiter), "answered too early"));
      Answer other = null;
      Kept expected = null;
      switch (random.nextInt(5)) {
        case 0 -> {
          failures++;
          other = new Failure(Failure.Kind.UNREACHABLE, "gone");
          cache.failed(load, (Failure) other);
        }
        case 1 -> {
          tooLarge++;
          other = new TooLarge(load.key());
          cache.tooLarge(load);
        }
        case 2 -> {
          expected = new Kept(null, load.sentAt() + missingExpiry);
          cache.missing(load, now);
        }
        default -> {
          long remaining = random.nextInt(-2, 100);
          byte[] value = new byte[random.nextInt(5)];
          random.nextBytes(value);
          expected = new Kept(value, load.sentAt() + lifetime(remaining));
          cache.found(load, value, remaining, now);
        }
      }
      kept.remove(id);
      if (expected != null) {
        kept.put(id, expected);
      }
      for (int waiter : ended.waiters) {
        Answer answer = told.get(waiter);
        assertNotNull(answer, "not answered");
        if (expected == null) {
          assertEquals(other, answer);
        } else {
          assertShows(expected, (Entry) answer);
          assertEquals(load.sentAt(), ((Entry) answer).loadedAt());
          assertSame(told.get(ended.waiters.get(0)), answer);
        }
      }
    }

    private static long lifetime(long remaining) {
      if (remaining == ReadThrough.NO_EXPIRY) {
        return EXPIRY;
      }
      return remaining == ReadThrough.UNKNOWN ? 0 : Math.min(EXPIRY, remaining);
    }

    private static void assertShows(Kept expected, Entry entry) {
      assertNotNull(entry, "not kept");
      assertEquals(expected.expiresAt, entry.expiresAt());
      assertEquals(expected.value == null, entry.isMissing());
      if (expected.value != null) {
        Entry same = Entry.value(entry.key(), expected.value, 0, 0);
        assertArrayEquals(same.bytes(), entry.bytes());
      }
    }

    /** Nothing is left over, and every way was gone. */
    void finish() {
      List.copyOf(pending.keySet()).forEach(this::answer);
      assertEquals(waiters, told.size());
      for (long count : new long[] {hits, loads, rejected, coalesced, failures, tooLarge}) {
        assertTrue(count > 100, "hardly tried");
      }
    }
  }
}
