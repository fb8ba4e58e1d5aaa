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
import java.util.List;
import java.util.Random;
import java.util.function.LongConsumer;
import java.util.stream.IntStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.cache.ReadThrough.Limits;

/**
 * Runs random interleavings of MGET, EXISTS of several keys, GET, atomic writes of several keys,
 * late reports of them, loads, fences and time. The model keeps every state that Redis has had.
 * Each reply must be one of them, and none older than what was reported, or answered, before the
 * request.
 */
class MultiKeyReadsModelTest {
  private static final long SEED = Long.getLong("test.seed", 40_815);
  private static final int KEYS = 5;
  private static final int GONE = -1;

  /** The key exists, but is no string. */
  private static final int HASH = -2;

  private static final int STEPS = 150_000;

  /** The bounds of a run. */
  record Bounds(int capacity, long missingExpiry, long refreshAhead, int maxLoads) {}

  static List<Bounds> bounds() {
    return List.of(
        new Bounds(100, 40, 0, 100),
        new Bounds(100, 0, 10, 100),
        new Bounds(3, 40, 0, 100),
        new Bounds(100, 40, 10, 4));
  }

  @ParameterizedTest
  @MethodSource("bounds")
  void everyReply_isAStateThatRedisHad(Bounds bounds) {
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

  /** A load in flight, and the state that Redis was in when it was sent. */
  private record Pending(Load<Waiter> load, int state) {}

  /** Goes on when so many states have been reported. */
  private record Unconfirmed(LongConsumer then, int state) {}

  /** Keys that changed with a state. They are reported one by one. */
  private record Report(int state, Deque<Integer> keys) {}

  private static final class Waiter {
    /** What it asks for: null for GET. */
    private final Read read;

    private final int[] keys;
    private final int lowest;
    private Answer answer;

    Waiter(Read read, int[] keys, int lowest) {
      this.read = read;
      this.keys = keys;
      this.lowest = lowest;
    }
  }

  private static final class Run {
    private final Random random = new Random(SEED);
    private final Bounds bounds;
    private final ReadThrough<Waiter> cache;

    /** Every state that Redis has had: the version of each key, {@link #GONE} or {@link #HASH}. */
    private final List<int[]> states = new ArrayList<>();

    private final Deque<Report> unreported = new ArrayDeque<>();
    private final List<Unconfirmed> unconfirmed = new ArrayList<>();
    private final List<Pending> pending = new ArrayList<>();
    private final List<Waiter> waiting = new ArrayList<>();

    /** Reads that Redis must answer. */
    private final Deque<Waiter> forRedis = new ArrayDeque<>();

    /** All writes up to this state are reported. */
    private int reported;

    /** The newest state that Redis has sent over each of its two connections. */
    private final int[] sent = new int[2];

    /** The state that the newest reply to a read of several keys has shown, at least. */
    private int shown;

    private long now;
    private int step;
    private int hits;
    private int later;
    private int whole;
    private int older;

    Run(Bounds bounds) {
      this.bounds = bounds;
      states.add(new int[] {GONE, GONE, GONE, GONE, GONE});
      cache =
          new ReadThrough<>(
              new LruCache(bounds.capacity, 1 << 20),
              new Limits(
                  80,
                  bounds.missingExpiry,
                  bounds.refreshAhead,
                  bounds.maxLoads,
                  true,
                  10_000,
                  Prefixes.ALL),
              load -> pending.add(new Pending(load, current())),
              this::answered,
              then -> unconfirmed.add(new Unconfirmed(then, current())));
    }

    private int current() {
      return states.size() - 1;
    }

    void step() {
      int die = random.nextInt(1000);
      if (die < 250) {
        lookup();
      } else if (die < 330) {
        get(random.nextInt(KEYS));
      } else if (die < 600) {
        answerOne();
      } else if (die < 630) {
        write();
      } else if (die < 760) {
        report();
      } else if (die < 900) {
        confirm();
      } else if (die < 902) {
        cache.invalidateAll();
      } else {
        now += random.nextInt(8);
      }
      askRedis();
    }

    private void lookup() {
      int[] keys =
          IntStream.range(0, 1 + random.nextInt(4)).map(i -> random.nextInt(KEYS)).toArray();
      boolean isExists = keys.length > 1 && random.nextInt(4) == 0;
      String[] words = new String[keys.length];
      words[0] = isExists ? "exists" : "mget";
      for (int i = 1; i < keys.length; i++) {
        words[i] = Integer.toString(keys[i]);
      }
      int version = random.nextInt(5) == 0 ? Read.RESP3 : 0;
      Read read = SpelledRead.of(Read.KEYS | Read.ARGUMENTS | version, words);
      Waiter waiter = new Waiter(read, keys, Math.max(reported, shown));
      waiting.add(waiter);
      Answer answer = ask(waiter, read);
      if (answer != null) {
        hits++;
        answered(waiter, answer);
      }
    }

    private Answer ask(Waiter waiter, Read read) {
      Key first = key(waiter.keys[0]);
      byte[] buffer =
          ByteBuffer.allocate(1 + read.bytes().length).put(first.bytes()).put(read.bytes()).array();
      Answer answer = cache.reply(0, buffer, 0, 1, first.hashCode(), read.bytes().length, now);
      if (answer == null) {
        cache.load(first, read, waiter, now);
      }
      return answer;
    }

    private void get(int id) {
      Key key = key(id);
      if (cache.get(0, key.bytes(), 0, 1, key.hashCode(), now) == null) {
        Waiter waiter = new Waiter(null, new int[] {id}, 0);
        waiting.add(waiter);
        cache.load(key, null, waiter, now);
      }
    }

    private void answered(Waiter waiter, Answer answer) {
      assertNull(waiter.answer, "answered twice");
      if (answer instanceof NotCached notCached) {
        assertTrue(!notCached.read().has(Read.WHOLE) || answer != waiter.answer);
        forRedis.add(waiter);
        return;
      }
      waiter.answer = answer;
      waiting.remove(waiter);
      if (waiter.read != null && answer instanceof CachedReply reply) {
        later++;
        older += check(waiter, reply);
      }
    }

    /** Returns 1 if the reply shows an older state than Redis is in. */
    private int check(Waiter waiter, CachedReply reply) {
      for (int state = waiter.lowest; state < states.size(); state++) {
        if (Arrays.equals(reply.bytes(), reply(waiter, states.get(state)))) {
          // Later replies must not be older than the oldest state that this one can be.
          shown = Math.max(shown, state);
          return Arrays.equals(reply.bytes(), reply(waiter, states.get(current()))) ? 0 : 1;
        }
      }
      throw new AssertionError(
          "Redis had no such state since "
              + waiter.lowest
              + ": "
              + new String(reply.bytes(), StandardCharsets.ISO_8859_1));
    }

    private static byte[] reply(Waiter waiter, int[] state) {
      ByteArrayOutputStream out = new ByteArrayOutputStream();
      if (waiter.read.command().equals("exists")) {
        long existing = Arrays.stream(waiter.keys).filter(key -> state[key] != GONE).count();
        out.writeBytes((":" + existing + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
        return out.toByteArray();
      }
      out.writeBytes(("*" + waiter.keys.length + "\r\n").getBytes(StandardCharsets.ISO_8859_1));
      for (int key : waiter.keys) {
        String value = Integer.toString(state[key]);
        String nil = waiter.read.has(Read.RESP3) ? "_\r\n" : "$-1\r\n";
        String bulk = state[key] < 0 ? nil : "$" + value.length() + "\r\n" + value + "\r\n";
        out.writeBytes(bulk.getBytes(StandardCharsets.ISO_8859_1));
      }
      return out.toByteArray();
    }

    /** What the cache leaves to Redis is asked for as a whole, as the front does. */
    private void askRedis() {
      for (Waiter waiter = forRedis.poll(); waiter != null; waiter = forRedis.poll()) {
        whole++;
        if (waiter.answer == null && random.nextInt(10) > 0) {
          Answer answer = ask(waiter, waiter.read.whole());
          assertNull(answer);
        } else {
          // It was relayed, past the cache.
          waiting.remove(waiter);
        }
      }
    }

    /** Values are loaded over one connection, all other reads over another: each in order. */
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

    private void answer(Pending ended) {
      Load<Waiter> load = ended.load;
      int connection = load.read() == null ? 0 : 1;
      int state = random.nextInt(Math.max(ended.state, sent[connection]), states.size());
      sent[connection] = state;
      int version = states.get(state)[load.key().bytes()[0] - '0'];
      int die = random.nextInt(200);
      if (die == 0) {
        cache.failed(load, new Failure(Failure.Kind.TIMEOUT, "late"), now);
      } else if (die == 1) {
        cache.failed(load, new Failure(Failure.Kind.REDIS, "NOPERM"), now);
      } else if (die == 2) {
        cache.tooLarge(load, now);
      } else if (load.isWhole) {
        cache.replied(load, reply(load.first(), states.get(state)), ReadThrough.NO_EXPIRY, now);
      } else if (load.read() != null) {
        boolean isGone = version == GONE;
        byte[] bytes = (isGone ? ":0\r\n" : ":1\r\n").getBytes(StandardCharsets.ISO_8859_1);
        cache.replied(load, bytes, isGone ? ReadThrough.MISSING : ReadThrough.NO_EXPIRY, now);
      } else if (version == GONE) {
        cache.missing(load, now);
      } else if (version == HASH) {
        cache.failed(load, new Failure(Failure.Kind.REDIS, "WRONGTYPE"), now);
      } else {
        byte[] value = Integer.toString(version).getBytes(StandardCharsets.ISO_8859_1);
        cache.found(load, value, ReadThrough.NO_EXPIRY, now);
      }
    }

    /** Changes one to three keys at one instant. */
    private void write() {
      int[] state = states.get(current()).clone();
      Deque<Integer> keys = new ArrayDeque<>();
      for (int i = random.nextInt(3); i >= 0; i--) {
        int key = random.nextInt(KEYS);
        int die = random.nextInt(8);
        state[key] = die == 0 ? HASH : die < 3 ? GONE : states.size();
        keys.add(key);
      }
      states.add(state);
      unreported.add(new Report(current(), keys));
    }

    /** Reports one key. */
    private void report() {
      Report report = unreported.peek();
      if (report != null) {
        cache.invalidate(key(report.keys.remove()).bytes());
        if (report.keys.isEmpty()) {
          unreported.remove();
          reported = report.state;
        }
      }
    }

    private void confirm() {
      List<Unconfirmed> ready = unconfirmed.stream().filter(u -> u.state <= reported).toList();
      unconfirmed.removeAll(ready);
      ready.forEach(each -> each.then.accept(now));
    }

    /** Everyone gets an answer, and every case was tried often enough. */
    void finish() {
      while (!pending.isEmpty() || !unconfirmed.isEmpty()) {
        answerOne();
        report();
        confirm();
        askRedis();
      }
      assertTrue(waiting.isEmpty(), "not answered");
      assertEquals(0, cache.stats().loadsInFlight());
      for (int count : new int[] {hits, later - hits, whole, older}) {
        assertTrue(count > 200, "hardly tried: " + hits + " " + later + " " + whole + " " + older);
      }
    }

    private static Key key(int id) {
      return Key.of(0, new byte[] {(byte) ('0' + id)});
    }
  }
}
