package redisproxy.upstream.connection;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class BackoffTest {
  private static final long[] BOUNDS = {50, 100, 200, 400, 800, 1000, 1000, 1000};

  @Test
  void next_isBetweenHalfAndAllOfADoublingBound() {
    for (int run = 0; run < 1000; run++) {
      assertDoubles(new Backoff(1000));
    }
  }

  @Test
  void reset_restartsAtTheFirstBound() {
    Backoff backoff = new Backoff(1000);
    assertDoubles(backoff);
    backoff.reset();
    assertDoubles(backoff);
  }

  private static void assertDoubles(Backoff backoff) {
    for (long bound : BOUNDS) {
      long delay = backoff.next();
      assertTrue(delay > bound / 2 && delay <= bound + 1, delay + " for " + bound);
    }
  }

  @Test
  void next_isRandom() {
    Backoff backoff = new Backoff(50);
    assertEquals(26, LongStream.generate(backoff::next).limit(1000).distinct().count());
  }

  @ParameterizedTest
  @ValueSource(longs = {-1, 0, 1, 2, 3, 49, 365L * 24 * 3600 * 1000})
  void next_forAnyBound_isAtLeastOne(long bound) {
    Backoff backoff = new Backoff(bound);
    for (int i = 0; i < 200; i++) {
      long delay = backoff.next();
      assertTrue(delay >= 1 && delay - 1 <= Math.max(bound, 1), delay + " for " + bound);
    }
  }
}
