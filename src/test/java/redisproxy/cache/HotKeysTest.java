package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

/** Compares the sketch with exact counts. */
class HotKeysTest {
  private static final long FOREVER = 1L << 40;

  private static void count(HotKeys hotKeys, String key, long now) {
    byte[] bytes = key.getBytes(StandardCharsets.UTF_8);
    hotKeys.count(0, bytes, 0, bytes.length, Key.hash(0, bytes, 0, bytes.length), now);
  }

  private static List<String> names(List<HotKeys.Hot> hottest) {
    return hottest.stream()
        .map(hot -> new String(hot.key().bytes(), StandardCharsets.UTF_8))
        .toList();
  }

  @Test
  void hottest_ofManyMoreKeysThanCounters_agreesWithExactCounts() {
    Random random = new Random(7);
    HotKeys hotKeys = new HotKeys(256, FOREVER, Integer.MAX_VALUE);
    Map<String, Integer> exact = new HashMap<>();
    int lookups = 200_000;
    for (int i = 0; i < lookups; i++) {
      // A Zipf-like distribution: half of all lookups hit a few of 50,000 keys.
      String key = "k" + (int) Math.pow(50_000, random.nextDouble());
      exact.merge(key, 1, Integer::sum);
      count(hotKeys, key, 0);
    }
    List<String> expected =
        exact.entrySet().stream()
            .sorted(Map.Entry.<String, Integer>comparingByValue(Comparator.reverseOrder()))
            .limit(10)
            .map(Map.Entry::getKey)
            .toList();
    List<HotKeys.Hot> hottest = hotKeys.hottest(10, 1000);
    assertEquals(expected, names(hottest));
    for (HotKeys.Hot hot : hottest) {
      int real = exact.get(new String(hot.key().bytes(), StandardCharsets.UTF_8));
      assertTrue(hot.rate() <= real * 1.001, hot.rate() + " of " + real);
      assertTrue(hot.rate() >= real - lookups / 256.0, hot.rate() + " of " + real);
    }
  }

  /** A key with a larger share of the lookups than one counter's always gets a counter. */
  @Test
  void hottest_findsALateHotKeyWithoutOverratingIt() {
    HotKeys hotKeys = new HotKeys(10, FOREVER, Integer.MAX_VALUE);
    for (int i = 0; i < 1000; i++) {
      count(hotKeys, "before" + i % 10, 0);
    }
    for (int i = 0; i < 3000; i++) {
      count(hotKeys, "new", 0);
      count(hotKeys, "once" + i, 0);
    }
    List<HotKeys.Hot> hottest = hotKeys.hottest(100, 1000);
    assertEquals(10, hottest.size());
    assertEquals("new", names(hottest).get(0));
    assertTrue(hottest.get(0).rate() <= 3000 * 1.001, "a second: " + hottest.get(0).rate());
    assertTrue(hottest.get(0).rate() >= 3000 - 7000 / 10, "a second: " + hottest.get(0).rate());
  }

  @Test
  void rate_ofASteadyLoad_staysCorrect() {
    HotKeys hotKeys = new HotKeys(1, 10_000, 1000);
    long now = -3_000_000_000L;
    count(hotKeys, "loses its counter", now);
    for (int second = 1; second <= 20_000; second++) {
      for (int i = 0; i < 50; i++) {
        count(hotKeys, "steady", now + i * 20);
      }
      now += 1000;
      if (second >= 3) {
        assertEquals(50, hotKeys.hottest(1, now).get(0).rate(), 5, "after " + second + " s");
      }
    }
  }

  @Test
  void hottest_forgetsKeysThatAreNoLongerLookedUp() {
    HotKeys hotKeys = new HotKeys();
    for (int i = 0; i < 200; i++) {
      count(hotKeys, "before", i);
    }
    for (int i = 0; i < 20; i++) {
      count(hotKeys, "lately", 60_000 + i);
    }
    assertEquals(List.of("lately", "before"), names(hotKeys.hottest(2, 61_000)));
    for (long now = 61_000; now < 10_000_000; now += 500_000) {
      count(hotKeys, "now", now);
    }
    assertEquals(List.of("now"), names(hotKeys.hottest(10, 10_000_000)));
  }

  @Test
  void gap_underAHeavyLoad_samplesAndKeepsTheRateCorrect() {
    HotKeys hotKeys = new HotKeys(256, 10_000, 1000);
    int counted = 0;
    int next = 0;
    int perSecond = 200_000;
    for (int second = 0; second < 20; second++) {
      for (int i = 0; i < perSecond; i++) {
        if (next-- == 0) {
          counted++;
          count(
              hotKeys, i % 4 == 0 ? "quarter" : "rest" + i, second * 1000L + i * 1000L / perSecond);
          next = hotKeys.gap() - 1;
        }
      }
    }
    assertTrue(counted < 20 * 2_000, counted + " counted");
    assertTrue(counted > 20 * 250, "only " + counted + " counted");
    HotKeys.Hot first = hotKeys.hottest(1, 20_000).get(0);
    assertEquals("quarter", names(List.of(first)).get(0));
    assertEquals(perSecond / 4.0, first.rate(), perSecond / 16.0);
  }

  @Test
  void gap_whenTheLoadIsLightAgain_isOne() {
    HotKeys hotKeys = new HotKeys(256, 10_000, 1000);
    for (int i = 0; i < 10_000; i++) {
      count(hotKeys, "heavy", 0);
    }
    assertTrue(IntStream.range(0, 100).map(i -> hotKeys.gap()).max().getAsInt() > 1);
    for (int second = 1; second < 30; second++) {
      for (int i = 0; i < 50; i++) {
        count(hotKeys, "light", second * 1000L + i * 20);
      }
    }
    assertEquals(1, IntStream.range(0, 100).map(i -> hotKeys.gap()).max().getAsInt());
  }

  @Test
  void count_ofATooLongKey_isIgnored() {
    HotKeys hotKeys = new HotKeys();
    count(hotKeys, "x".repeat(2000), 0);
    assertEquals(List.of(), hotKeys.hottest(5, 0));
  }
}
