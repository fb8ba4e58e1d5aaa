package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assertions.fail;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;

/**
 * Plays random sessions to one Redis directly and to another through the proxy, while another
 * client writes. The replies must be equal byte for byte, on every route. The system properties
 * {@code test.seed} and {@code test.sessions} choose other sessions, or more.
 */
@InEachShape
class DifferentialIT {
  private static final long SEED = Long.getLong("test.seed", 20_263);
  private static final int SESSIONS = Integer.getInteger("test.sessions", 500);

  @Parameter Shape shape;

  /**
   * The client ends its output while the proxy has paused it. Over io_uring with multishot polls
   * the proxy missed the end about once in 300 times.
   */
  @Test
  void sessionPausedAtItsEnd_isAlwaysTheSame() {
    try (Comparison comparison = new Comparison(shape)) {
      for (int i = 0; i < 600; i++) {
        assertNull(comparison.report(SessionDamage.of(20_479)));
      }
    }
  }

  @Test
  void randomSessions_areTheSame() {
    assertSame(false, 0.25);
  }

  @Test
  void randomSessionsOfCachedReads_areTheSame() {
    assertSame(true, 2);
  }

  /**
   * Plays sessions.
   *
   * @param ofCachedReads whether they read few keys again and again
   * @param leastHits how often the cache must answer, for each session
   */
  private void assertSame(boolean ofCachedReads, double leastHits) {
    try (Comparison comparison = new Comparison(shape)) {
      for (long seed = SEED; seed < SEED + SESSIONS; seed++) {
        String report = comparison.report(comparison.session(seed, ofCachedReads));
        if (report != null) {
          fail("-Dtest.seed=" + seed + " -Dtest.sessions=1\n" + report);
        }
      }
      long hits = comparison.hits();
      assertTrue(hits > SESSIONS * leastHits, SESSIONS + " sessions and only " + hits + " hits");
    }
  }
}
