package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.cache.ReadThrough.Limits;

/**
 * Runs random interleavings of lookups, answers, invalidations and time, and checks what {@link
 * ReadThrough} promises. A key's value contains its version, which increases with each write.
 */
class ReadThroughModelTest {
  private static final long SEED = Long.getLong("test.seed", 20_262);
  private static final long EXPIRY = 60;
  private static final int DBS = 2;

  /** How many keys there are in all databases together. */
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

  /** An entry that the cache should hold. A value of null means a missing key. */
  private record Kept(byte[] value, long expiresAt) {}

  /**
   * A load that has not been answered.
   *
   * @param version the version of its key when the load was sent
   */
  private record Pending(int id, int version, Load<Integer> load, List<Integer> waiters) {}

  private static final class Run {
    private final Random random = new Random(SEED);
    private final long missingExpiry;
    private final ReadThrough<Integer> cache;
    private final Map<Integer, Kept> kept = new HashMap<>();
    private final Map<Integer, Pending> pending = new HashMap<>();

    /** Loads whose key was invalidated while they were in flight. */
    private final List<Pending> overtaken = new ArrayList<>();

    /** The current version of each key. */
    private final int[] versions = new int[KEYS];

    /** The lowest version that each waiter may get. */
    private final Map<Integer, Integer> lowestVersions = new HashMap<>();

    private final Map<Integer, Answer> answered = new HashMap<>();
    private Trust trust = Trust.VERIFIED;
    private int step;
    private long now;
    private int waiters;
    private long hits;
    private long loads;
    private long rejected;
    private long coalesced;
    private long failures;
    private long tooLarge;
    private long overtakenEver;
    private long invalidations;
    private long flushes;
    private long endedLater;
    private long unverified;

    /** Whether the loader answers at once or later. */
    private boolean atOnce;

    private Load<Integer> sent;

    Run(long missingExpiry) {
      this.missingExpiry = missingExpiry;
      this.cache =
          new ReadThrough<>(
              new LruCache(1000, 1 << 20),
              new Limits(EXPIRY, missingExpiry, 0, MAX_LOADS, true, 1000, Prefixes.ALL),
              this::send,
              (waiter, answer) -> assertNull(answered.put(waiter, answer), "answered twice"),
              then -> then.accept(now));
    }

