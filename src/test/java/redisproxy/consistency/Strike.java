package redisproxy.consistency;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * When a nemesis strikes.
 *
 * @param afterMs the time from the start of the trial; later if the previous strike takes longer
 * @param strength 0 to 99
 */
record Strike(long afterMs, Nemesis nemesis, int strength) {
  private static final int APART_MS = 1_500;

  /** Draws the strikes of a trial. The same seed gives the same strikes. */
  static List<Strike> draw(Random random, long forMs, Set<Nemesis> nemeses) {
    List<Nemesis> all = List.copyOf(nemeses);
    List<Strike> strikes = new ArrayList<>();
    long at = APART_MS / 2;
    while (!all.isEmpty() && at < forMs) {
      strikes.add(new Strike(at, all.get(random.nextInt(all.size())), random.nextInt(100)));
      at += APART_MS / 3 + random.nextInt(APART_MS);
    }
    return strikes;
  }

  @Override
  public String toString() {
    return afterMs + " ms " + nemesis + " " + strength;
  }
}
