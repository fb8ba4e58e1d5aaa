package redisproxy.cache;

import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Finds the keys that were looked up most in recent time. It is the Space-Saving sketch over a
 * sample of the lookups, and older lookups count less. It has a fixed number of counters. A new key
 * without a counter takes over the smallest one, and records that counter's value as its possible
 * error.
 *
 * <p>The sample adapts to the load. While lookups are few, it counts each of them. Above that it
 * skips enough lookups to keep its cost per second constant. Owned by one thread.
 */
public final class HotKeys {
  /** Longer keys are not counted, because counting copies the key; in bytes. */
  private static final int LONGEST = 1024;

  /** How often weights are rescaled, in half-lives: larger weights would swallow small addends. */
  private static final double RESCALE = 64;

  private final int most;
  private final double halfLife;
  private final int samples;
  private final Map<Key, Counter> counters = new HashMap<>();

  /** How many lookups each counted lookup stands for. */
  private int gap = 1;

  private long secondBegan;
  private int sampled;

  /** When a lookup weighs one. Later lookups weigh more, so older ones fade in comparison. */
  private long epoch;

  private long began = Long.MIN_VALUE;

  /**
   * A key and how often it is looked up.
   *
   * @param rate a lower bound of the lookups per second
   */
  public record Hot(Key key, double rate) {}

  private static final class Counter {
    final Key key;
    final double error;
    double count;

    Counter(Key key, double error) {
      this.key = key;
      this.error = error;
      this.count = error;
    }

    /** A lower bound of the key's count. */
    double lowerBound() {
      return count - error;
    }
  }

  /** Uses 256 counters, a half-life of ten seconds, and a thousand samples a second. */
  public HotKeys() {
    this(256, 10_000, 1000);
  }

  HotKeys(int most, long halfLifeMs, int samplesASecond) {
    this.most = most;
    this.halfLife = halfLifeMs;
    this.samples = samplesASecond;
  }

  /** The random distance from the last counted lookup to the next one to count: 1 or more. */
  public int gap() {
    return gap == 1 ? 1 : ThreadLocalRandom.current().nextInt(1, 2 * gap);
  }

  /**
   * Counts a lookup. The parameters are those of {@link Cache#get}.
   *
   * @param now milliseconds of a monotonic clock
   */
  public void count(int db, byte[] buffer, int offset, int length, int hash, long now) {
    pace(now);
    if (length > LONGEST) {
      return;
    }
    Key key = Key.copyOf(db, buffer, offset, length, hash);
    Counter counter = counters.get(key);
    if (counter == null) {
      counter = new Counter(key, counters.size() < most ? 0 : takeSmallest());
      counters.put(key, counter);
    }
    counter.count += gap * growth(now);
  }

  private void pace(long now) {
    if (began == Long.MIN_VALUE) {
      began = now;
      epoch = now;
      secondBegan = now;
    }
    if ((now - epoch) / halfLife > RESCALE) {
      double scale = 1 / growth(now);
      counters.values().removeIf(counter -> counter.count * scale < 1e-9);
      rescale(scale);
      epoch = now;
    }
    if (now - secondBegan >= 1000) {
      gap = sampled < samples / 4 ? Math.max(1, gap / 2) : gap;
      secondBegan = now;
      sampled = 0;
    }
    if (++sampled > samples) {
      gap = Math.min(gap * 2, 1 << 20);
      sampled = samples / 2;
    }
  }

  private void rescale(double scale) {
    counters.replaceAll(
        (key, counter) -> {
          Counter scaled = new Counter(key, counter.error * scale);
          scaled.count = counter.count * scale;
          return scaled;
        });
  }

  private double growth(long now) {
    return Math.pow(2, (now - epoch) / halfLife);
  }

  private double takeSmallest() {
    Counter smallest =
        Collections.min(counters.values(), Comparator.comparingDouble(counter -> counter.count));
    counters.remove(smallest.key);
    return smallest.count;
  }

  /** The keys with the most lookups, hottest first; at most {@code limit} of them. */
  public List<Hot> hottest(int limit, long now) {
    // In the limit a steady rate r adds up to r * halfLife / ln 2. Since the start there has been
    // time for only a part of that.
    double age = Math.max(1000, now - began);
    double full = halfLife / Math.log(2) / 1000 * (1 - Math.pow(2, -age / halfLife));
    double unit = growth(now) * full;
    return counters.values().stream()
        .sorted(Comparator.comparingDouble(Counter::lowerBound).reversed())
        .limit(limit)
        .map(counter -> new Hot(counter.key, counter.lowerBound() / unit))
        .toList();
  }
}
