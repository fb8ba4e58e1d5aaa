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
 * (default: all); SECONDS for each attack (5); SEED. Exits with status 1 if the proxy holds more
 * files after an attack than before, and with 2 if the proxy has ended or could not be attacked.
 */
public final class Attack {
  private static final Path FOLDER = Path.of("target", "attack");
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
  private final StringBuilder table = new StringBuilder(HEAD);
  private boolean sound = true;

  private Attack(Map<String, String> environment) {
    seconds = Integer.parseInt(environment.getOrDefault("SECONDS", "5"));
    seed =
        environment.containsKey("SEED")
            ? Long.parseLong(environment.get("SEED"))
            : System.nanoTime();
    names = environment.getOrDefault("ATTACKS", "");
  }

  public static void main(String[] args) {
    int status = 2;
    try {
      status = new Attack(System.getenv()).run() ? 0 : 1;
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(status);
  }

  private boolean run() throws Exception {
    System.out.println("SEED=" + seed + " SECONDS=" + seconds);
    Files.createDirectories(FOLDER);
    Map<String, Assault> plain = new LinkedHashMap<>();
    RespAssaults.addTo(plain);
    HttpAssaults.addTo(plain);
    PortAssaults.addTo(plain);
    Map<String, Assault> tls = new LinkedHashMap<>();
    PortAssaults.addTls(tls);
    Http2Assaults.addTo(tls);
    run(plain, false);
    run(tls, true);
    Files.writeString(FOLDER.resolve("report.md"), table);
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

  private void run(Map<String, Assault> assaults, boolean tls) throws Exception {
    assaults.keySet().removeIf(name -> !isWanted(name));
    if (assaults.isEmpty()) {
      return;
    }
    File log = FOLDER.resolve(tls ? "tls.log" : "plain.log").toFile();
    try (Target target = new Target(tls, log);
        Sampler sampler = new Sampler(target);
        Neighbours neighbours = new Neighbours(target)) {
      for (Map.Entry<String, Assault> assault : assaults.entrySet()) {
        run(assault.getKey(), assault.getValue(), target, sampler, neighbours);
      }
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
    if (!target.isAlive()) {
      throw new IOException(name + ": the proxy has ended; see its log");
    }
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
    System.out.print(row);
    table.append(row);
  }
}
