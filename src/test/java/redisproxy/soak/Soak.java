package redisproxy.soak;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import java.util.stream.Collectors;
import javax.net.SocketFactory;
import redisproxy.probe.Connection;
import redisproxy.probe.Pace;
import redisproxy.probe.Subject;
import redisproxy.tls.TestCertificates;

/**
 * {@code make soak}: starts a Redis and the packaged proxy, with TLS for HTTP, and runs clients of
 * every kind of {@link Traffic}. MINUTES (60) is the duration, RATE (6000) the number of requests a
 * second. Exits with status 1 if something grew or an answer was wrong, and with 2 if the test
 * itself failed.
 */
public final class Soak {
  private static final Path FOLDER = Path.of("target", "soak");
  private static final Path LOG = FOLDER.resolve("proxy.log");
  private static final int SAMPLE_SECONDS = 10;

  /** Garbage is collected before one of this many samples. */
  private static final int COLLECT_EVERY = 6;

  private static final int END_MS = 20_000;
  private static final int TIMEOUT_MS = 10_000;

  private final Subject subject;
  private final long minutes;
  private final int rate;
  private final Faults faults = new Faults();
  private final AtomicLong requests = new AtomicLong();
  private final List<Map<Quantity, Double>> samples = new ArrayList<>();

  private Soak(Subject subject, long minutes, int rate) {
    this.subject = subject;
    this.minutes = minutes;
    this.rate = rate;
  }

  public static void main(String[] args) {
    int status = 2;
    try {
      TestCertificates certificates = TestCertificates.get();
      long minutes = number("MINUTES", 60);
      int rate = (int) number("RATE", 6_000);
      Map<String, String> settings =
          Map.of(
              "JAVA_OPTS", Sampler.JVM_FLAGS,
              "HTTP_TLS_CERT", certificates.cert("server").toString(),
              "HTTP_TLS_KEY", certificates.key("server").toString());
      try (Subject subject = Subject.start(LOG, false, settings)) {
        SocketFactory https = certificates.context(null).getSocketFactory();
        status = new Soak(subject, minutes, rate).run(https) ? 0 : 1;
      }
    } catch (Exception e) {
      e.printStackTrace();
    }
    System.exit(status);
  }

  private static long number(String name, long otherwise) {
    String value = System.getenv().getOrDefault(name, "");
    return value.isBlank() ? otherwise : Long.parseLong(value.strip());
  }

  private boolean run(SocketFactory https) throws IOException, InterruptedException {
    fill();
    Map<Client, Thread> clients =
        Arrays.stream(Traffic.values())
            .map(each -> new Client(each, rate, subject, https, requests, faults))
            .collect(Collectors.toMap(each -> each, Soak::start));
    long begin = System.nanoTime();
    sample(begin);
    clients.keySet().forEach(Client::end);
    for (Thread thread : clients.values()) {
      thread.join(END_MS);
    }
    for (String line : Files.readAllLines(LOG)) {
      if (line.contains("LEAK: ")) {
        faults.add(line);
      }
    }
    Verdict verdict = new Verdict(samples);
    String report = report(verdict, (System.nanoTime() - begin) / 1e9);
    System.out.print(report);
    Files.writeString(FOLDER.resolve("report.md"), report);
    return verdict.isGood() && faults.count() == 0;
  }

  private void fill() throws IOException {
    try (Connection redis = new Connection(subject.redis(), TIMEOUT_MS)) {
      for (int key = 0; key < Traffic.KEYS; key++) {
        redis.call("SET", Traffic.name(key), Traffic.value(key));
      }
      redis.call("SET", Traffic.LARGE_KEY, "x".repeat(Traffic.LARGE_LENGTH));
    }
  }

  private static Thread start(Client client) {
    Thread thread = new Thread(client, "client");
    thread.setDaemon(true);
    thread.start();
    return thread;
  }

  private void sample(long begin) throws IOException, InterruptedException {
    Sampler sampler = new Sampler(subject);
    Path table = FOLDER.resolve("samples.csv");
    StringBuilder lines = new StringBuilder("seconds,requests,faults");
    Arrays.stream(Quantity.values())
        .forEach(each -> lines.append(',').append(each.name().toLowerCase(Locale.ROOT)));
    for (long i = 1; i <= TimeUnit.MINUTES.toSeconds(minutes) / SAMPLE_SECONDS; i++) {
      long next = begin + TimeUnit.SECONDS.toNanos(i * SAMPLE_SECONDS);
      Pace.rest(TimeUnit.NANOSECONDS.toMillis(next - System.nanoTime()));
      Map<Quantity, Double> sample = sampler.sample(i % COLLECT_EVERY == 0);
      samples.add(sample);
      lines.append(String.format("\n%d,%d,%d", i * SAMPLE_SECONDS, requests.get(), faults.count()));
      for (Quantity quantity : Quantity.values()) {
        Double value = sample.get(quantity);
        lines.append(',').append(value == null ? "" : String.format(Locale.ROOT, "%.3f", value));
      }
      Files.writeString(table, lines);
      if (i % COLLECT_EVERY == 0) {
        System.out.println(lines.substring(lines.lastIndexOf("\n") + 1));
      }
    }
  }

  private String report(Verdict verdict, double seconds) {
    StringBuilder report = new StringBuilder(verdict.table());
    report.append(
        String.format(
            Locale.ROOT,
            "%n%.0f minutes, %d requests (%.0f a second), %d faults%n",
            seconds / 60,
            requests.get(),
            requests.get() / seconds,
            faults.count()));
    faults.examples().forEach(example -> report.append("  ! ").append(example).append('\n'));
    return report.toString();
  }
}
