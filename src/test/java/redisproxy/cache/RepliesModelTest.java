package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.ByteArrayOutputStream;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Deque;
import java.util.Iterator;
import java.util.List;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.stream.Stream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.cache.ReadThrough.Limits;

/**
 * Runs random interleavings of lookups of values and replies, answers, writes, late reports of
 * them, and time. Each write of a key makes a new version of it, and every answer names the version
 * it shows. Nobody may get a version older than one that was invalidated, or that anybody has got
 * before.
 */
class RepliesModelTest {
  private static final long SEED = Long.getLong("test.seed", 20_266);
  private static final int KEYS = 4;
  private static final int STEPS = 1_000_000;

  /** Marks what was loaded as a whole, and what was loaded as a part of it. */
  private static final char WHOLE = 'W';

  private static final char PART = 'P';

  /** The bounds of a run. */
  record Bounds(int capacity, long maxBytes, int maxReplyBytes, long refreshAhead) {}

  static Stream<Bounds> bounds() {
    return Stream.of(
        new Bounds(100, 1 << 20, 1 << 20, 0),
        new Bounds(100, 1 << 20, 600, 10),
        new Bounds(2, 1 << 20, 1000, 0),
        new Bounds(100, 1000, 600, 10));
  }

  @ParameterizedTest
  @MethodSource("bounds")
  void everyInterleaving_givesNoOlderVersion(Bounds bounds) {
    Run run = new Run(bounds);
    try {
      for (; run.step < STEPS; run.step++) {
        run.step();
      }
      run.finish();
    } catch (Throwable e) {
      throw new AssertionError(bounds + ", -Dtest.seed=" + SEED + ", step " + run.step, e);
    }
  }

  /** A write that is not reported yet. */
  private record Write(int key, int version) {}

  /** Goes on when so many writes have been reported. */
  private record Unconfirmed(LongConsumer then, long writes) {}

  /** A load in flight, and the version of its key when it was sent. */
  private record Pending(Load<Waiter> load, int version) {}

  private static final class Waiter {
    private final int key;
    private final int lowest;
    private int loads;
    private Answer answer;

    /** No report of Redis was lost since its lookup. */
    private boolean isSure;

    Waiter(int key, int lowest, boolean isSure) {
      this.key = key;
      this.lowest = lowest;
      this.isSure = isSure;
    }
  }

  private static final class Run {
    private final Random random = new Random(SEED);
    private final Bounds bounds;
    private final LruCache lru;
    private final ReadThrough<Waiter> cache;
    private final int[] versions = new int[KEYS];
    private final int[] invalidated = new int[KEYS];
    private final int[] seen = new int[KEYS];

    /** The newest version of each key that Redis has sent over each connection. */
    private final int[] sentToGets = new int[KEYS];

    private final int[] sentToReads = new int[KEYS];
    private final Deque<Write> unreported = new ArrayDeque<>();
    private final List<Unconfirmed> unconfirmed = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private final List<Waiter> waiting = new ArrayList<>();

    /** Keys that clients have read past the cache. */
    private final List<Integer> relayed = new ArrayList<>();

    private long written;
    private long reported;
    private long now;
    private int step;
    private int valueHits;
    private int replyHits;
    private int derivedOfHash;
    private int derivedOfValue;
    private int besides;
    private int repeated;
    private int relays;
    private int lookups;

    Run(Bounds bounds) {
      this.bounds = bounds;
      this.lru = new LruCache(bounds.capacity, bounds.maxBytes);
      this.cache =
          new ReadThrough<>(
              lru,
              new Limits(80, 40, bounds.refreshAhead, 12, true, bounds.maxReplyBytes, Prefixes.ALL),
              load -> pending.add(new Pending(load, versions[id(load.key())])),
              this::answered,
              this::confirmer);
    }

    void step() {
      int die = random.nextInt(1000);
      if (die < 420) {
        lookup(random.nextInt(KEYS), read());
      } else if (die < 700) {
        answerOne();
      } else if (die < 750) {
        write(random.nextInt(KEYS));
      } else if (die < 820) {
        report();
      } else if (die < 940) {
        confirm();
      } else if (die < 942) {
        flush();
      } else if (die < 945) {
        changeTrust();
      } else if (die < 950) {
        cache.reclaim(now, random.nextInt(3));
      } else {
        now += random.nextInt(12);
      }
      relay();
      check();
    }

    private Read read() {
      int die = random.nextInt(10);
      if (die < 2) {
        return null;
      }
      if (die < 5) {
        return SpelledRead.of(random.nextInt(2), "hgetall");
      }
      if (random.nextInt(12) == 0) {
        return SpelledRead.of(SpelledRead.RANGE, "getrange", "0", "4");
      }
      return die < 8 ? SpelledRead.point("f" + die) : SpelledRead.range(random.nextInt(12));
    }

