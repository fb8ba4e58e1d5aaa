package redisproxy.cache;

import java.util.Collections;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.ThreadLocalRandom;

/**
 * Which keys are looked up most, lately: the Space-Saving sketch over a sample of the lookups, in
 * which what is older counts less. It keeps so many counters and no more; when a key comes that has
 * none, it takes over the smallest and remembers what stood there as its possible error.
 *
 * <p>The sample follows the load: every lookup while there are few, and from then on one of so many
 * that what it costs a second stays the same. Owned by one thread.
 */
public final class HotKeys {
  /** Longer keys are not counted: they are copied. */
  private static final int LONGEST = 1024;

  /** Before weights are so large that sums lose their small parts, in half-lives. */
  private static final double RESCALE = 64;

  private final int most;
  private final double halfLife;
  private final int samples;
  private final Map<Key, Counter> counters = new HashMap<>();

  /** Each counted lookup stands for so many. */
  private int gap = 1;

  private long secondBegan;
  private int sampled;

  /** When a lookup weighs one; later ones weigh more, which is the same as that older ones fade. */
  private long epoch;

  private long began = Long.MIN_VALUE;

  /**
   * A key and how often it is looked up.
   *
   * @param rate lookups a second, at least
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

    /** What it has been for certain. */
    double least() {
      return count - error;
    }
  }

  /**
   * With 256 counters, half of a lookup's weight after ten seconds, a thousand samples a second.
   */
  public HotKeys() {
    this(256, 10_000, 1000);
  }

  HotKeys(int most, long halfLifeMs, int samplesASecond) {
    this.most = most;
    this.halfLife = halfLifeMs;
    this.samples = samplesASecond;
  }

  /** How many lookups from the one counted last to the next to be counted: random, 1 or more. */
  public int gap() {
    return gap == 1 ? 1 : ThreadLocalRandom.current().nextInt(1, 2 * gap);
  }

  /**
   * Counts a lookup; parameters as of {@link Cache#get}.
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

  /** The keys looked up most, the first one most of all; at most {@code limit} of them. */
  public List<Hot> hottest(int limit, long now) {
    // A steady rate r adds up to r * halfLife / ln 2, less what there has not been time for yet.
    double age = Math.max(1000, now - began);
    double full = halfLife / Math.log(2) / 1000 * (1 - Math.pow(2, -age / halfLife));
    double unit = growth(now) * full;
    return counters.values().stream()
        .sorted(Comparator.comparingDouble(Counter::least).reversed())
        .limit(limit)
        .map(counter -> new Hot(counter.key, counter.least() / unit))
        .toList();
  }
}
