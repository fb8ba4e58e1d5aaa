package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.HashMap;
import java.util.Map;
import java.util.Random;
import org.junit.jupiter.api.Test;

class LoadConfirmationsTest {
  private final LoadConfirmations confirmations = new LoadConfirmations();

  @Test
  void load_isUnconfirmed_untilAFencePassesThatWasRequestedBehindIt() {
    assertTrue(confirmations.isAllConfirmed());
    confirmations.add(1);
    long fence = confirmations.last();
    confirmations.add(2);
    assertFalse(confirmations.isConfirmed(1));
    assertTrue(confirmations.isConfirmed(3));
    confirmations.confirm(fence);
    assertTrue(confirmations.isConfirmed(1));
    assertFalse(confirmations.isConfirmed(2));
    assertFalse(confirmations.isAllConfirmed());
    confirmations.confirm(confirmations.last());
    assertTrue(confirmations.isAllConfirmed());
  }

  @Test
  void anEarlierFence_takesNothingBack() {
    confirmations.add(1);
    long early = confirmations.last();
    confirmations.add(2);
    confirmations.confirm(confirmations.last());
    confirmations.confirm(early);
    assertTrue(confirmations.isConfirmed(2));
  }

  @Test
  void aSecondLoadOfAKey_isUnconfirmedAgain() {
    confirmations.add(1);
    confirmations.confirm(confirmations.last());
    confirmations.add(1);
    assertFalse(confirmations.isConfirmed(1));
  }

  /** The table is bounded. What it forgets counts as unconfirmed. */
  @Test
  void whenMoreLoadsAreUnconfirmedThanFit_allKeysAreUntilTheNextFence() {
    for (int hash = 1; hash <= 5000; hash++) {
      confirmations.add(hash);
    }
    assertFalse(confirmations.isConfirmed(1));
    assertFalse(confirmations.isConfirmed(5000));
    assertFalse(confirmations.isConfirmed(1_000_000));
    confirmations.confirm(confirmations.last());
    confirmations.add(7);
    assertTrue(confirmations.isConfirmed(1));
    assertFalse(confirmations.isConfirmed(7));
  }

  /** No unconfirmed load ever counts as confirmed. */
  @Test
  void randomLoadsAndFences_agreeWithAMap() {
    Random random = new Random(4_081_513);
    Map<Integer, Long> model = new HashMap<>();
    long last = 0;
    long confirmed = 0;
    for (int step = 0; step < 300_000; step++) {
      int hash = random.nextInt(3000) * 0x9E3779B9;
      if (random.nextInt(500) == 0) {
        confirmed = Math.max(confirmed, last - random.nextInt(3));
        confirmations.confirm(confirmed);
      } else if (random.nextBoolean()) {
        last++;
        model.put(hash, last);
        confirmations.add(hash);
      }
      assertEquals(last, confirmations.last());
      boolean isConfirmed = model.getOrDefault(hash, 0L) <= confirmed;
      assertEquals(isConfirmed, confirmations.isConfirmed(hash));
    }
  }
}
