package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import redisproxy.dev.EmbeddedRedis;

/** The packaged jar in its own process, on free ports. */
final class RunningJar implements AutoCloseable {
  private static final String JAVA = ProcessHandle.current().info().command().orElse("java");

  /** Makes Netty log when a buffer is garbage-collected without a release. */
  private static final String FOLLOW_BUFFERS = "-Dio.netty.leakDetection.level=paranoid";

  final int http = EmbeddedRedis.freePort();
  final int resp = EmbeddedRedis.freePort();
  private final int admin = EmbeddedRedis.freePort();
  private final Path output;
  private Process process;

  /** Creates a jar that is not started yet. Its output goes to a file in the directory. */
  RunningJar(Path directory) {
    this.output = directory.resolve("output");
  }

  void run(Map<String, String> environment, List<String> flags, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(JAVA, FOLLOW_BUFFERS));
    command.addAll(flags);
    command.addAll(List.of("-jar", "target/redis-proxy.jar"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command).redirectErrorStream(true).redirectOutput(output.toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("REDIS_"));
    builder.environment().put("HTTP_PORT", "" + http);
    builder.environment().put("RESP_PORT", "" + resp);
    builder.environment().put("ADMIN_PORT", "" + admin);
    builder.environment().put("TRANSPORT", RunningProxy.TRANSPORT);
    builder.environment().putAll(environment);
    process = builder.start();
  }

  /** Returns its output so far. */
  String output() throws IOException {
    return Files.readString(output);
  }

  /** Waits until it exits by itself with this status, and returns its output. */
  String finished(int status) throws Exception {
    assertTrue(process.waitFor(60, TimeUnit.SECONDS), "the process did not exit");
    assertEquals(status, process.exitValue(), output());
    return output();
  }

  /** Waits until it is ready. If it exits, fails at once with its output. */
  void awaitReady() {
    Awaitility.await()
        .atMost(60, TimeUnit.SECONDS)
        .failFast(() -> assertTrue(process.isAlive(), output()))
        .ignoreExceptions()
        .until(() -> admin("/health/ready").statusCode() == 200);
  }

  HttpResponse<String> admin(String path, String... headers) throws Exception {
    return get(admin, path, headers);
  }

  HttpResponse<String> http(String path, String... headers) throws Exception {
    return get(http, path, headers);
  }

  private static HttpResponse<String> get(int port, String path, String... headers)
      throws Exception {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path));
    if (headers.length > 0) {
      request.headers(headers);
    }
    return HttpClient.newHttpClient().send(request.build(), HttpResponse.BodyHandlers.ofString());
  }

  boolean isAlive() {
    return process.isAlive();
  }

  /** Sends SIGTERM. */
  void terminate() {
    process.destroy();
  }

  /** Sends SIGHUP. */
  void sighup() throws Exception {
    Process kill = new ProcessBuilder("kill", "-HUP", "" + process.pid()).start();
    assertEquals(0, kill.waitFor());
  }

  /** Ends the process. Fails if Netty has logged a leaked buffer. */
  @Override
  public void close() {
    if (process != null) {
      process.destroyForcibly();
      assertEquals(List.of(), lines("LEAK:"));
    }
  }

  private List<String> lines(String with) {
    try {
      return output().lines().filter(line -> line.contains(with)).toList();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