    private void lookup(int id, Read read) {
      Key key = key(id);
      Answer answer = read == null ? get(key) : reply(key, read);
      if (answer instanceof NotCached) {
        relayed.add(id);
        return;
      }
      if (answer != null) {
        int version = version(answer);
        assertTrue(version >= lowest(id), "a hit is stale: " + version + " < " + lowest(id));
        seen[id] = Math.max(seen[id], version);
        valueHits += read == null ? 1 : 0;
        replyHits += read == null ? 0 : 1;
        derivedOfHash += isDerived("hget", answer) ? 1 : 0;
        derivedOfValue += isDerived("getrange", answer) ? 1 : 0;
        return;
      }
      lookups++;
      Waiter waiter = new Waiter(id, lowest(id), cache.trust() == Trust.VERIFIED);
      waiting.add(waiter);
      cache.load(key, read, waiter, now);
    }

    private int lowest(int id) {
      return Math.max(invalidated[id], seen[id]);
    }

    private Answer get(Key key) {
      return cache.get(0, key.bytes(), 0, key.bytes().length, key.hashCode(), now);
    }

    private Answer reply(Key key, Read read) {
      byte[] buffer =
          ByteBuffer.allocate(1 + read.bytes().length).put(key.bytes()).put(read.bytes()).array();
      Answer answer = cache.reply(0, buffer, 0, 1, key.hashCode(), read.bytes().length, now);
      if (answer instanceof CachedReply cached) {
        assertEquals(read, cached.read());
        assertEquals(key, cached.key());
        assertTrue(now < cached.expiresAt, "a hit has expired");
      }
      return answer;
    }

    private void answered(Waiter waiter, Answer answer) {
      assertNull(waiter.answer, "answered twice");
      waiter.answer = answer;
      waiting.remove(waiter);
      if (answer instanceof NotCached) {
        relayed.add(waiter.key);
      } else if (!(answer instanceof Failure failure) || failure.kind() == Failure.Kind.REDIS) {
        int version = version(answer);
        if (waiter.isSure) {
          assertTrue(version >= waiter.lowest, "stale: " + version + " < " + waiter.lowest);
        }
        seen[waiter.key] = Math.max(seen[waiter.key], version);
      }
    }

    /** GETs are loaded over one connection, and all other reads over another: each in order. */
    private void answerOne() {
      boolean isGet = random.nextBoolean();
      for (Pending oldest : pending) {
        if (oldest.load.read() == null == isGet) {
          pending.remove(oldest);
          answer(oldest);
          return;
        }
      }
    }

    /**
     * Answers with any version that the key has had since the load was sent, but none older than
     * Redis has sent over the same connection before.
     */
    private void answer(Pending ended) {
      Load<Waiter> load = ended.load;
      for (Waiter waiter : load.waiters) {
        waiter.loads++;
        assertTrue(waiter.loads <= 2, "loaded again and again");
      }
      repeated += load.isRepeated ? 1 : 0;
      int id = id(load.key());
      int[] sent = load.read() == null ? sentToGets : sentToReads;
      int version = random.nextInt(Math.max(ended.version, sent[id]), versions[id] + 1);
      sent[id] = version;
      int die = random.nextInt(100);
      if (die == 0) {
        cache.failed(load, new Failure(Failure.Kind.UNREACHABLE, "gone"), now);
      } else if (die < 5) {
        cache.failed(load, new Failure(Failure.Kind.REDIS, Integer.toString(version)), now);
      } else if (die == 5 && load.read() != null) {
        cache.tooLarge(load, now);
      } else if (load.read() == null) {
        cache.found(load, bytes(version, WHOLE), remaining(), now);
      } else {
        cache.replied(load, reply(load.read().command(), version), remaining(), now);
      }
    }

    private long remaining() {
      return random.nextInt(3) == 0 ? random.nextInt(-3, 120) : ReadThrough.NO_EXPIRY;
    }

    /** A version, a mark of what it was loaded for, and more. */
    private byte[] bytes(int version, char mark) {
      return ByteBuffer.allocate(5 + random.nextInt(60)).putInt(version).put((byte) mark).array();
    }

    private byte[] reply(String command, int version) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      switch (command) {
        case "hgetall" -> {
          out.writeBytes("*6\r\n".getBytes(StandardCharsets.US_ASCII));
          for (int i = 5; i < 8; i++) {
            out.writeBytes(("$2\r\nf" + i + "\r\n").getBytes(StandardCharsets.US_ASCII));
            bulk(out, bytes(version, WHOLE));
          }
        }
        case "hget" -> bulk(out, bytes(version, PART));
        case "getrange" -> bulk(out, Arrays.copyOf(bytes(version, PART), 5));
        default -> out.writeBytes(bytes(version, PART));
      }
      return out.toByteArray();
    }

