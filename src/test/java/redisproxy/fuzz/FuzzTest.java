package redisproxy.fuzz;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** A short {@code make fuzz}: once with a fixed seed, and once with a new one. */
@Timeout(120)
class FuzzTest {
  private static final long SEED = 20_265;
  private static final long FRESH = Long.getLong("test.seed", System.nanoTime());

  @ParameterizedTest
  @EnumSource
  void corpus_holds(Targets target) {
    assertFalse(target.corpus().isEmpty(), "no corpus");
    for (byte[] input : target.corpus()) {
      try {
        Campaign.check(target.make(), input);
      } catch (Throwable e) {
        throw new AssertionError(target + ": " + Spelling.of(input), e);
      }
    }
  }

  @ParameterizedTest
  @EnumSource
  void randomInput_holds(Targets target) {
    assertHolds(target, SEED);
    assertHolds(target, FRESH);
  }

  private static void assertHolds(Targets target, long seed) {
    Campaign campaign = new Campaign(target.make(), seed, target.corpus());
    while (campaign.tried() < target.fewInputs) {
      Campaign.Finding finding = campaign.next();
      if (finding != null) {
        String least = Spelling.of(campaign.least(finding));
        throw new AssertionError(
            "-Dtest.seed=" + seed + ", " + target + ": " + least, finding.fault());
      }
    }
    String seen = campaign.refused() + " refused, " + campaign.read() + " read";
    long some = target.fewInputs / 20;
    assertTrue(campaign.refused() > some && campaign.read() > some, seen);
  }

  @Test
  void spelling_isReadBack() {
    Random random = new Random(SEED);
    for (int i = 0; i < 1000; i++) {
      byte[] bytes = new byte[1 + random.nextInt(20)];
      random.nextBytes(bytes);
      String line = Spelling.of(bytes);
      assertArrayEquals(bytes, Spelling.bytes(line), line);
      assertTrue(line.equals(line.strip()) && !line.startsWith("#"), line);
    }
  }
}
