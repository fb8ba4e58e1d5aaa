package redisproxy.fuzz;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.TimeUnit;
import redisproxy.it.Sessions;

/**
 * {@code make fuzz}: tries random inputs on each target in turn, up to a number of inputs or a
 * time. CONTRIBUTING.md lists its environment variables. It writes a finding to {@code
 * target/fuzz}, in full and reduced to what the fault needs. Exits with status 1 if it found
 * something, and with 2 if the fuzzing itself failed.
 */
public final class Fuzz {
  private static final Path FINDINGS = Path.of("target", "fuzz");

  /** The name of a target that is not in {@link Targets}, because it needs a Redis. */
  private static final String SESSIONS = "sessions";

  /** An input that takes longer counts as endless. */
  private static final long HANGS_MS = 60_000;

  private final Options options;

  private Fuzz(Options options) {
    this.options = options;
  }

  public static void main(String[] args) {
    int status = 2;
    try {
      status = new Fuzz(Options.of(System.getenv())).run() ? 0 : 1;
    } catch (IllegalArgumentException e) {
      System.err.println("make fuzz: " + e.getMessage());
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(status);
  }

  private boolean run() throws IOException {
    boolean sound = true;
    for (String name : names()) {
      sound &=
          name.equals(SESSIONS)
              ? Sessions.fuzz(options)
              : run(name, Targets.valueOf(name.toUpperCase(Locale.ROOT)));
    }
    return sound;
  }

  private List<String> names() {
    List<String> all = new ArrayList<>();
    for (Targets target : Targets.values()) {
      all.add(target.name().toLowerCase(Locale.ROOT));
    }
    if (options.targets().equals("all")) {
      return all;
    }
    all.add(SESSIONS);
    List<String> names = Arrays.stream(options.targets().split(",")).map(String::strip).toList();
    if (!all.containsAll(names)) {
      throw new IllegalArgumentException(
          "TARGET=" + options.targets() + ": expected some of " + all);
    }
    return names;
  }

  private boolean run(String name, Targets target) throws IOException {
    Campaign campaign = new Campaign(target.make(), options.seed(), target.corpus());
    Thread watch = watch(name, campaign);
    Progress progress = new Progress(name);
    Campaign.Finding finding = null;
    while (finding == null && options.isMore(campaign.tried(), progress.start())) {
      finding = campaign.next();
      progress.at(campaign.tried());
    }
    watch.interrupt();
    System.out.printf(
        Locale.ROOT,
        "%s, SEED=%d, %,d refused, %,d different outcomes: %s%n",
        progress.line(campaign.tried()),
        options.seed(),
        campaign.refused(),
        campaign.shapes(),
        finding == null ? "all checks hold" : "a check failed");
    if (finding != null) {
      finding.fault().printStackTrace(System.out);
      save(name, "found", finding.input());
      save(name, "least", campaign.least(finding));
    }
    return finding == null;
  }

  private static void save(String name, String kind, byte[] input) throws IOException {
    Path file = FINDINGS.resolve(name + "-" + kind);
    Files.createDirectories(FINDINGS);
    Files.write(file, input);
    System.out.println(file + ": " + Spelling.of(input));
  }

  /** Starts a watchdog that reports an endless input and ends the program. */
  private static Thread watch(String name, Campaign campaign) {
    Thread fuzzing = Thread.currentThread();
    Thread watch =
        new Thread(
            () -> {
              try {
                for (long before = -1; before < campaign.tried(); ) {
                  before = campaign.tried();
                  TimeUnit.MILLISECONDS.sleep(HANGS_MS);
                }
                System.out.println(name + ": an input is endless");
                for (StackTraceElement frame : fuzzing.getStackTrace()) {
                  System.out.println("  at " + frame);
                }
                save(name, "found", campaign.current());
                Runtime.getRuntime().halt(1);
              } catch (InterruptedException over) {
                // All inputs have ended.
              } catch (IOException e) {
                e.printStackTrace();
              }
            },
            "watch");
    watch.setDaemon(true);
    watch.start();
    return watch;
  }
}
