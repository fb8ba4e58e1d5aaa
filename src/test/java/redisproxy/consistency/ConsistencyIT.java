package redisproxy.consistency;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.util.EnumSet;
import java.util.List;
import java.util.concurrent.ThreadLocalRandom;
import org.junit.jupiter.api.Test;

/**
 * A few seconds of {@code make consistency}. It prints its seed; {@code -Dtest.seed=N} sets one.
 */
class ConsistencyIT {
  private static final long MS = 8_000;

  @Test
  void replies_areConsistentWithTheLogOfRedis() throws Exception {
    long seed = Long.getLong("test.seed", ThreadLocalRandom.current().nextInt(1_000_000));
    List<Fault> faults = Consistency.trial(seed, MS, EnumSet.allOf(Nemesis.class));
    assertEquals(List.of(), faults, "SEED=" + seed);
  }
}
