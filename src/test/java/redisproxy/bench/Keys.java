package redisproxy.bench;

import java.util.Arrays;
import java.util.SplittableRandom;

/** Chooses the next key. For one thread. */
final class Keys {
  private static final int DRAWN = 1 << 20;

  private final Workload workload;
  private final long hitsBelow;

  /** Ranks drawn in advance, because a Zipf draw is slow; null if all keys are equally popular. */
  private final int[] drawn;

  private long state = System.nanoTime() | 1;
  private int turn;
  private int asked;
  private int cold;

  Keys(Workload workload) {
    this.workload = workload;
    hitsBelow = (long) (workload.hits() / 100 * (1L << 32));
    // Start at a random cold key: those of the previous workload may still be in the cache.
    cold = below(workload.cold());
    drawn = workload.zipf() == 0 ? null : draw(workload.keys(), workload.zipf());
  }

  private static int[] draw(int keys, double exponent) {
    double[] sums = new double[keys];
    double sum = 0;
    for (int rank = 0; rank < keys; rank++) {
      sum += Math.pow(rank + 1, -exponent);
      sums[rank] = sum;
    }
    SplittableRandom random = new SplittableRandom();
    int[] drawn = new int[DRAWN];
    for (int i = 0; i < DRAWN; i++) {
      int at = Arrays.binarySearch(sums, random.nextDouble() * sum);
      drawn[i] = Math.min(keys - 1, at < 0 ? -at - 1 : at);
    }
    return drawn;
  }

  int next() {
    if (workload.once()) {
      return workload.from() + asked++ % workload.keys();
    }
    long random = random();
    if ((random & 0xffff_ffffL) >= hitsBelow) {
      cold = cold + 1 < workload.cold() ? cold + 1 : 0;
      return workload.from() + workload.keys() + cold;
    }
    if (drawn != null) {
      return workload.from() + drawn[turn++ & DRAWN - 1];
    }
    return workload.from() + (int) ((random >>> 32) * workload.keys() >>> 32);
  }

  private int below(int limit) {
    return (int) ((random() >>> 32) * limit >>> 32);
  }

  /** Whether every key was requested. */
  boolean allAsked() {
    return asked >= workload.keys();
  }

  /** Xorshift with a multiplication. Both halves are random enough for keys. */
  private long random() {
    state ^= state >>> 12;
    state ^= state << 25;
    state ^= state >>> 27;
    return state * 0x2545F4914F6CDD1DL;
  }
}
