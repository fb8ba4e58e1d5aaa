package redisproxy.dev;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.DirectoryStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;

/**
 * {@code make aot}: runs {@code bin/redis-proxy} in front of a fake Redis and sends it requests
 * over both protocols. The JVM then writes what it has learned into a file beside the jar, which
 * makes later starts faster. From JDK 25 on the file is an AOT cache, with profiles of the methods.
 * Before, it is an archive of classes.
 *
 * <p>Needs only the JDK, because the build of the image runs it too.
 */
public final class Training {
  private static final String PREFIX = "redis-proxy-" + System.getProperty("java.version") + "-";
  private static final int FIRST_WITH_AOT_CACHE = 25;
  private static final int KEYS = 1_000;
  private static final int PIPELINED_ROUNDS = 5_000;
  private static final int PIPELINE = 32;
  private static final int SINGLE = 10_000;
  private static final long READY_WITHIN_S = 60;
  private static final int WRITES_CACHE_WITHIN_S = 300;
  private static final String VALUE = "$16\r\n0123456789abcdef\r\n";

  private final Path home;
  private final int resp = freePort();
  private final int http = freePort();

  private Training(Path home) throws IOException {
    this.home = home;
  }

  /** The argument is the directory with {@code bin} and {@code lib}; the default is the project. */
  public static void main(String[] arguments) throws IOException, InterruptedException {
    new Training(Path.of(arguments.length == 0 ? "" : arguments[0]).toAbsolutePath()).run();
  }

  private void run() throws IOException, InterruptedException {
    Path cache = cache();
    deleteCaches(cache.getParent());
    Path output = Files.createTempFile("training", ".log");
    try (ServerSocket redis = new ServerSocket(0, 50, InetAddress.getLoopbackAddress())) {
      daemon(() -> accept(redis));
      train(start(redis.getLocalPort(), cache, output));
      if (!Files.exists(cache)) {
        throw new IOException("the JVM did not write " + cache);
      }
      System.out.printf("%s: %d MiB%n", cache, Files.size(cache) >> 20);
    } catch (IOException e) {
      throw new IOException("the proxy's output:\n" + Files.readString(output), e);
    } finally {
      Files.delete(output);
    }
  }

  /** The JVM writes the cache at its end, which takes longer than all the rest. */
  private void train(Process proxy) throws IOException, InterruptedException {
    try {
      awaitReady(proxy);
      sendOverResp();
      sendOverHttp();
      proxy.destroy();
      proxy.waitFor(WRITES_CACHE_WITHIN_S, TimeUnit.SECONDS);
    } finally {
      proxy.destroyForcibly();
    }
  }

  /**
   * Returns the file that {@code bin/redis-proxy} looks for: beside the jar, named after the JDK
   * version and the jar's checksum.
   */
  private Path cache() throws IOException {
    Path jar = directory().resolve("redis-proxy.jar");
    return jar.resolveSibling(PREFIX + checksum(jar) + (aot() ? ".aot" : ".jsa"));
  }

  private Path directory() {
    return home.resolve(Files.exists(home.resolve("target/redis-proxy.jar")) ? "target" : "lib");
  }

  /** Deletes the caches of other jars too, because nothing would ever use them again. */
  private static void deleteCaches(Path directory) throws IOException {
    try (DirectoryStream<Path> caches = Files.newDirectoryStream(directory, PREFIX + "*")) {
      for (Path cache : caches) {
        Files.delete(cache);
      }
    }
  }

  /** Runs cksum, as {@code bin/redis-proxy} does, because Java's own CRC-32 gives other results. */
  private static String checksum(Path jar) throws IOException {
    Process cksum = new ProcessBuilder("cksum").redirectInput(jar.toFile()).start();
    String output = new String(cksum.getInputStream().readAllBytes(), StandardCharsets.US_ASCII);
    return output.substring(0, output.indexOf(' '));
  }

  private static boolean aot() {
    return Runtime.version().feature() >= FIRST_WITH_AOT_CACHE;
  }

  private Process start(int redis, Path cache, Path output) throws IOException {
    ProcessBuilder builder =
        new ProcessBuilder(home.resolve("bin/redis-proxy").toString())
            .redirectErrorStream(true)
            .redirectOutput(output.toFile());
    Map<String, String> environment = builder.environment();
    String path = environment.get("PATH");
    environment.clear();
    environment.put("PATH", path);
    environment.put("JAVA_HOME", System.getProperty("java.home"));
    environment.put(
        "JAVA_OPTS", (aot() ? "-XX:AOTCacheOutput=" : "-XX:ArchiveClassesAtExit=") + cache);
    environment.put("REDIS_URL", "redis://127.0.0.1:" + redis);
    environment.put("RESP_PORT", "" + resp);
    environment.put("HTTP_PORT", "" + http);
    environment.put("ADMIN_ENABLED", "false");
    return builder.start();
  }

