package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicLong;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;

/** The packaged jar, as an operator runs it. */
class JarIT {
  private static final String JAVA = ProcessHandle.current().info().command().orElse("java");
  private static final List<String> SMALL_MEMORY =
      List.of("-Xmx64m", "-XX:MaxDirectMemorySize=64m", "-XX:+ExitOnOutOfMemoryError");

  @TempDir Path directory;

  private final int http = freePort();
  private final int resp = freePort();
  private final int admin = freePort();
  private Process process;

  private static int freePort() {
    try (ServerSocket socket = new ServerSocket(0)) {
      return socket.getLocalPort();
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  @AfterEach
  void stop() {
    if (process != null) {
      process.destroyForcibly();
    }
  }

  private Process run(Map<String, String> environment, List<String> flags, String... arguments)
      throws IOException {
    List<String> command = new ArrayList<>(List.of(JAVA));
    command.addAll(flags);
    command.addAll(List.of("-jar", "target/redis-proxy.jar"));
    command.addAll(List.of(arguments));
    ProcessBuilder builder =
        new ProcessBuilder(command)
            .redirectErrorStream(true)
            .redirectOutput(directory.resolve("output").toFile());
    builder.environment().keySet().removeIf(name -> name.startsWith("REDIS_"));
    builder.environment().put("HTTP_PORT", "" + http);
    builder.environment().put("RESP_PORT", "" + resp);
    builder.environment().put("ADMIN_PORT", "" + admin);
    builder.environment().putAll(environment);
    process = builder.start();
    return process;
  }

  private String output() throws IOException {
    return Files.readString(directory.resolve("output"));
  }

  private String finished(int status) throws Exception {
    assertTrue(process.waitFor(20, TimeUnit.SECONDS), "it did not end");
    assertEquals(status, process.exitValue(), output());
    return output();
  }

  private void awaitReady() {
    Awaitility.await()
        .atMost(20, TimeUnit.SECONDS)
        .ignoreExceptions()
        .until(() -> get(admin, "/health/ready").statusCode() == 200);
  }

  private static HttpResponse<String> get(int port, String path) throws Exception {
    return HttpClient.newHttpClient()
        .send(
            HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + path)).build(),
            HttpResponse.BodyHandlers.ofString());
  }

  @Test
  void help_and_version_sayWhatThereIs() throws Exception {
    run(Map.of(), List.of(), "--help");
    String help = finished(0);
    assertTrue(help.contains("--config FILE") && help.contains("RESP_MAX_CLIENTS"), help);
    run(Map.of(), List.of(), "--version");
    assertTrue(finished(0).matches("redis-proxy \\d+\\.\\d+\\.\\d+\\s*"));
    run(Map.of(), List.of(), "--nonsense");
    assertTrue(finished(2).contains("unknown argument --nonsense"));
  }

  @Test
  void badSettings_areAllNamedAtOnceAndSecretsAreNot() throws Exception {
    Path file = directory.resolve("proxy.yaml");
    Files.writeString(file, "cache:\n  capcity: 5\nredis:\n  url: redis://:t0psecret@host:99999\n");
    run(Map.of("RESP_PORT", "http"), List.of(), "--config", file.toString());
    String output = finished(1);
    assertTrue(output.contains("cache.capcity") && output.contains("cache.capacity"), output);
    assertTrue(output.contains("redis.url") && output.contains("RESP_PORT"), output);
    assertFalse(output.contains("t0psecret"), output);
  }

  @Test
  void portInUse_isSaidWithTheSettingAndEnds() throws Exception {
    try (ServerSocket taken = new ServerSocket(0)) {
      run(Map.of("RESP_PORT", "" + taken.getLocalPort(), "RESP_HOST", "0.0.0.0"), List.of());
      String output = finished(1);
      assertTrue(output.contains("resp.port = " + taken.getLocalPort()), output);
      assertFalse(output.contains("\tat "), output);
    }
  }

  @Test
  void sigterm_underLoad_breaksNoReplyAndExitsWithSuccess() throws Exception {
    try (EmbeddedRedis redis = EmbeddedRedis.start()) {
      try (RespClient direct = new RespClient(redis.host(), redis.port())) {
        direct.call("SET", "k", "value");
      }
      run(Map.of("REDIS_URL", redis.url()), List.of());
      awaitReady();
      AtomicLong whole = new AtomicLong();
      List<String> broken = Collections.synchronizedList(new ArrayList<>());
      List<Thread> clients = new ArrayList<>();
      for (int i = 0; i < 8; i++) {
        Thread client = new Thread(() -> readUntilClosed(whole, broken));
        client.start();
        clients.add(client);
      }
      RespClient idle = new RespClient(resp);
      Awaitility.await().until(() -> whole.get() > 2000);
      process.destroy();
      for (Thread client : clients) {
        client.join(20_000);
        assertFalse(client.isAlive());
      }
      assertEquals(List.of(), broken);
      assertTrue(idle.isClosedByServer());
      assertTrue(finished(0).contains("redis-proxy has stopped"));
    }
  }

