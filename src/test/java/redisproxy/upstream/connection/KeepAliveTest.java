package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;

/** When a PING is due. Uses the real clock, so a pause of any length must not fail it. */
class KeepAliveTest {
  private static final long DUE_NANOS = TimeUnit.MILLISECONDS.toNanos(750);

  private final long madeAt = System.nanoTime();
  private final KeepAlive keepAlive = new KeepAlive();

  /** Checks that a PING is due only if nothing was sent for 750 ms. */
  private static void assertNotEarly(boolean isDue, long usedAt) {
    assertTrue(!isDue || System.nanoTime() - usedAt >= DUE_NANOS);
  }

  private void awaitDue() {
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(keepAlive::isDue);
  }

  @Test
  void ping_isDueAfterThreeQuartersOfASecondWithoutUse() {
    assertNotEarly(keepAlive.isDue(), madeAt);
    awaitDue();
    assertNotEarly(true, madeAt);
  }

  @Test
  void used_delaysThePing() {
    awaitDue();
    long usedAt = System.nanoTime();
    keepAlive.used();
    assertNotEarly(keepAlive.isDue(), usedAt);
    awaitDue();
    assertNotEarly(true, usedAt);
  }
}
