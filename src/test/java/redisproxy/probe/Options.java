package redisproxy.probe;

import java.time.Duration;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;

/**
 * The options of the probe, from environment variables.
 *
 * @param rate writes a second, half of them straight to Redis; RATE
 * @param reads the most reads a second, half of them over HTTP; READS
 * @param duration how long each scenario writes; SECONDS
 * @param keys the number of keys; KEYS
 * @param hot how many of them get 80 % of the reads and half the writes; HOT
 * @param writers writers, each with its own keys; WRITERS
 * @param readers readers, each with its own connection; READERS
 * @param quiet how long to wait after the last write; QUIET_MS
 * @param outage how long an outage lasts; OUTAGE_SECONDS
 * @param scenarios what happens meanwhile; SCENARIO, a comma-separated list, or all
 * @param commands the commands that write; COMMANDS, likewise
 */
record Options(
    int rate,
    int reads,
    Duration duration,
    int keys,
    int hot,
    int writers,
    int readers,
    Duration quiet,
    Duration outage,
    List<Scenario> scenarios,
    Set<Command> commands) {

  /**
   * Reads the environment.
   *
   * @throws IllegalArgumentException with what is wrong
   */
  static Options of(Map<String, String> environment) {
    int keys = number(environment, "KEYS", 10_000, 1_000_000);
    return new Options(
        number(environment, "RATE", 2_400, 100_000),
        number(environment, "READS", 16_000, 1_000_000),
        Duration.ofSeconds(number(environment, "SECONDS", 30, 3_600)),
        keys,
        Math.min(keys, number(environment, "HOT", 500, 1_000_000)),
        Math.min(keys, number(environment, "WRITERS", 8, 100)),
        number(environment, "READERS", 8, 1_000),
        Duration.ofMillis(number(environment, "QUIET_MS", 1_000, 60_000)),
        Duration.ofSeconds(number(environment, "OUTAGE_SECONDS", 3, 60)),
        List.copyOf(named(Scenario.class, environment, "SCENARIO")),
        named(Command.class, environment, "COMMANDS"));
  }

  private static int number(Map<String, String> environment, String name, int otherwise, int most) {
    String value = environment.getOrDefault(name, "").strip();
    try {
      int number = value.isEmpty() ? otherwise : Integer.parseInt(value);
      if (number >= 1 && number <= most) {
        return number;
      }
    } catch (NumberFormatException e) {
      // Reported below.
    }
    throw new IllegalArgumentException(name + "=" + value + ": expected 1 to " + most);
  }

  private static <E extends Enum<E>> Set<E> named(
      Class<E> type, Map<String, String> environment, String variable) {
    Set<E> named = EnumSet.noneOf(type);
    String names = environment.getOrDefault(variable, "all").strip();
    for (String name : names.equals("all") ? new String[0] : names.split(",")) {
      try {
        named.add(Enum.valueOf(type, name.strip().toUpperCase(Locale.ROOT).replace('-', '_')));
      } catch (IllegalArgumentException e) {
        throw new IllegalArgumentException(
            variable + "=" + names + ": expected all, or some of " + EnumSet.allOf(type));
      }
    }
    return named.isEmpty() ? EnumSet.allOf(type) : named;
  }
}
