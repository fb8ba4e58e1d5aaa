package redisproxy.bench;

import java.nio.charset.StandardCharsets;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import org.openjdk.jmh.annotations.Benchmark;
import org.openjdk.jmh.annotations.BenchmarkMode;
import org.openjdk.jmh.annotations.Fork;
import org.openjdk.jmh.annotations.Measurement;
import org.openjdk.jmh.annotations.Mode;
import org.openjdk.jmh.annotations.OperationsPerInvocation;
import org.openjdk.jmh.annotations.OutputTimeUnit;
import org.openjdk.jmh.annotations.Param;
import org.openjdk.jmh.annotations.Scope;
import org.openjdk.jmh.annotations.Setup;
import org.openjdk.jmh.annotations.State;
import org.openjdk.jmh.annotations.Warmup;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Kept;
import redisproxy.cache.Key;
import redisproxy.cache.LruCache;
import redisproxy.cache.Prefixes;
import redisproxy.cache.ReadThrough;

/**
 * Measures a lookup and a put in the cache, without bus and sockets. Keys have 16 bytes, values 64.
 */
@BenchmarkMode(Mode.AverageTime)
@OutputTimeUnit(TimeUnit.NANOSECONDS)
@Fork(1)
@Warmup(iterations = 3, time = 1)
@Measurement(iterations = 5, time = 1)
public class LruCacheBenchmark {
  private static final int KEY_LENGTH = 16;
  private static final int BATCH = 16;
  private static final byte[] VALUE = new byte[64];
  private static final long HOUR_MS = 3_600_000;

  /** A full cache, and lookups of random keys that lie side by side, as in a front's batches. */
  @State(Scope.Thread)
  public static class Hits {
    @Param({"50000", "1000000"})
    public int entries;

    private LruCache cache;
    private ReadThrough<Object> readThrough;
    private byte[] keys;
    private int[] hashes;
    private int next;
    private final Answer[] answers = new Answer[BATCH];

    @Setup
    public void fill() {
      cache = new LruCache(entries, Long.MAX_VALUE);
      for (int i = 0; i < entries; i++) {
        cache.put(key(i), Entry.value(key(i), VALUE, 0, HOUR_MS), 0);
      }
      readThrough =
          new ReadThrough<>(
              cache,
              new ReadThrough.Limits(HOUR_MS, 0, 0, 1, true, 1, Prefixes.ALL),
              load -> {
                throw new IllegalStateException("a miss among the hits");
              },
              (waiter, answer) -> {},
              then -> then.accept(0));
      int lookups = entries * 2 / BATCH * BATCH;
      keys = new byte[lookups * KEY_LENGTH];
      hashes = new int[lookups];
      Random random = new Random(1);
      for (int i = 0; i < lookups; i++) {
        Key key = key(random.nextInt(entries));
        System.arraycopy(key.bytes(), 0, keys, i * KEY_LENGTH, KEY_LENGTH);
        hashes[i] = key.hashCode();
      }
    }

    private int advance(int by) {
      int i = next;
      next = i + by < hashes.length ? i + by : 0;
      return i;
    }
  }

  /** A full cache, and keys that it does not hold. Each key returns only after its eviction. */
  @State(Scope.Thread)
  public static class Puts {
    @Param({"50000", "1000000"})
    public int entries;

    private LruCache cache;
    private Key[] keys;
    private int next;
    private long now;

    @Setup
    public void fill() {
      cache = new LruCache(entries, Long.MAX_VALUE);
      keys = new Key[entries + 1024];
      for (int i = 0; i < keys.length; i++) {
        keys[i] = key(i);
        cache.put(keys[i], Entry.value(keys[i], VALUE, 0, HOUR_MS), 0);
      }
    }

    /**
     * Advances the time by a millisecond for every 1024 keys, so entries are evicted long before
     * they expire.
     */
    private Key advance() {
      int i = next;
      next = i + 1 < keys.length ? i + 1 : 0;
      if ((i & 1023) == 0) {
        now++;
      }
      return keys[i];
    }
  }

  private static Key key(int i) {
    return Key.of(0, "key:%012d".formatted(i).getBytes(StandardCharsets.US_ASCII));
  }

  /** One lookup with a known hash. */
  @Benchmark
  public Kept hit(Hits hits) {
    int i = hits.advance(1);
    return hits.cache.get(0, hits.keys, i * KEY_LENGTH, KEY_LENGTH, hits.hashes[i], 1);
  }

  /** One lookup of a batch, answered as the cache verticle does it. */
  @Benchmark
  @OperationsPerInvocation(BATCH)
  public Answer[] hitInBatch(Hits hits) {
    int first = hits.advance(BATCH);
    hits.readThrough.readAhead(hits.hashes, first, first + BATCH);
    for (int i = 0; i < BATCH; i++) {
      int at = first + i;
      hits.answers[i] =
          hits.readThrough.get(0, hits.keys, at * KEY_LENGTH, KEY_LENGTH, hits.hashes[at], 1);
    }
    return hits.answers;
  }

  /** Puts a new entry into a full cache, which evicts the oldest one. */
  @Benchmark
  public long putWithEviction(Puts puts) {
    Key key = puts.advance();
    puts.cache.put(key, Entry.value(key, VALUE, puts.now, puts.now + HOUR_MS), puts.now);
    return puts.cache.evictions();
  }
}