  /** The HTTP server is the last one to listen. */
  private void awaitReady(Process proxy) throws IOException, InterruptedException {
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(READY_WITHIN_S);
    while (System.nanoTime() < until && proxy.isAlive()) {
      try (Socket listens = new Socket(InetAddress.getLoopbackAddress(), http)) {
        return;
      } catch (IOException notYet) {
        TimeUnit.MILLISECONDS.sleep(50);
      }
    }
    throw new IOException("the proxy does not listen");
  }

  private void sendOverResp() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), resp)) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      out.write(request("PING"));
      line(in);
      for (int round = 0; round < PIPELINED_ROUNDS; round++) {
        StringBuilder requests = new StringBuilder();
        for (int i = 0; i < PIPELINE; i++) {
          requests.append(get(round * PIPELINE + i));
        }
        out.write(bytes(requests.toString()));
        in.readNBytes(PIPELINE * VALUE.length());
      }
      for (int i = 0; i < SINGLE; i++) {
        out.write(bytes(get(i)));
        in.readNBytes(VALUE.length());
      }
      for (int i = 0; i < SINGLE; i++) {
        out.write(request("SET", "key:" + i % KEYS, "0123456789abcdef"));
        line(in);
      }
    }
  }

  private static String get(int number) {
    return text("GET", "key:" + number % KEYS);
  }

  private void sendOverHttp() throws IOException {
    try (Socket socket = new Socket(InetAddress.getLoopbackAddress(), http)) {
      InputStream in = new BufferedInputStream(socket.getInputStream());
      OutputStream out = socket.getOutputStream();
      for (int i = 0; i < SINGLE; i++) {
        out.write(bytes("GET /keys/key:" + i % KEYS + " HTTP/1.1\r\nHost: localhost\r\n\r\n"));
        skipResponse(in);
      }
    }
  }

  private static void skipResponse(InputStream in) throws IOException {
    int length = 0;
    for (String line = line(in); !line.isEmpty(); line = line(in)) {
      if (line.toLowerCase().startsWith("content-length:")) {
        length = Integer.parseInt(line.substring(line.indexOf(':') + 1).strip());
      }
    }
    in.readNBytes(length);
  }

  /** Accepts connections to the fake Redis. */
  private static void accept(ServerSocket server) {
    try {
      while (true) {
        Socket proxy = server.accept();
        daemon(() -> answer(proxy));
      }
    } catch (IOException closed) {
      // The training is over.
    }
  }

  private static void answer(Socket proxy) {
    try (proxy) {
      InputStream in = new BufferedInputStream(proxy.getInputStream());
      OutputStream out = proxy.getOutputStream();
      while (true) {
        List<String> command = new ArrayList<>();
        for (int i = number(in); i > 0; i--) {
          command.add(new String(in.readNBytes(number(in) + 2), StandardCharsets.UTF_8).strip());
        }
        out.write(bytes(reply(command)));
      }
    } catch (IOException gone) {
      // The proxy has stopped.
    }
  }

  private static String reply(List<String> command) {
    return switch (command.get(0).toUpperCase()) {
      case "HELLO" -> hello(command);
      case "COMMAND" ->
          "*1\r\n*6\r\n$3\r\nset\r\n:-3\r\n*2\r\n+write\r\n+denyoom\r\n:1\r\n:1\r\n:1\r\n";
      case "GETRANGE", "GET" -> VALUE;
      case "PTTL" -> ":-1\r\n";
      case "PING" -> "+PONG\r\n";
      default -> "+OK\r\n";
    };
  }

  private static String hello(List<String> command) {
    boolean resp3 = command.size() > 1 && command.get(1).equals("3");
    return (resp3 ? "%1" : "*2") + "\r\n$7\r\nversion\r\n$5\r\n7.4.0\r\n";
  }

  private static int number(InputStream in) throws IOException {
    return Integer.parseInt(line(in).substring(1));
  }

  private static String line(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed");
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  private static byte[] request(String... arguments) {
    return bytes(text(arguments));
  }

  private static String text(String... arguments) {
    StringBuilder text = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      text.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return text.toString();
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "stand-in");
    thread.setDaemon(true);
    thread.start();
  }

  private static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    }
  }
}
