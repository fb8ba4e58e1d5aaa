package redisproxy.soak;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import java.util.stream.Stream;
import redisproxy.probe.Connection;
import redisproxy.probe.Subject;

/** Samples a proxy that runs on Linux with Native Memory Tracking. For one thread. */
final class Sampler {
  /** JVM flags for the proxy. In a small heap, growth soon shows in the resident memory. */
  static final String JVM_FLAGS = "-XX:NativeMemoryTracking=summary -Xms256m -Xmx256m";

  private static final double KIB = 1 << 10;
  private static final double MIB = 1 << 20;
  private static final Path JCMD = Path.of(System.getProperty("java.home"), "bin", "jcmd");
  private static final int TIMEOUT_MS = 5_000;

  private final Subject subject;
  private final Path process;
  private double delaySum;
  private double delayCount;

  Sampler(Subject subject) {
    this.subject = subject;
    this.process = Path.of("/proc", "" + subject.proxyPid());
  }

  /**
   * Takes one sample.
   *
   * @param collect whether to collect garbage first, and to sample the heap, which means little
   *     otherwise
   */
  Map<Quantity, Double> sample(boolean collect) throws IOException, InterruptedException {
    Map<Quantity, Double> sample = new EnumMap<>(Quantity.class);
    String metrics = subject.admin("/metrics");
    loopDelay(sample, metrics);
    sample.put(Quantity.CLIENTS, sum(metrics, "redisproxy_clients\\{.*\\}"));
    String status = Files.readString(process.resolve("status"));
    sample.put(Quantity.RESIDENT, number(status, "VmRSS:\\s+(\\d+) kB") / KIB);
    sample.put(Quantity.THREADS, number(status, "Threads:\\s+(\\d+)"));
    try (Stream<Path> descriptors = Files.list(process.resolve("fd"))) {
      sample.put(Quantity.DESCRIPTORS, (double) descriptors.count());
    }
    try (Connection redis = new Connection(subject.redis(), TIMEOUT_MS)) {
      sample.put(
          Quantity.REDIS_CONNECTIONS,
          number(redis.call("INFO", "clients"), "connected_clients:(\\d+)"));
    }
    if (collect) {
      memory(sample);
    }
    return sample;
  }

  private void memory(Map<Quantity, Double> sample) throws IOException, InterruptedException {
    jcmd("GC.run");
    String metrics = subject.admin("/metrics");
    sample.put(
        Quantity.HEAP_AFTER_GC, sum(metrics, "jvm_memory_used_bytes\\{area=\"heap\".*\\}") / MIB);
    String nativeMemory = jcmd("VM.native_memory", "summary", "scale=KB");
    sample.put(
        Quantity.NETTY_MEMORY,
        number(nativeMemory, "Other \\(reserved=\\d+KB, committed=(\\d+)KB") / KIB);
    sample.put(Quantity.JVM_COMMITTED, number(nativeMemory, "Total: .*committed=(\\d+)KB") / KIB);
  }

  /** Adds the mean delay since the last sample. */
  private void loopDelay(Map<Quantity, Double> sample, String metrics) {
    double sum = sum(metrics, "redisproxy_event_loop_delay_seconds_sum\\{.*\\}");
    double count = sum(metrics, "redisproxy_event_loop_delay_seconds_count\\{.*\\}");
    sample.put(Quantity.LOOP_DELAY, 1_000 * (sum - delaySum) / Math.max(1, count - delayCount));
    delaySum = sum;
    delayCount = count;
  }

  private String jcmd(String... arguments) throws IOException, InterruptedException {
    String[] command = new String[arguments.length + 2];
    command[0] = JCMD.toString();
    command[1] = "" + subject.proxyPid();
    System.arraycopy(arguments, 0, command, 2, arguments.length);
    Process jcmd = new ProcessBuilder(command).redirectErrorStream(true).start();
    String said = new String(jcmd.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    if (jcmd.waitFor() != 0) {
      throw new IOException(said);
    }
    return said;
  }

  private static double sum(String metrics, String series) {
    Matcher matcher = Pattern.compile("(?m)^" + series + " (\\S+)$").matcher(metrics);
    double sum = 0;
    while (matcher.find()) {
      sum += Double.parseDouble(matcher.group(1));
    }
    return sum;
  }

  private static double number(String text, String pattern) {
    Matcher matcher = Pattern.compile(pattern).matcher(text);
    return matcher.find() ? Double.parseDouble(matcher.group(1)) : Double.NaN;
  }
}
