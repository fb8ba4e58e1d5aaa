package redisproxy.dev;

import static java.nio.charset.StandardCharsets.UTF_8;

import java.io.BufferedReader;
import java.io.File;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.BindException;
import java.net.HttpURLConnection;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.URI;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * {@code make run}: starts a real Redis with a few sample keys, and the packaged proxy in front of
 * it. Ctrl-C ends both. Run it from the project directory, after {@code mvn package}.
 */
public final class DevRun {
  private static final Path START_SCRIPT = Path.of("bin", "redis-proxy");
  private static final Path SAMPLES = Path.of("bin", "samples.redis");
  private static final Duration READY = Duration.ofSeconds(30);
  private static final Duration DRAIN = Duration.ofSeconds(15);
  private static final int UNDECIDED = -1;
  private static final int SIGINT = 128 + 2;
  private static final int SIGTERM = 128 + 15;

  private int httpPort;
  private int respPort;
  private int adminPort;
  private final AtomicInteger status = new AtomicInteger(UNDECIDED);
  private EmbeddedRedis redis;
  private Process proxy;

  private DevRun() {}

  /** Passes the arguments on to the proxy. */
  public static void main(String[] args) {
    DevRun devRun = new DevRun();
    try {
      devRun.run(args);
    } catch (Refused e) {
      System.err.println("make run: " + e.getMessage());
      devRun.leave(1);
    } catch (Exception e) {
      e.printStackTrace();
      devRun.leave(1);
    }
  }

  private void run(String[] args) throws IOException, InterruptedException {
    httpPort = freePort("HTTP_PORT", 8000);
    respPort = freePort("RESP_PORT", 8001);
    adminPort = freePort("ADMIN_PORT", 8002);
    Runtime.getRuntime().addShutdownHook(new Thread(this::end, "dev-run-end"));

    startRedis();
    startProxy(args);
    awaitReady();
    System.out.print(hints());
    leave(withoutSignal(proxy.waitFor()));
  }

  private synchronized void startRedis() throws IOException {
    redis = EmbeddedRedis.start();
    try (Socket socket = new Socket(redis.host(), redis.port());
        BufferedReader replies =
            new BufferedReader(new InputStreamReader(socket.getInputStream(), UTF_8))) {
      for (String command : Files.readAllLines(SAMPLES)) {
        socket.getOutputStream().write((command + "\r\n").getBytes(UTF_8));
        String reply = replies.readLine();
        if (reply == null || reply.startsWith("-")) {
          throw new Refused(SAMPLES + ": " + command + ": " + reply);
        }
      }
    }
  }

  private synchronized void startProxy(String[] args) throws IOException {
    List<String> command = new ArrayList<>(List.of(START_SCRIPT.toString()));
    command.addAll(List.of(args));
    ProcessBuilder builder = new ProcessBuilder(command).inheritIO();
    Map<String, String> environment = builder.environment();
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put("REDIS_URL", redis.url());
    // They are for another Redis. This one needs neither.
    environment.remove("REDIS_USERNAME");
    environment.remove("REDIS_PASSWORD");
    proxy = builder.start();
  }

  private void awaitReady() throws InterruptedException {
    URI ready = URI.create("http://127.0.0.1:" + adminPort + "/health/ready");
    long deadline = System.nanoTime() + READY.toNanos();
    String answer = ask(ready);
    while (!answer.equals("200")) {
      if (proxy.waitFor(100, TimeUnit.MILLISECONDS)) {
        System.err.println("make run: the proxy ended before it was ready");
        leave(withoutSignal(proxy.exitValue()));
      }
      if (System.nanoTime() > deadline) {
        throw new Refused(
            ready + " did not answer 200 in " + READY.toSeconds() + " s, but: " + answer);
      }
      answer = ask(ready);
    }
  }

  /** Returns the status, or why there is none. */
  private static String ask(URI uri) {
    try {
      HttpURLConnection connection = (HttpURLConnection) uri.toURL().openConnection();
      connection.setConnectTimeout(1000);
      connection.setReadTimeout(1000);
      return String.valueOf(connection.getResponseCode());
    } catch (IOException e) {
      return e.getMessage();
    }
  }

  private String hints() {
    String get =
        onPath("redis-cli")
            ? "redis-cli -p " + respPort + " get color"
            : "bash -c 'exec 3<>/dev/tcp/127.0.0.1/"
                + respPort
                + "; printf \"GET color\\r\\n\" >&3; head -n 2 <&3'";
    String url = "http://127.0.0.1:" + httpPort;
    return """

        redis-proxy is ready, in front of its own Redis (port %d, pid %d).
          HTTP   %s
          RESP   redis://127.0.0.1:%d
          admin  http://127.0.0.1:%d

        Try, in another terminal:
          curl %s/keys/color       the first read goes to Redis
          curl -i %s/keys/color    the next is a hit: see its Cache-Status
          %s
          kill %d    stops Redis; cached keys are still answered
        Ctrl-C ends both.

        """
        .formatted(redis.port(), redis.pid(), url, respPort, adminPort, url, url, get, redis.pid());
  }

  /** Ending by a signal is not a failure. */
  private static int withoutSignal(int status) {
    return status == SIGINT || status == SIGTERM ? 0 : status;
  }

  /** Never returns. */
  private void leave(int withStatus) {
    status.compareAndSet(UNDECIDED, withStatus);
    System.exit(withStatus);
  }

  /**
   * The shutdown hook. Halts, because the status of a JVM that a signal ends cannot be set
   * otherwise.
   */
  private void end() {
    status.compareAndSet(UNDECIDED, 0);
    synchronized (this) {
      if (proxy != null) {
        endProxy();
      }
      if (redis != null) {
        redis.close();
      }
    }
    Runtime.getRuntime().halt(status.get());
  }

  private void endProxy() {
    proxy.destroy();
    try {
      if (!proxy.waitFor(DRAIN.toSeconds(), TimeUnit.SECONDS)) {
        System.err.println("make run: the proxy took more than " + DRAIN.toSeconds() + " s to end");
        proxy.destroyForcibly();
      }
    } catch (InterruptedException e) {
      proxy.destroyForcibly();
    }
  }

  /** Checks that the port is free. Otherwise another proxy on it could be mistaken for this one. */
  private static int freePort(String variable, int otherwise) throws IOException {
    String value = System.getenv().getOrDefault(variable, "").trim();
    int port;
    try {
      port = value.isEmpty() ? otherwise : Integer.parseInt(value);
      new ServerSocket(port, 1, InetAddress.getByName("127.0.0.1")).close();
    } catch (BindException e) {
      throw new Refused(variable + ": port " + (value.isEmpty() ? otherwise : value) + " is taken");
    } catch (IllegalArgumentException e) {
      throw new Refused(variable + "=" + value + " is not a port");
    }
    return port;
  }

  private static boolean onPath(String program) {
    for (String directory : System.getenv().getOrDefault("PATH", "").split(File.pathSeparator)) {
      if (Files.isExecutable(Path.of(directory, program))) {
        return true;
      }
    }
    return false;
  }

  /** An error whose message alone says what is wrong. */
  private static final class Refused extends RuntimeException {
    Refused(String message) {
      super(message, null, false, false);
    }
  }
}