    private static void bulk(ByteArrayOutputStream out, byte[] content) {
      out.writeBytes(("$" + content.length + "\r\n").getBytes(StandardCharsets.US_ASCII));
      out.writeBytes(content);
      out.writeBytes("\r\n".getBytes(StandardCharsets.US_ASCII));
    }

    /** Where the version stands in a reply: behind its lines with lengths. */
    private static int versionAt(byte[] reply) {
      int lines = reply[0] == '*' ? 4 : reply[0] == '$' ? 1 : 0;
      int at = 0;
      while (lines > 0) {
        lines -= reply[at++] == '\n' ? 1 : 0;
      }
      return at;
    }

    private static boolean isDerived(String command, Answer answer) {
      return answer instanceof CachedReply reply
          && reply.read().command().equals(command)
          && reply.bytes()[versionAt(reply.bytes()) + 4] == WHOLE;
    }

    private static int version(Answer answer) {
      if (answer instanceof CachedReply reply) {
        return ByteBuffer.wrap(reply.bytes()).getInt(versionAt(reply.bytes()));
      }
      if (answer instanceof Failure failure) {
        return Integer.parseInt(failure.text());
      }
      Entry entry = answer instanceof Unverified it ? it.entry() : (Entry) answer;
      return ByteBuffer.wrap(entry.bytes(), entry.valueOffset(), 4).getInt();
    }

    private void write(int id) {
      versions[id]++;
      if (cache.trust() == Trust.VERIFIED) {
        written++;
        unreported.add(new Write(id, versions[id]));
      }
    }

    private void report() {
      Write write = unreported.poll();
      if (write != null) {
        reported++;
        cache.invalidate(key(write.key).bytes());
        invalidated[write.key] = Math.max(invalidated[write.key], write.version);
      }
    }

    private void confirmer(LongConsumer then) {
      unconfirmed.add(new Unconfirmed(then, written));
    }

    private void confirm() {
      List<Unconfirmed> ready = unconfirmed.stream().filter(u -> u.writes <= reported).toList();
      unconfirmed.removeAll(ready);
      ready.forEach(each -> each.then.accept(now));
    }

    private void flush() {
      cache.invalidateAll();
      System.arraycopy(versions, 0, invalidated, 0, KEYS);
    }

    /** Reports are lost with the connection that brings them; later everything is dropped. */
    private void changeTrust() {
      Trust next = random.nextBoolean() ? Trust.VERIFIED : Trust.values()[random.nextInt(3)];
      if (next != cache.trust()) {
        waiting.forEach(waiter -> waiter.isSure = false);
        reported += unreported.size();
        unreported.clear();
        if (next == Trust.VERIFIED) {
          flush();
        }
        cache.trust(next);
      }
    }

    /** A client reads past the cache, which drops what it has of the key. */
    private void relay() {
      for (int id : List.copyOf(relayed)) {
        relays++;
        cache.invalidate(key(id).bytes());
        invalidated[id] = versions[id];
        seen[id] = versions[id];
      }
      relayed.clear();
    }

    private void check() {
      assertTrue(pending.size() + unconfirmed.size() <= cache.stats().loadsInFlight());
      if (step % 20 != 0) {
        return;
      }
      LruCacheInvariants.check(lru, bounds.capacity, bounds.maxBytes);
      for (Iterator<Kept> each = lru.oldestFirst(); each.hasNext(); ) {
        if (each.next() instanceof KeyReplies replies) {
          besides += replies.value(now) == null ? 0 : 1;
          int value = replies.value(-1) == null ? 0 : replies.value(-1).weight();
          int weight = replies.weight() - value - KeyReplies.OVERHEAD - 4;
          assertTrue(weight <= bounds.maxReplyBytes, "more bytes than the bound of a key");
          assertTrue(replies.size() <= 2 + 3 + KeyReplies.MAX_RANGES, "too many replies");
        }
      }
    }

    /** Everyone gets an answer, and every case was tried often enough. */
    void finish() {
      while (!pending.isEmpty() || !unconfirmed.isEmpty()) {
        answerOne();
        report();
        confirm();
        relay();
      }
      assertTrue(waiting.isEmpty(), "not answered");
      assertEquals(0, cache.stats().loadsInFlight());
      for (long count :
          new long[] {
            valueHits, replyHits, derivedOfHash, derivedOfValue, repeated, relays, lookups
          }) {
        assertTrue(count > 200, "hardly tried: " + count);
      }
      assertTrue(besides > 20, "hardly a value beside replies: " + besides);
      boolean isTight = bounds.capacity < KEYS || bounds.maxBytes < 2000;
      assertEquals(isTight, cache.stats().evictions() > 0);
    }

    private static Key key(int id) {
      return Key.of(0, new byte[] {(byte) id});
    }

    private static int id(Key key) {
      return key.bytes()[0];
    }
  }
}
