package redisproxy.consistency;

import java.io.IOException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Locale;
import java.util.Set;
import java.util.concurrent.ThreadLocalRandom;
import java.util.concurrent.TimeUnit;

/**
 * {@code make consistency}: runs one trial after the other, each with its own seed, for SECONDS
 * (1800). SEED is the seed of the first trial (default: random); each later trial adds one. NEMESES
 * is a comma-separated list, or all. A seed repeats the requests of sessions and the strikes, but
 * not how threads take turns. Exits with status 1 if it found faults, which are then in {@code
 * target/consistency}, and with 2 if trials could not be judged.
 */
public final class Consistency {
  static final Path FOLDER = Path.of("target", "consistency");
  static final int SESSIONS = 16;
  static final double PER_SECOND = 1_500;
  private static final long TRIAL_SECONDS = 30;

  private Consistency() {}

  public static void main(String[] args) {
    int status = 2;
    try {
      status = run() ? 0 : 1;
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(status);
  }

  private static boolean run() throws IOException, InterruptedException {
    long seconds = number("SECONDS", 1_800);
    long seed = number("SEED", ThreadLocalRandom.current().nextInt(1_000_000));
    Set<Nemesis> nemeses = nemeses(System.getenv().getOrDefault("NEMESES", "all"));
    long end = System.nanoTime() + TimeUnit.SECONDS.toNanos(seconds);
    boolean isSound = true;
    long each = Math.min(seconds, TRIAL_SECONDS);
    int trials = 0;
    int unjudged = 0;
    do {
      try {
        trials++;
        isSound &= trial(seed++, TimeUnit.SECONDS.toMillis(each), nemeses).isEmpty();
      } catch (IOException | IllegalStateException e) {
        unjudged++;
        System.out.println("  NOT JUDGED: " + e);
      }
    } while (System.nanoTime() < end);
    System.out.println(trials + " trials, " + unjudged + " of them not judged");
    if (isSound && unjudged > 0) {
      throw new IllegalStateException("some trials could not be judged");
    }
    return isSound;
  }

  /** Runs one trial, reports it on standard output, and returns the faults. */
  static List<Fault> trial(long seed, long ms, Set<Nemesis> nemeses)
      throws IOException, InterruptedException {
    try (Trial trial = new Trial(seed, ms, nemeses, FOLDER)) {
      System.out.println("SEED=" + seed + " " + trial.strikes());
      List<Fault> faults = trial.run(SESSIONS, PER_SECOND);
      System.out.println("  " + trial.summary());
      if (!faults.isEmpty()) {
        Path report = trial.writeReport(seed, faults);
        System.out.println("  " + faults.size() + " FAULTS, see " + report);
        faults.stream().limit(5).forEach(fault -> System.out.println("  ! " + fault));
      }
      return faults;
    }
  }

  private static Set<Nemesis> nemeses(String names) {
    Set<Nemesis> nemeses = EnumSet.noneOf(Nemesis.class);
    for (String name : names.equals("all") ? new String[0] : names.split(",")) {
      nemeses.add(Nemesis.valueOf(name.strip().toUpperCase(Locale.ROOT).replace('-', '_')));
    }
    return nemeses.isEmpty() ? EnumSet.allOf(Nemesis.class) : nemeses;
  }

  private static long number(String name, long otherwise) {
    String value = System.getenv().getOrDefault(name, "");
    return value.isBlank() ? otherwise : Long.parseLong(value.strip());
  }
}