    void step() {
      int die = random.nextInt(100);
      if (die < 60) {
        lookup(random.nextInt(KEYS));
      } else if (die < 75 && !pending.isEmpty()) {
        List<Integer> keys = new ArrayList<>(pending.keySet());
        answer(pending.remove(keys.get(random.nextInt(keys.size()))), true);
      } else if (die < 80 && !overtaken.isEmpty()) {
        answer(overtaken.remove(random.nextInt(overtaken.size())), false);
      } else if (die < 86) {
        write(random.nextInt(KEYS / DBS));
      } else if (die < 87) {
        writeAll();
      } else if (die < 88) {
        changeTrust(random.nextBoolean() ? Trust.VERIFIED : Trust.values()[random.nextInt(3)]);
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
      assertEquals(overtakenEver, stats.overtaken());
      assertEquals(invalidations, stats.invalidations());
      assertEquals(flushes, stats.flushes());
      assertEquals(pending.size() + overtaken.size(), stats.loadsInFlight());
      assertEquals(waiters - answered.size(), waiting(), "each waits or has been answered");
    }

    private int waiting() {
      return Stream.concat(pending.values().stream(), overtaken.stream())
          .mapToInt(load -> load.waiters.size())
          .sum();
    }

    /** Writes the keys of this name, one in each database. */
    private void write(int name) {
      for (int id = name * DBS; id < (name + 1) * DBS; id++) {
        overtake(id);
      }
      invalidations++;
      cache.invalidate(new byte[] {(byte) name});
    }

    private void writeAll() {
      for (int id = 0; id < KEYS; id++) {
        overtake(id);
      }
      flushes++;
      cache.invalidateAll();
      assertEquals(0, cache.stats().entries());
    }

    /**
     * Changes the trust as the feed does. Drops everything before anything is kept again, because
     * writes may have been missed.
     */
    private void changeTrust(Trust next) {
      if (next == Trust.VERIFIED && trust != Trust.VERIFIED) {
        writeAll();
      }
      if (next != trust) {
        for (int id = 0; id < KEYS; id++) {
          overtakeLoad(id);
        }
      }
      trust = next;
      cache.trust(next);
    }

    private void overtake(int id) {
      versions[id]++;
      kept.remove(id);
      overtakeLoad(id);
    }

    private void overtakeLoad(int id) {
      Pending inFlight = pending.remove(id);
      if (inFlight != null) {
        overtaken.add(inFlight);
        overtakenEver++;
      }
    }

    private void lookup(int id) {
      Key key = Key.of(id % DBS, new byte[] {(byte) (id / DBS)});
      Answer answer = cache.get(key.db(), key.bytes(), 0, 1, key.hashCode(), now);
      assertNotOlder(versions[id], answer);
      Kept expected = kept.get(id);
      if (trust != Trust.BYPASSED && expected != null && now < expected.expiresAt) {
        assertEquals(trust == Trust.UNVERIFIED, answer instanceof Unverified);
        assertShows(expected, entry(answer));
        hits++;
        return;
      }
      assertNull(answer, "kept too long, or should not be kept at all");
      int waiter = waiters++;
      lowestVersions.put(waiter, versions[id]);
      atOnce = random.nextInt(4) == 0;
      sent = null;
      Pending inFlight = trust == Trust.BYPASSED ? null : pending.get(id);
      boolean full = pending.size() + overtaken.size() >= MAX_LOADS;
      if (inFlight != null) {
        inFlight.waiters.add(waiter);
        coalesced++;
      } else if (!full) {
        if (pending.containsKey(id)) {
          overtaken.add(pending.remove(id));
        }
        pending.put(id, new Pending(id, versions[id], null, new ArrayList<>(List.of(waiter))));
        loads++;
      }
      cache.load(key, null, waiter, now);
      if (inFlight != null || full) {
        assertNull(sent, "a load too many");
      } else {
        assertNotNull(sent, "no load was sent");
      }
      if (inFlight == null && full) {
        rejected++;
        assertEquals(Failure.Kind.OVERLOADED, ((Failure) answered.get(waiter)).kind());
      }
    }

    private void send(Load<Integer> load) {
      assertNull(sent, "two loads for one lookup");
      sent = load;
      assertEquals(now, load.sentAt());
      int id = load.key().bytes()[0] * DBS + load.key().db();
      Pending loading = new Pending(id, versions[id], load, pending.get(id).waiters);
      pending.put(id, loading);
      if (atOnce) {
        answer(pending.remove(id), true);
      }
    }

    /**
     * Answers a load with some version since it was sent. The answer of an overtaken load is not
     * kept.
     */
    private void answer(Pending ended, boolean isLast) {
      boolean mayKeep = isLast && trust == Trust.VERIFIED;
      int id = ended.id;
      Load<Integer> load = ended.load;
      ended.waiters.forEach(
          waiter -> assertFalse(answered.containsKey(waiter), "answered too early"));
      Answer other = null;
      Kept expected = null;
      Kept instead = null;
      switch (trust != Trust.VERIFIED && random.nextInt(3) > 0 ? 0 : random.nextInt(5)) {
        case 0 -> {
          failures++;
          Failure failure = new Failure(Failure.Kind.UNREACHABLE, "gone");
          other = failure;
          Kept before = kept.get(id);
          if (trust != Trust.VERIFIED && before != null && now < before.expiresAt) {
            other = null;
            instead = before;
          }
          cache.failed(load, failure, now);
        }
        case 1 -> {
          tooLarge++;
          other = new TooLarge(load.key());
          cache.tooLarge(load, now);
        }
        case 2 -> {
          expected = new Kept(null, load.sentAt() + (mayKeep ? missingExpiry : 0));
          cache.missing(load, now);
        }
        default -> {
          long remaining = random.nextInt(-2, 100);
          int version = random.nextInt(ended.version, versions[id] + 1);
          byte[] value = new byte[4 + random.nextInt(5)];
          random.nextBytes(value);
          ByteBuffer.wrap(value).putInt(version);
          expected = new Kept(value, load.sentAt() + (mayKeep ? lifetime(remaining) : 0));
          cache.found(load, value, remaining, now);
        }
      }
      if (mayKeep && expected != null) {
        kept.put(id, expected);
      } else if (trust != Trust.VERIFIED && instead == null && !(other instanceof Failure)) {
        kept.remove(id);
      } else if (kept.containsKey(id)) {
        endedLater++;
      }
      for (int waiter : ended.waiters) {
        Answer answer = answered.get(waiter);
        assertNotNull(answer, "not answered");
        assertNotOlder(lowestVersions.get(waiter), answer);
        if (instead != null) {
          assertInstanceOf(Unverified.class, answer);
          assertShows(instead, entry(answer));
          unverified++;
        } else if (expected == null) {
          assertEquals(other, answer);
        } else {
          assertShows(expected, (Entry) answer);
          assertEquals(load.sentAt(), ((Entry) answer).loadedAt());
          assertSame(answered.get(ended.waiters.get(0)), answer);
        }
      }
    }

    private static Entry entry(Answer answer) {
      return answer instanceof Unverified unverified ? unverified.entry() : (Entry) answer;
    }

    private static long lifetime(long remaining) {
      if (remaining == ReadThrough.NO_EXPIRY) {
        return EXPIRY;
      }
      return remaining == ReadThrough.UNKNOWN ? 0 : Math.min(EXPIRY, remaining);
    }

    /** Checks that a lookup does not return a value that was overwritten before the lookup. */
    private static void assertNotOlder(int version, Answer answer) {
      if (answer instanceof Entry || answer instanceof Unverified) {
        Entry entry = entry(answer);
        if (entry.isMissing()) {
          return;
        }
        int read = ByteBuffer.wrap(entry.bytes(), entry.valueOffset(), 4).getInt();
        assertTrue(read >= version, "stale: " + read + " instead of " + version);
      }
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

    /** Answers the remaining loads, and checks that every case was tried often enough. */
    void finish() {
      overtaken.forEach(load -> answer(load, false));
      List.copyOf(pending.keySet()).forEach(id -> answer(pending.remove(id), true));
      assertEquals(waiters, answered.size());
      assertEquals(0, cache.stats().loadsInFlight());
      for (long count :
          new long[] {
            hits,
            loads,
            rejected,
            coalesced,
            failures,
            tooLarge,
            overtakenEver,
            flushes,
            endedLater,
            unverified
          }) {
        assertTrue(count > 20, "hardly tried: " + count);
      }
    }
  }
}
