package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class RecentHashesTest {
  private static final int SLOTS = 4096;
  private final RecentHashes hashes = new RecentHashes();

  @ParameterizedTest
  @ValueSource(ints = {0, 1, -1, 0x1234_5678, Integer.MIN_VALUE, Integer.MAX_VALUE})
  void contains_isTrueForTheTimeAndNotLonger(int hash) {
    assertFalse(hashes.contains(hash, 5000, 10_000), "never added");
    hashes.add(hash, 5000);
    assertTrue(hashes.contains(hash, 5000, 10_000));
    assertTrue(hashes.contains(hash, 15_000, 10_000));
    assertFalse(hashes.contains(hash, 16_000, 10_000));
  }

  @Test
  void contains_atTheStartOfTheClock_isTrueOnceAdded() {
    assertFalse(hashes.contains(0, 0, 10_000));
    hashes.add(0, 0);
    assertTrue(hashes.contains(0, 0, 10_000));
  }

  @Test
  void contains_withinLessThanASecond_isTrueInTheSameSecondAlone() {
    hashes.add(7, 5000);
    assertTrue(hashes.contains(7, 5999, 500));
    assertFalse(hashes.contains(7, 6000, 500));
  }

  @Test
  void add_ofAHashAgain_startsItsTimeAgain() {
    hashes.add(7, 0);
    hashes.add(7, 9000);
    assertTrue(hashes.contains(7, 19_000, 10_000));
  }

  @Test
  void add_ofAnotherHashOfTheSlot_forgetsTheOlderOne() {
    hashes.add(7, 0);
    hashes.add(7 + SLOTS, 0);
    assertFalse(hashes.contains(7, 0, 10_000));
    assertTrue(hashes.contains(7 + SLOTS, 0, 10_000));
    assertFalse(hashes.contains(7 + 2 * SLOTS, 0, 10_000));
  }

  @Test
  void add_ofHashesOfAllSlots_forgetsNone() {
    for (int hash = 0; hash < SLOTS; hash++) {
      hashes.add(hash, 0);
    }
    for (int hash = 0; hash < SLOTS; hash++) {
      assertTrue(hashes.contains(hash, 0, 10_000), "hash " + hash);
    }
  }
}
