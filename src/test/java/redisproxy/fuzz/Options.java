package redisproxy.fuzz;

import java.util.Map;

/**
 * The options of the fuzzer, from environment variables.
 *
 * @param targets a comma-separated list of names, or all; TARGET
 * @param inputs the number of inputs for each target; INPUTS
 * @param seconds the longest time for each target; SECONDS
 * @param seed the random seed; SEED
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
      // Reported below.
    }
    throw new IllegalArgumentException(name + "=" + text + ": expected a number above zero");
  }

  /** Whether to go on after this many inputs. */
  public boolean isMore(long done, long sinceNanos) {
    boolean isInTime =
        seconds == Long.MAX_VALUE || System.nanoTime() - sinceNanos < seconds * 1_000_000_000L;
    return done < inputs && isInTime;
  }
}
