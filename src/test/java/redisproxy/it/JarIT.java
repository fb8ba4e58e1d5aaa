package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.io.UncheckedIOException;
import java.net.ServerSocket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** The packaged jar, as an operator runs it. */
class JarIT {
  @RegisterExtension final Opened opened = new Opened();
  @TempDir Path directory;

  private RunningJar jar;

  @BeforeEach
  void prepare() {
    jar = opened.jar(directory);
  }

  @Test
  void helpAndVersion_arePrinted() throws Exception {
    jar.run(Map.of(), List.of(), "--help");
    String help = jar.finished(0);
    assertTrue(help.contains("--config FILE") && help.contains("RESP_MAX_CLIENTS"), help);
    jar.run(Map.of(), List.of(), "--version");
    assertTrue(jar.finished(0).matches("redis-proxy \\d+\\.\\d+\\.\\d+\\s*"));
    jar.run(Map.of(), List.of(), "--nonsense");
    assertTrue(jar.finished(2).contains("unknown argument --nonsense"));
  }

  @Test
  void badSettings_areAllNamedAtOnce_withoutSecrets() throws Exception {
    Path file = directory.resolve("proxy.yaml");
    Files.writeString(file, "cache:\n  capcity: 5\nredis:\n  url: redis://:t0psecret@host:99999\n");
    jar.run(Map.of("RESP_PORT", "http"), List.of(), "--config", file.toString());
    String output = jar.finished(1);
    assertTrue(output.contains("cache.capcity") && output.contains("cache.capacity"), output);
    assertTrue(output.contains("redis.url") && output.contains("RESP_PORT"), output);
    assertFalse(output.contains("t0psecret"), output);
  }

  private static long count(String output, String text) {
    return output.lines().filter(line -> line.contains(text)).count();
  }

  /** Checks that this is the only error, and that only this server reports it. */
  private static void assertIsOnlyError(String output, String server, int port) {
    String setting = server + ".port = " + port + ": cannot listen (";
    assertEquals(1, count(output, setting), output);
    assertEquals(1, count(output, "cannot listen"), output);
    assertEquals(0, count(output, "level=WARN") + count(output, "level=ERROR"), output);
    assertEquals(0, count(output, "\tat "), output);
  }

  @ParameterizedTest
  @CsvSource({
    "http, 127.0.0.1",
    "resp, 127.0.0.1",
    "admin, 127.0.0.1",
    "http, 0.0.0.0",
    "resp, 0.0.0.0"
  })
  void portInUse_isTheOnlyError_andRedisIsNotConnectedTo(String server, String host)
      throws Exception {
    String prefix = server.toUpperCase(Locale.ROOT);
    try (ServerSocket taken = new ServerSocket(0);
        Switch redis = new Switch(1)) {
      Map<String, String> environment =
          Map.of(
              "REDIS_URL",
              redis.url(),
              "AUTH_MODE",
              "redis",
              prefix + "_HOST",
              host,
              prefix + "_PORT",
              "" + taken.getLocalPort());
      jar.run(environment, List.of());
      String output = jar.finished(1);
      assertIsOnlyError(output, server, taken.getLocalPort());
      assertEquals(2, output.lines().count(), output);
      assertFalse(redis.isUsed());
    }
  }

  /** The port is free when it is checked, and taken when the server wants to listen. */
  @ParameterizedTest
  @ValueSource(strings = {"http", "resp"})
  void portTakenDuringTheStart_isTheOnlyErrorToo(String server) throws Exception {
    EmbeddedRedis redis = opened.redis();
    Switch door = opened.add(new Switch(redis.port()));
    Runnable lead = door.hold();
    // Else the attempt to connect would fail on a slow machine, which is logged.
    jar.run(
        Map.of("REDIS_URL", door.url(), "EVENT_LOOPS", "4", "REDIS_CONNECT_TIMEOUT", "30s"),
        List.of());
    await().until(door::isUsed);
    int port = server.equals("http") ? jar.http : jar.resp;
    try (ServerSocket taken = new ServerSocket(port)) {
      lead.run();
      assertIsOnlyError(jar.finished(1), server, taken.getLocalPort());
    }
  }

  @Test
  void sigterm_underLoad_breaksNoReplyAndExitsWithSuccess() throws Exception {
    EmbeddedRedis redis = opened.redis();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "k", "value");
    }
    jar.run(Map.of("REDIS_URL", redis.url()), List.of());
    jar.awaitReady();
    AtomicLong whole = new AtomicLong();
    List<String> broken = new CopyOnWriteArrayList<>();
    List<Thread> clients = new ArrayList<>();
    for (int i = 0; i < 8; i++) {
      Thread client = new Thread(() -> readUntilClosed(whole, broken));
      client.start();
      clients.add(client);
    }
    RespClient idle = new RespClient(jar.resp);
    await().until(() -> whole.get() > 2000);
    jar.terminate();
    for (Thread client : clients) {
      client.join(20_000);
      assertFalse(client.isAlive());
    }
    assertEquals(List.of(), broken);
    assertTrue(idle.isClosedByServer());
    assertTrue(jar.finished(0).contains("redis-proxy has stopped"));
  }

  /** Every reply that begins must be complete; between replies the server may close. */
  private void readUntilClosed(AtomicLong whole, List<String> broken) {
    String expected = "$5\r\nvalue\r\n";
    try (RespClient client = new RespClient(jar.resp)) {
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

  /** Whether the server accepted the requests; it may have closed the connection. */
  private static boolean isSent(RespClient client, String requests) {
    try {
      client.send(requests);
      return true;
    } catch (UncheckedIOException closed) {
      return false;
    }
  }

  @Test
  void configFile_isReadAndTheEnvironmentWins() throws Exception {
    Path file = directory.resolve("proxy.yaml");
    Files.writeString(file, "cache:\n  capacity: 7\n  expiry: 5s\nlog:\n  format: json\n");
    EmbeddedRedis redis = opened.redis();
    jar.run(
        Map.of("REDIS_URL", redis.url(), "CACHE_CAPACITY", "9"),
        List.of(),
        "--config",
        file.toString());
    jar.awaitReady();
    assertTrue(jar.admin("/stats").body().contains("\"capacity\":9"));
    for (String line : jar.output().strip().split("\n")) {
      new JsonObject(line).getString("level");
    }
  }
}