  /** Every reply that begins must come whole; between replies the server may close. */
  private void readUntilClosed(AtomicLong whole, List<String> broken) {
    String expected = "$5\r\nvalue\r\n";
    try (RespClient client = new RespClient(resp)) {
      while (isSent(client, RespClient.request("GET", "k").repeat(10))) {
        for (int i = 0; i < 10; i++) {
          int first = client.read();
          if (first < 0) {
            return;
          }
          String reply =
              (char) first
                  + new String(client.bytes(expected.length() - 1), StandardCharsets.ISO_8859_1);
          if (!reply.equals(expected)) {
            broken.add(reply);
          }
          whole.incrementAndGet();
        }
      }
    } catch (UncheckedIOException | IllegalStateException cut) {
      broken.add(cut.getMessage());
    }
  }

  /** Whether the server still took it; once it has closed it need not. */
  private static boolean isSent(RespClient client, String requests) {
    try {
      client.send(requests);
      return true;
    } catch (UncheckedIOException closed) {
      return false;
    }
  }

  @Test
  void valueOf512MB_costsBoundedHeapAndStallsNobody() throws Exception {
    try (EmbeddedRedis redis = EmbeddedRedis.start()) {
      try (RespClient direct = new RespClient(redis.host(), redis.port())) {
        assertEquals(":536870912\r\n", direct.call("SETRANGE", "huge", "536870911", "x"));
        direct.call("SET", "small", "v");
      }
      run(Map.of("REDIS_URL", redis.url()), SMALL_MEMORY);
      awaitReady();
      try (RespClient client = new RespClient(resp);
          RespClient other = new RespClient(resp)) {
        client.send(RespClient.request("GET", "huge") + RespClient.request("GET", "small"));
        assertEquals("$536870912\r\n", ascii(client, 12));
        for (int mib = 0; mib < 512; mib++) {
          client.bytes(1024 * 1024);
          assertEquals("$1\r\nv\r\n", other.call("GET", "small"));
        }
        assertEquals("\r\n", ascii(client, 2));
        assertEquals("$1\r\nv\r\n", client.reply());
      }
      HttpResponse<InputStream> streamed =
          HttpClient.newHttpClient()
              .send(
                  HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + http + "/keys/huge"))
                      .build(),
                  HttpResponse.BodyHandlers.ofInputStream());
      assertEquals(536870912, streamed.body().transferTo(OutputStream.nullOutputStream()));
      assertTrue(process.isAlive());
    }
  }

  @Test
  void valueOf512MB_isWrittenAndReadThroughATunnelInBoundedMemory() throws Exception {
    int pieces = 512;
    byte[] piece = new byte[1024 * 1024];
    new Random(1).nextBytes(piece);
    try (EmbeddedRedis redis = EmbeddedRedis.start()) {
      run(Map.of("REDIS_URL", redis.url()), SMALL_MEMORY);
      awaitReady();
      try (RespClient client = new RespClient(resp);
          RespClient other = new RespClient(resp);
          RespClient direct = new RespClient(redis.host(), redis.port())) {
        direct.call("SET", "small", "v");
        client.send("*3\r\n$3\r\nSET\r\n$4\r\nhuge\r\n$536870912\r\n");
        for (int i = 0; i < pieces; i++) {
          client.send(numbered(piece, i));
          assertEquals("$1\r\nv\r\n", other.call("GET", "small"));
        }
        assertEquals("+OK\r\n", client.send("\r\n").reply());

        assertEquals(":536870912\r\n", direct.call("STRLEN", "huge"));
        for (int i = 0; i < pieces; i++) {
          long from = (long) i * piece.length;
          direct.send(
              RespClient.request("GETRANGE", "huge", "" + from, "" + (from + piece.length - 1)));
          assertEquals("$1048576\r\n", ascii(direct, 10));
          assertArrayEquals(numbered(piece, i), direct.bytes(piece.length));
          direct.bytes(2);
        }

        client.send(RespClient.request("GET", "huge") + RespClient.request("PING"));
        assertEquals("$536870912\r\n", ascii(client, 12));
        for (int i = 0; i < pieces; i++) {
          assertArrayEquals(numbered(piece, i), client.bytes(piece.length));
          assertEquals("$1\r\nv\r\n", other.call("GET", "small"));
        }
        assertEquals("\r\n+PONG\r\n", ascii(client, 9));
      }
      assertTrue(process.isAlive());
    }
  }

  /** The same piece with its number in it, so that none can stand in another's place. */
  private static byte[] numbered(byte[] piece, int number) {
    ByteBuffer.wrap(piece).putInt(number);
    return piece;
  }

  private static String ascii(RespClient client, int length) {
    return new String(client.bytes(length), StandardCharsets.US_ASCII);
  }

  @Test
  void configFile_isReadAndTheEnvironmentWins() throws Exception {
    Path file = directory.resolve("proxy.yaml");
    Files.writeString(file, "cache:\n  capacity: 7\n  expiry: 5s\nlog:\n  format: json\n");
    try (EmbeddedRedis redis = EmbeddedRedis.start()) {
      run(
          Map.of("REDIS_URL", redis.url(), "CACHE_CAPACITY", "9"),
          List.of(),
          "--config",
          file.toString());
      awaitReady();
      assertTrue(get(admin, "/stats").body().contains("\"capacity\":9"));
      for (String line : output().strip().split("\n")) {
        new JsonObject(line).getString("level");
      }
    }
  }
}
