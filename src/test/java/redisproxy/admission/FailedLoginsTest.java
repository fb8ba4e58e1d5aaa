package redisproxy.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.Test;
import redisproxy.config.Limits;

class FailedLoginsTest {
  private long now = 1;
  private long first = 50;
  private final FailedLogins failed = new FailedLogins(() -> first, () -> now);

  @Test
  void delay_growsUpToOneSecondPerAddress() {
    for (long expected : new long[] {50, 100, 200, 400, 800, 1000, 1000}) {
      assertEquals(expected, failed.delayMs("a"));
    }
    assertEquals(50, failed.delayMs("b"));
  }

  @Test
  void delay_whenOff_isZero() {
    assertEquals(50, failed.delayMs("a"));
    first = 0;
    assertEquals(0, failed.delayMs("a"));
    assertEquals(0, failed.delayMs("b"));
    first = 10;
    assertEquals(100, failed.delayMs("a"));
    assertEquals(10, failed.delayMs("b"));
  }

  @Test
  void front_usesTheCurrentDelay() {
    LiveLimits live = new LiveLimits(limits(30));
    FailedLogins ofFront = FrontLimits.of(live, live.http(), 1).failedLogins();
    assertEquals(30, ofFront.delayMs("a"));
    live.set(limits(70));
    assertEquals(70, ofFront.delayMs("b"));
  }

  private static Limits limits(long failedLoginDelayMs) {
    Limits.Rate off = new Limits.Rate(0, 0);
    return new Limits(off, off, off, Duration.ofMillis(failedLoginDelayMs));
  }

  @Test
  void address_afterAMinute_startsAgain() {
    failed.delayMs("a");
    now += 60_000;
    assertEquals(100, failed.delayMs("a"));
    now += 60_001;
    assertEquals(50, failed.delayMs("a"));
  }

  @Test
  void tooManyAddresses_evictTheOldest() {
    for (int i = 0; i <= RecentClients.MOST; i++) {
      failed.delayMs("" + i);
    }
    assertTrue(failed.delayMs("1") > 50);
    assertEquals(50, failed.delayMs("0"));
  }
}
