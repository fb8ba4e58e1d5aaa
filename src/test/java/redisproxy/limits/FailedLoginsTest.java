package redisproxy.limits;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;

class FailedLoginsTest {
  private long now = 1;
  private final FailedLogins failed = new FailedLogins(() -> now);

  @Test
  void delay_growsUpToTwoSeconds_forTheAddressAlone() {
    for (long expected : new long[] {50, 100, 200, 400, 800, 1600, 2000, 2000}) {
      assertEquals(expected, failed.delayMs("a"));
    }
    assertEquals(50, failed.delayMs("b"));
  }

  @Test
  void address_startsAnew_afterAMinute() {
    failed.delayMs("a");
    now += 60_000;
    assertEquals(100, failed.delayMs("a"));
    now += 60_001;
    assertEquals(50, failed.delayMs("a"));
  }

  @Test
  void addresses_thatAreTooMany_areForgottenTheOldestFirst() {
    for (int i = 0; i <= RecentClients.MOST; i++) {
      failed.delayMs("" + i);
    }
    assertTrue(failed.delayMs("1") > 50);
    assertEquals(50, failed.delayMs("0"));
  }
}
