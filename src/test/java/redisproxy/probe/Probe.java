package redisproxy.probe;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * {@code make probe}; docs/freshness.md explains it and its environment variables. Exits with
 * status 1 if it found a forbidden stale read, and with 2 if the probe itself failed.
 */
public final class Probe {
  private static final Path REPORT = Path.of("target", "probe", "report.md");
  private static final Path DOCS = Path.of("docs", "freshness.md");
  private static final String DOCS_BEGIN = "<!-- probe -->\n";
  private static final String DOCS_END = "<!-- /probe -->";
  private static final int TIMEOUT_MS = 5_000;
  private static final int END_MS = 20_000;

  private final Options options;
  private final Map<String, String> environment;
  private final StringBuilder table = new StringBuilder(Findings.HEAD);
  private boolean sound = true;

  private Probe(Map<String, String> environment) {
    this.environment = environment;
    options = Options.of(environment);
  }

  public static void main(String[] args) {
    int status = 2;
    try {
      status = new Probe(System.getenv()).run() ? 0 : 1;
    } catch (IllegalArgumentException e) {
      System.err.println("make probe: " + e.getMessage());
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(status);
  }

  private boolean run() throws IOException, InterruptedException {
    boolean running = environment.containsKey("PROBE_REDIS");
    for (Scenario scenario : options.scenarios()) {
      if (running && scenario.needsOwn()) {
        System.out.println(scenario + ": skipped, needs a Redis that the probe has started");
        continue;
      }
      try (Subject subject = running ? Subject.running(environment) : start(scenario)) {
        run(scenario, new Run(options, subject));
      }
    }
    System.out.print("\n" + table);
    Files.createDirectories(REPORT.getParent());
    Files.writeString(REPORT, table);
    if (environment.getOrDefault("UPDATE_DOCS", "").equals("1")) {
      Files.writeString(DOCS, updated(Files.readString(DOCS)));
    }
    return sound;
  }

  private static Subject start(Scenario scenario) throws IOException, InterruptedException {
    Path log = REPORT.resolveSibling(scenario + ".log");
    return Subject.start(log, scenario == Scenario.BLACK_HOLE, Map.of());
  }

  private String updated(String docs) {
    int begin = docs.indexOf(DOCS_BEGIN) + DOCS_BEGIN.length();
    return docs.substring(0, begin) + table + docs.substring(docs.indexOf(DOCS_END));
  }

  private void run(Scenario scenario, Run run) throws IOException, InterruptedException {
    System.out.println(scenario);
    List<Thread> threads = startThreads(run);
    Thread progress = start(() -> printProgress(run));
    long third = options.duration().toMillis() / 3;
    long endsAt = System.nanoTime() + options.duration().toNanos();
    try {
      Pace.rest(third);
      scenario.disturb(run);
      Pace.rest(Math.max(third, Duration.ofNanos(endsAt - System.nanoTime()).toMillis()));
    } finally {
      run.end();
    }
    for (Thread thread : threads) {
      thread.join(END_MS);
      if (thread.isAlive()) {
        throw new IllegalStateException(thread + " does not stop");
      }
    }
    progress.join();
    double hitShare = run.subject.hitShare();
    Pace.rest(options.quiet().toMillis());
    compareAll(run);
    run.findings.examples().forEach(example -> System.out.println("  ! " + example));
    table.append(run.findings.row(scenario.toString(), hitShare));
    if (!run.findings.coversAll()) {
      throw new IllegalStateException("one kind of write or read did not happen:\n" + table);
    }
    sound &= run.findings.isSound();
  }

  private List<Thread> startThreads(Run run) {
    List<Thread> threads = new ArrayList<>();
    for (int writer = 0; writer < options.writers(); writer++) {
      threads.add(start(new Writer(run, writer)));
    }
    for (int reader = 0; reader < options.readers(); reader++) {
      threads.add(start(new Reader(run, Protocol.values()[reader % Protocol.values().length])));
    }
    return threads;
  }

  private static Thread start(Runnable task) {
    Thread thread = new Thread(task, task.getClass().getSimpleName());
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private static void printProgress(Run run) {
    for (int second = 1; !run.isOver(); second++) {
      Pace.rest(1_000);
      if (second % 5 == 0) {
        System.out.println("  " + run.findings.progress());
      }
    }
  }

  /** Nobody writes any more, so the proxy must answer as Redis does. */
  private static void compareAll(Run run) throws IOException {
    try (Connection redis = new Connection(run.subject.redis(), TIMEOUT_MS);
        Connection resp = new Connection(run.subject.proxy(Protocol.RESP), TIMEOUT_MS);
        Connection http = new Connection(run.subject.proxy(Protocol.HTTP), TIMEOUT_MS)) {
      for (int key = 0; key < run.keys.count(); key++) {
        String name = run.keys.name(key);
        KeyType type = KeyType.of(key);
        String value = type.call(redis, type.readWhole(name));
        checkHistory(run, key, value);
        for (int time = 0; time < 2; time++) {
          compare(run, "RESP " + name, type.call(resp, type.readWhole(name)), value);
        }
        if (type == KeyType.STRING) {
          compare(run, "HTTP " + name, Protocol.HTTP.get(http, name), value);
        }
        for (String each : type.names(name)) {
          redis.call("DEL", each);
        }
      }
    }
  }

  private static void compare(Run run, String what, String read, String value) {
    if (!Objects.equals(read, value)) {
      run.findings.staleInTheEnd(what + " -> " + read + ", Redis: " + value);
    }
  }

  /** Checks the probe itself: if the history is wrong, all judgements are worthless. */
  private static void checkHistory(Run run, int key, String value) {
    History history = run.keys.history(key);
    if (!history.isRetired() && Keys.version(key, value) != history.last()) {
      throw new IllegalStateException(
          run.keys.name(key) + " is " + value + ", but its last write was " + history.last());
    }
  }
}
