package redisproxy.probe;

import io.vertx.core.json.JsonObject;
import java.io.File;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import redisproxy.dev.EmbeddedRedis;

/**
 * The system under test: a new Redis and the packaged proxy in front of it, with a relay between
 * them if needed. Or a system that already runs, which the probe can only read and write.
 */
public final class Subject implements AutoCloseable {
  private static final Path START_SCRIPT = Path.of("bin", "redis-proxy");
  private static final int ADMIN_TIMEOUT_MS = 10_000;
  private static final long READY_NANOS = TimeUnit.SECONDS.toNanos(60);

  private final InetSocketAddress redisAddress;
  private final InetSocketAddress resp;
  private final InetSocketAddress http;
  private EmbeddedRedis redis;
  private Relay relay;
  private InetSocketAddress admin;
  private ProcessBuilder builder;
  private File log;
  private Process proxy;

  private Subject(InetSocketAddress redis, InetSocketAddress resp, InetSocketAddress http) {
    this.redisAddress = redis;
    this.resp = resp;
    this.http = http;
  }

  /** PROBE_REDIS, PROBE_RESP and PROBE_HTTP as host:port. */
  static Subject running(Map<String, String> environment) {
    return new Subject(
        address(environment, "PROBE_REDIS"),
        address(environment, "PROBE_RESP"),
        address(environment, "PROBE_HTTP"));
  }

  /**
   * Starts Redis and the proxy. The proxy takes its other settings from the environment.
   *
   * @param log the file for the proxy's output
   * @param relayed whether its connections to Redis go through a relay
   * @param settings the proxy's settings, as environment variables
   * @param arguments the proxy's arguments
   */
  public static Subject start(
      Path log, boolean relayed, Map<String, String> settings, String... arguments)
      throws IOException, InterruptedException {
    EmbeddedRedis redis = EmbeddedRedis.start();
    Subject subject =
        new Subject(new InetSocketAddress(redis.host(), redis.port()), freePort(), freePort());
    subject.redis = redis;
    try {
      subject.admin = freePort();
      subject.prepare(log, relayed, settings, arguments);
      subject.startProxy();
      subject.awaitReady();
    } catch (Exception e) {
      subject.close();
      throw e;
    }
    return subject;
  }

  private void prepare(Path log, boolean relayed, Map<String, String> settings, String... arguments)
      throws IOException {
    InetSocketAddress upstream = redisAddress;
    if (relayed) {
      relay = new Relay(redisAddress);
      upstream = relay.address();
    }
    Files.createDirectories(log.toAbsolutePath().getParent());
    Files.deleteIfExists(log);
    this.log = log.toFile();
    builder = new ProcessBuilder(START_SCRIPT.toString()).redirectErrorStream(true);
    builder.redirectOutput(ProcessBuilder.Redirect.appendTo(this.log));
    builder.command().addAll(List.of(arguments));
    Map<String, String> environment = builder.environment();
    environment.putIfAbsent("JAVA_HOME", System.getProperty("java.home"));
    environment.put(
        "REDIS_URL", "redis://" + upstream.getHostString() + ":" + upstream.getPort() + "/0");
    environment.put("RESP_PORT", "" + resp.getPort());
    environment.put("HTTP_PORT", "" + http.getPort());
    environment.put("ADMIN_PORT", "" + admin.getPort());
    // They are for another Redis. This one needs neither.
    environment.remove("REDIS_USERNAME");
    environment.remove("REDIS_PASSWORD");
    environment.putAll(settings);
  }

  private void startProxy() throws IOException {
    proxy = builder.start();
    Process started = proxy;
    Runtime.getRuntime().addShutdownHook(new Thread(started::destroyForcibly));
  }

  /**
   * Ends the proxy and starts it again, on the same ports.
   *
   * @param kindly whether to stop it in order, instead of killing it
   */
  public void restartProxy(boolean kindly) throws IOException, InterruptedException {
    if (kindly) {
      proxy.destroy();
    } else {
      proxy.destroyForcibly();
    }
    proxy.waitFor();
    startProxy();
  }

  /** The id of the proxy's process. */
  public long proxyPid() {
    return proxy.pid();
  }

  /** Returns the body of a GET on the admin port. */
  public String admin(String path) throws IOException {
    try (Connection connection = new Connection(admin, ADMIN_TIMEOUT_MS)) {
      return connection.httpGet(path);
    }
  }

  public InetSocketAddress redis() {
    return redisAddress;
  }

  public InetSocketAddress proxy(Protocol protocol) {
    return protocol == Protocol.RESP ? resp : http;
  }

  public EmbeddedRedis ownRedis() {
    return redis;
  }

  public Relay relay() {
    return relay;
  }

  /**
   * Waits until the proxy reports that it is ready. Returns at once if there is no admin port.
   *
   * @throws IllegalStateException if it is not ready within a minute
   */
  public void awaitReady() throws InterruptedException {
    long deadline = System.nanoTime() + READY_NANOS;
    while (admin != null && !isReady()) {
      if (System.nanoTime() > deadline || proxy.waitFor(50, TimeUnit.MILLISECONDS)) {
        throw new IllegalStateException("the proxy is not ready; see " + log);
      }
    }
  }

  private boolean isReady() {
    try {
      return admin("/health/ready").contains("\"ready\"");
    } catch (IOException e) {
      return false;
    }
  }

  /** The hit ratio so far, in percent; NaN if there is no admin port. */
  double hitShare() throws IOException {
    if (admin == null) {
      return Double.NaN;
    }
    JsonObject stats = new JsonObject(admin("/stats"));
    double hits = stats.getLong("hits");
    return 100 * hits / (hits + stats.getLong("misses"));
  }

  private static InetSocketAddress address(Map<String, String> environment, String name) {
    URI uri = URI.create("probe://" + environment.getOrDefault(name, ""));
    if (uri.getHost() == null || uri.getPort() < 0) {
      throw new IllegalArgumentException(
          "set PROBE_REDIS, PROBE_RESP and PROBE_HTTP to host:port, or set none of them");
    }
    return new InetSocketAddress(uri.getHost(), uri.getPort());
  }

  private static InetSocketAddress freePort() {
    return new InetSocketAddress("127.0.0.1", EmbeddedRedis.freePort());
  }

  @Override
  public void close() throws IOException {
    if (proxy != null) {
      proxy.destroyForcibly();
    }
    if (relay != null) {
      relay.close();
    }
    if (redis != null) {
      redis.close();
    }
  }
}
