package redisproxy.fuzz;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Random;
import java.util.Set;

/**
 * Generates inputs for a target: samples, damaged samples, and further damage to inputs with a new
 * kind of outcome. The same seed generates the same inputs.
 */
final class Campaign {
  /** An input for which a check failed. */
  record Finding(byte[] input, Throwable fault) {}

  private static final int MAX_POOL = 4096;
  private static final int MAX_SHAPES = 200_000;

  private final Target target;
  private final Random random;
  private final Damage damage;

  /** Inputs worth damaging further. */
  private final List<byte[]> pool = new ArrayList<>();

  private final Set<Integer> shapes = new HashSet<>();

  /** Read by the watchdog thread, as is the number of tried inputs. */
  private volatile byte[] current = {};

  private volatile long tried;
  private long refused;
  private long read;

  Campaign(Target target, long seed, List<byte[]> corpus) {
    this.target = target;
    this.random = new Random(seed);
    this.damage = new Damage(random, target.words());
    pool.addAll(corpus);
  }

  /** Tries one more input. Returns null if all checks hold. */
  Finding next() {
    try {
      if (random.nextInt(8) == 0) {
        Target.Sample sample = target.sample(random);
        note(sample.input()).mustBe(sample.outcome(), "outcome of a sample");
      } else {
        byte[] input = damage.mutate(ancestor());
        Outcome outcome = note(input);
        if ((Arrays.hashCode(input) & 3) == 0) {
          checkAfterSample(target, input, outcome);
        }
      }
      return null;
    } catch (Throwable fault) {
      return new Finding(current, fault);
    } finally {
      tried = tried + 1;
    }
  }

  private byte[] ancestor() {
    boolean isOld = !pool.isEmpty() && random.nextInt(3) > 0;
    return isOld ? pool.get(random.nextInt(pool.size())) : target.sample(random).input();
  }

  private Outcome note(byte[] input) {
    current = input;
    Outcome outcome = target.outcome(input);
    refused += outcome.error() == null ? 0 : 1;
    read += outcome.read().size();
    if (shapes.size() < MAX_SHAPES && shapes.add(outcome.shape())) {
      if (pool.size() < MAX_POOL) {
        pool.add(input);
      } else {
        pool.set(random.nextInt(MAX_POOL), input);
      }
    }
    return outcome;
  }

  /** Throws if a check fails for an input. */
  static void check(Target target, byte[] input) {
    checkAfterSample(target, input, target.outcome(input));
  }

  /** Checks that a stream target reads the input after a sample as it does alone. */
  private static void checkAfterSample(Target target, byte[] input, Outcome alone) {
    if (target.isStream()) {
      Target.Sample sample = target.sample(new Random(Arrays.hashCode(input)));
      int length = sample.input().length;
      byte[] both = Damage.replace(sample.input(), length, length, input);
      target.outcome(both).mustBe(sample.outcome().then(alone), "after a sample");
    }
  }

  /** Returns the input without the parts that its fault does not need. */
  byte[] least(Finding finding) {
    byte[] least = finding.input();
    for (int length = least.length / 2; length > 0; length /= 2) {
      for (int from = 0; from + length <= least.length; ) {
        byte[] less = Damage.replace(least, from, from + length, new byte[0]);
        if (fails(less, finding.fault().getClass())) {
          least = less;
        } else {
          from += length;
        }
      }
    }
    return least;
  }

  private boolean fails(byte[] input, Class<?> fault) {
    try {
      check(target, input);
      return false;
    } catch (Throwable e) {
      return e.getClass() == fault;
    }
  }

  /** The input that is being tried. */
  byte[] current() {
    return current;
  }

  long tried() {
    return tried;
  }

  /** How many inputs were refused, at least in part. */
  long refused() {
    return refused;
  }

  /** How many items were read from all inputs. */
  long read() {
    return read;
  }

  /** How many different shapes of outcomes there were. */
  int shapes() {
    return shapes.size();
  }
}
