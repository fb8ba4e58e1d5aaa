package redisproxy.fuzz;

import java.util.Map;

/**
 * What the environment says of how to fuzz.
 *
 * @param targets names with commas between, or all; TARGET
 * @param inputs how many are tried of each; INPUTS
 * @param seconds how long each is tried at most; SECONDS
 * @param seed what chance begins with; SEED
 */
public record Options(String targets, long inputs, long seconds, long seed) {
  private static final long MINUTE = 60;

  /** Reads the environment; throws an IllegalArgumentException with what is wrong. */
  static Options of(Map<String, String> environment) {
    long inputs = number(environment, "INPUTS", Long.MAX_VALUE);
    long otherwise = inputs == Long.MAX_VALUE ? MINUTE : Long.MAX_VALUE;
    return new Options(
        environment.getOrDefault("TARGET", "all"),
        inputs,
        number(environment, "SECONDS", otherwise),
        number(environment, "SEED", System.nanoTime()));
  }

  private static long number(Map<String, String> environment, String name, long otherwise) {
    String text = environment.getOrDefault(name, "").strip();
    try {
      long number = text.isEmpty() ? otherwise : Long.parseLong(text);
      if (number > 0) {
        return number;
      }
    } catch (NumberFormatException e) {
      // said below
    }
    throw new IllegalArgumentException(name + "=" + text + ": expected a number above zero");
  }

  /** Whether there is more to do when so much has been done. */
  public boolean isMore(long done, long sinceNanos) {
    boolean isInTime =
        seconds == Long.MAX_VALUE || System.nanoTime() - sinceNanos < seconds * 1_000_000_000L;
    return done < inputs && isInTime;
  }
}
