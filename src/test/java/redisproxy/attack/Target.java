package redisproxy.attack;

import java.io.File;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.EnumMap;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import javax.net.SocketFactory;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.TestCertificates;

/** The attacked system: a new Redis, and the packaged proxy in front of it with a small heap. */
final class Target implements AutoCloseable {
  /** The number of keys that well-behaved clients read, and the bytes of each value. */
  static final int NEAR = 100;

  static final int NEAR_BYTES = 100;

  /** The number of large cached values that attackers request, and the bytes of each. */
  static final int HEAVY = 16;

  static final int HEAVY_BYTES = 256 * 1024;

  /** The key of a value that is too large to cache. */
  static final String HUGE = "huge";

  private static final Pattern CACHED_BYTES = Pattern.compile("\"bytes\":(\\d+)");
  private static final int HUGE_BYTES = 32 * 1024 * 1024;
  private static final long READY_NANOS = TimeUnit.SECONDS.toNanos(90);
  private static final long END_SECONDS = 5;

  private final EmbeddedRedis redis;
  private final Map<Port, Integer> ports = new EnumMap<>(Port.class);
  private final SocketFactory sockets;
  private final int jmx = EmbeddedRedis.freePort();
  private final Process proxy;

  /**
   * Starts both. With {@code tls} the RESP and HTTP ports use TLS.
   *
   * @param heap the most that the heap may hold, such as {@code 128m}
   */
  Target(boolean tls, String heap, File log) throws IOException, InterruptedException {
    for (Port port : Port.values()) {
      ports.put(port, EmbeddedRedis.freePort());
    }
    sockets =
        tls ? TestCertificates.get().context(null).getSocketFactory() : SocketFactory.getDefault();
    redis = EmbeddedRedis.start();
    proxy = start(tls, heap, log);
    Runtime.getRuntime().addShutdownHook(new Thread(proxy::destroyForcibly));
    try {
      awaitReady();
      fill();
    } catch (IOException | RuntimeException e) {
      close();
      throw e;
    }
  }

  private Process start(boolean tls, String heap, File log) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(Path.of("bin", "redis-proxy").toString())
            .redirectErrorStream(true)
            .redirectOutput(log);
    Map<String, String> environment = builder.environment();
    environment.keySet().removeIf(name -> name.startsWith("REDIS_"));
    environment.putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
    environment.put("REDIS_URL", redis.url());
    for (Map.Entry<Port, Integer> port : ports.entrySet()) {
      environment.put(port.getKey() + "_PORT", "" + port.getValue());
      if (tls && port.getKey() != Port.ADMIN) {
        environment.put(port.getKey() + "_TLS_CERT", TestCertificates.get().cert("server") + "");
        environment.put(port.getKey() + "_TLS_KEY", TestCertificates.get().key("server") + "");
      }
    }
    String local = "-Dcom.sun.management.jmxremote.";
    environment.put(
        "JAVA_OPTS",
        String.join(
            " ",
            "-Xmx" + heap,
            local + "port=" + jmx,
            local + "rmi.port=" + jmx,
            local + "host=127.0.0.1",
            local + "authenticate=false",
            local + "ssl=false",
            "-Djava.rmi.server.hostname=127.0.0.1"));
    return builder.start();
  }

  private void awaitReady() throws IOException, InterruptedException {
    long deadline = System.nanoTime() + READY_NANOS;
    while (true) {
      try (Wire wire = new Wire(SocketFactory.getDefault(), port(Port.ADMIN), 0)) {
        wire.send("GET /health/ready HTTP/1.1\r\nHost: localhost\r\n\r\n");
        if (wire.line().contains(" 200 ")) {
          return;
        }
      } catch (IOException notYet) {
        // Reported below.
      }
      if (System.nanoTime() > deadline || proxy.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IOException("the proxy is not ready; its log says why");
      }
    }
  }

  private void fill() throws IOException {
    try (Wire wire = new Wire(SocketFactory.getDefault(), redis.port(), 0)) {
      for (int i = 0; i < NEAR; i++) {
        set(wire, "near:" + i, NEAR_BYTES);
      }
      for (int i = 0; i < HEAVY; i++) {
        set(wire, "heavy:" + i, HEAVY_BYTES);
      }
      set(wire, HUGE, HUGE_BYTES);
    }
  }

  private static void set(Wire wire, String key, int bytes) throws IOException {
    String reply = wire.send(Wire.request("SET", key, "v".repeat(bytes))).line();
    if (!reply.equals("+OK")) {
      throw new IOException(reply);
    }
  }

  int port(Port port) {
    return ports.get(port);
  }

  /** Opens a connection, with TLS if the port uses it. */
  Wire open(Port port) throws IOException {
    return open(port, 0);
  }

  /** Opens a connection with a receive buffer of this many bytes. */
  Wire open(Port port, int receiveBuffer) throws IOException {
    return new Wire(
        port == Port.ADMIN ? SocketFactory.getDefault() : sockets, port(port), receiveBuffer);
  }

  /** Opens a connection without TLS, even to a TLS port. */
  Wire openPlain(Port port) throws IOException {
    return new Wire(SocketFactory.getDefault(), port(port), 0);
  }

  /** Opens a connection to Redis, past the proxy. */
  Wire openRedis() throws IOException {
    return new Wire(SocketFactory.getDefault(), redis.port(), 0);
  }

  /** How many bytes the cache holds. */
  long cachedBytes() throws IOException {
    try (Wire wire = open(Port.ADMIN)) {
      wire.send("GET /stats HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n");
      Matcher bytes = CACHED_BYTES.matcher(wire.rest());
      if (!bytes.find()) {
        throw new IOException("/stats says nothing of bytes");
      }
      return Long.parseLong(bytes.group(1));
    }
  }

  /** Whether the proxy has ended. Waits a little, because its connections end before it does. */
  boolean hasEnded() throws InterruptedException {
    return proxy.waitFor(END_SECONDS, TimeUnit.SECONDS);
  }

  /** Ends the proxy at once. */
  void kill() {
    proxy.destroyForcibly();
  }

  int jmxPort() {
    return jmx;
  }

  /** The proxy's resident memory, in bytes. */
  long residentBytes() throws IOException {
    String[] pages = Files.readString(process("statm")).split(" ");
    return Long.parseLong(pages[1]) * 4096;
  }

  int openFiles() {
    String[] open = process("fd").toFile().list();
    return open == null ? 0 : open.length;
  }

  private Path process(String file) {
    return Path.of("/proc", "" + proxy.pid(), file);
  }

  @Override
  public void close() {
    kill();
    redis.close();
  }
}
