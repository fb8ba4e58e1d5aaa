package redisproxy.attack;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicReference;

/**
 * {@code make attack}. Environment: ATTACKS, a comma-separated list of names or their beginnings
 * (default: all); SECONDS for each attack (5); SEED; HEAP of the proxy (128m). Exits with status 1
 * if the proxy has ended, or holds more files after an attack than before, and with 2 if it could
 * not be attacked.
 */
public final class Attack {
  private static final int QUIET_MS = 2_000;
  private static final long RECOVERY_NANOS = TimeUnit.SECONDS.toNanos(20);

  /** Files that come and go by themselves, for a spare connection or a class being loaded. */
  private static final int SPARE_FILES = 8;

  private static final String HEAD =
      """
      | attack | what the proxy did | heap peak, after (MiB) | direct peak | RSS peak | files before, peak, after \
      | others' p99 before, during: RESP (ms) | HTTP (ms) | others' failures |
      |---|---|---|---|---|---|---|---|---|
      """;

  private final int seconds;
  private final long seed;
  private final String names;
  private final String heap;
  private final Path folder;
  private final StringBuilder table = new StringBuilder(HEAD);
  private boolean sound = true;

  /** Prepares to write logs and a report to the folder. */
  Attack(Map<String, String> environment, Path folder) {
    this.folder = folder;
    seconds = Integer.parseInt(environment.getOrDefault("SECONDS", "5"));
    seed =
        environment.containsKey("SEED")
            ? Long.parseLong(environment.get("SEED"))
            : System.nanoTime();
    names = environment.getOrDefault("ATTACKS", "");
    heap = environment.getOrDefault("HEAP", "128m");
  }

  public static void main(String[] args) {
    int status = 2;
    try {
      status = new Attack(System.getenv(), Path.of("target", "attack")).run() ? 0 : 1;
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(status);
  }

  private boolean run() throws Exception {
    System.out.println("SEED=" + seed + " SECONDS=" + seconds);
    Map<String, Assault> plain = new LinkedHashMap<>();
    RespAssaults.addTo(plain);
    HttpAssaults.addTo(plain);
    HugeReplies.addTo(plain);
    PortAssaults.addTo(plain);
    Map<String, Assault> tls = new LinkedHashMap<>();
    PortAssaults.addTls(tls);
    Http2Assaults.addTo(tls);
    return run(plain, tls);
  }

  /**
   * Attacks a proxy, and then one with TLS, until one has ended. Writes the report of what was
   * measured, even if an attack fails. Returns whether every proxy lived and gave its files back.
   */
  boolean run(Map<String, Assault> plain, Map<String, Assault> tls) throws Exception {
    Files.createDirectories(folder);
    try {
      sound = run(plain, false) && run(tls, true) && sound;
    } finally {
      Files.writeString(folder.resolve("report.md"), table);
    }
    System.out.print("\n" + table);
    return sound;
  }

  private boolean isWanted(String name) {
    for (String wanted : names.split(",")) {
      if (name.startsWith(wanted.strip())) {
        return true;
      }
    }
    return false;
  }

  /** Returns whether the proxy lives. */
  private boolean run(Map<String, Assault> assaults, boolean tls) throws Exception {
    assaults.keySet().removeIf(name -> !isWanted(name));
    if (assaults.isEmpty()) {
      return true;
    }
    File log = folder.resolve(tls ? "tls.log" : "plain.log").toFile();
    try (Target target = new Target(tls, heap, log);
        Sampler sampler = new Sampler(target);
        Neighbours neighbours = new Neighbours(target)) {
      for (Map.Entry<String, Assault> assault : assaults.entrySet()) {
        if (!outlives(assault.getKey(), assault.getValue(), target, sampler, neighbours)) {
          add(
              "| "
                  + assault.getKey()
                  + " | the proxy has ended, see "
                  + log
                  + " | | | | | | | |\n");
          return false;
        }
      }
    }
    return true;
  }

  private boolean outlives(
      String name, Assault assault, Target target, Sampler sampler, Neighbours neighbours)
      throws Exception {
    try {
      run(name, assault, target, sampler, neighbours);
      return true;
    } catch (Exception e) {
      if (!target.hasEnded()) {
        throw e;
      }
      return false;
    }
  }

  /** What was measured during the attack. */
  private record During(double[] p99, Sampler.Held peak, int failures) {
    static During take(Sampler sampler, Neighbours neighbours) {
      return new During(neighbours.takeP99(), sampler.takePeak(), neighbours.takeFailures());
    }
  }

  private void run(
      String name, Assault assault, Target target, Sampler sampler, Neighbours neighbours)
      throws Exception {
    Sampler.Held first = sampler.settled();
    Thread.sleep(QUIET_MS / 4);
    neighbours.takeP99();
    Thread.sleep(QUIET_MS);
    double[] before = neighbours.takeP99();
    neighbours.takeFailures();
    sampler.takePeak();
    AtomicReference<During> figures = new AtomicReference<>();
    Runnable over = () -> figures.compareAndSet(null, During.take(sampler, neighbours));
    String done;
    try (Siege siege = new Siege(target, new Random(seed), seconds, over)) {
      done = assault.carryOut(siege);
    } catch (IOException e) {
      done = e.toString();
    }
    over.run();
    Sampler.Held last = recovered(target, sampler, first);
    report(name, done, first, figures.get(), last, before);
  }

  private Sampler.Held recovered(Target target, Sampler sampler, Sampler.Held first)
      throws Exception {
    long deadline = System.nanoTime() + RECOVERY_NANOS;
    while (target.openFiles() > first.files() + SPARE_FILES) {
      if (System.nanoTime() > deadline) {
        sound = false;
        break;
      }
      Thread.sleep(100);
    }
    return sampler.settled();
  }

  private void report(
      String name,
      String done,
      Sampler.Held first,
      During during,
      Sampler.Held last,
      double[] before) {
    String row =
        String.format(
            Locale.ROOT,
            "| %s | %s | %d, %d | %d | %d | %d, %d, %d | %.1f, %.1f | %.1f, %.1f | %d |%n",
            name,
            done,
            during.peak.heap() >> 20,
            last.heap() >> 20,
            during.peak.direct() >> 20,
            during.peak.resident() >> 20,
            first.files(),
            during.peak.files(),
            last.files(),
            before[0],
            during.p99[0],
            before[1],
            during.p99[1],
            during.failures);
    add(row);
  }

  private void add(String row) {
    System.out.print(row);
    table.append(row);
  }
}
