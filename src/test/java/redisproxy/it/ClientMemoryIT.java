package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;

import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.TestCertificates;

/**
 * Each client stays within its own limits, but together they request several times the available
 * memory. Other clients must be answered all the while. Runs the packaged jar in a small heap.
 */
class ClientMemoryIT {
  private static final int CROWD = 100;
  private static final int HEAVY = 256 * 1024;

  /** The most concurrent streams of an HTTP/2 client. */
  private static final int STREAMS = 100;

  @TempDir static Path directory;
  @RegisterExtension static final Opened shared = Opened.forClass();
  @RegisterExtension final Opened opened = new Opened();

  private static final Vertx vertx = Vertx.vertx();
  private static EmbeddedRedis redis;

  private RunningJar jar;
  private RespClient neighbour;

  @BeforeAll
  static void start() throws Exception {
    redis = shared.redis();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "blue");
      for (int i = 0; i < 16; i++) {
        direct.call("SET", "heavy" + i, "v".repeat(HEAVY));
      }
    }
  }

  @AfterAll
  static void stop() {
    vertx.close().await();
  }

  /** Starts a new proxy for each test, because a proxy warns only every few seconds. */
  @BeforeEach
  void startProxy() throws Exception {
    startProxy(Map.of());
  }

  private void startProxy(Map<String, String> more) throws Exception {
    Map<String, String> environment = new HashMap<>(more);
    environment.put("REDIS_URL", redis.url());
    jar = opened.jar(directory);
    jar.run(environment, List.of("-Xmx64m", "-XX:+ExitOnOutOfMemoryError"));
    jar.awaitReady();
    neighbour = opened.add(new RespClient(jar.resp));
  }

  private void assertOthersAreAnswered() throws Exception {
    assertEquals("$4\r\nblue\r\n", neighbour.call("GET", "color"));
    assertEquals("blue", jar.http("/keys/color").body());
    try (RespClient another = new RespClient(jar.resp)) {
      assertEquals("+OK\r\n", another.call("SET", "other", "1"));
    }
    assertTrue(jar.isAlive(), jar.output());
  }

  private int warnings() throws IOException {
    return jar.output().split("clients that used the most memory were disconnected", -1).length - 1;
  }

  private void crowd(int port, String sent) throws Exception {
    for (int i = 0; i < CROWD; i++) {
      try {
        opened
            .add(Unread.connect(port))
            .getOutputStream()
            .write(sent.getBytes(StandardCharsets.US_ASCII));
      } catch (IOException cutOff) {
        // The proxy may have cut this client off.
      }
      if (i % 20 == 0) {
        assertOthersAreAnswered();
      }
    }
    assertSomeAreCutOff();
  }

  private void assertSomeAreCutOff() throws Exception {
    assertOthersAreAnswered();
    await().until(() -> warnings() > 0);
    assertTrue(!jar.output().contains("ended by a fault"), jar.output());
  }

  @Test
  void clientThatDoesNotRead_isCutOff() throws Exception {
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 500; i++) {
      pipeline.append(RespClient.request("GET", "heavy" + i % 16));
    }
    crowd(jar.resp, pipeline.toString());
  }

  @Test
  void clientThatDoesNotFinishItsRequest_isCutOff() throws Exception {
    crowd(jar.resp, "*2\r\n$3\r\nGET\r\n$900010\r\n" + "x".repeat(900_000));
  }

  @Test
  void httpClientThatDoesNotRead_isCutOff() throws Exception {
    StringBuilder pipeline = new StringBuilder();
    for (int i = 0; i < 64; i++) {
      pipeline.append("GET /keys/heavy" + i % 16 + " HTTP/1.1\r\nHost: h\r\n\r\n");
    }
    crowd(jar.http, pipeline.toString());
  }

  /** Else a socket would take megabytes that the proxy does not count, and copying costs time. */
  @Test
  void socketOfAClientThatDoesNotRead_takesFewBytes() throws Exception {
    assumeTrue(!jar.output().contains("transport=\"nio\""), "on Linux");
    String sent = RespClient.request("GET", "heavy0").repeat(64);
    for (int i = 0; i < 4; i++) {
      opened
          .add(Unread.connect(jar.resp))
          .getOutputStream()
          .write(sent.getBytes(StandardCharsets.US_ASCII));
    }
    List<Long> taken = new ArrayList<>();
    await()
        .pollInterval(200, TimeUnit.MILLISECONDS)
        .until(
            () -> {
              List<Long> before = List.copyOf(taken);
              taken.clear();
              taken.addAll(unsent(jar.resp));
              return taken.size() == 4 && taken.equals(before);
            });
    for (long bytes : taken) {
      assertTrue(bytes < 1 << 20, taken::toString);
    }
  }

  /** The unsent bytes of each socket of a port that has any. */
  private static List<Long> unsent(int port) throws IOException {
    List<Long> bytes = new ArrayList<>();
    for (String table : new String[] {"/proc/net/tcp", "/proc/net/tcp6"}) {
      for (String line : Files.readAllLines(Path.of(table))) {
        String[] columns = line.strip().split("\\s+");
        if (columns[1].endsWith(String.format(":%04X", port))
            && !columns[4].startsWith("0000000")) {
          bytes.add(Long.parseLong(columns[4].substring(0, 8), 16));
        }
      }
    }
    return bytes;
  }

  @Test
  void http2ClientThatDoesNotRead_isCutOff() throws Exception {
    jar.close();
    String certificate = TestCertificates.get().cert("server").toString();
    String key = TestCertificates.get().key("server").toString();
    startProxy(Map.of("HTTP_TLS_CERT", certificate, "HTTP_TLS_KEY", key));
    AtomicInteger closed = new AtomicInteger();
    HttpClient client =
        vertx
            .httpClientBuilder()
            .with(TestCertificates.http2())
            .with(new PoolOptions().setHttp2MaxSize(4))
            .withConnectHandler(
                connection -> connection.closeHandler(over -> closed.incrementAndGet()))
            .build();
    for (int i = 0; i < 4 * STREAMS; i++) {
      client
          .request(HttpMethod.GET, jar.http, "127.0.0.1", "/keys/heavy" + i % 16)
          .compose(HttpClientRequest::send)
          .onSuccess(
              response -> response.pause().exceptionHandler(cutOff -> {}).handler(data -> {}));
    }
    await().until(() -> closed.get() > 0);
    assertEquals("$4\r\nblue\r\n", neighbour.call("GET", "color"));
    await().until(() -> warnings() > 0);
    assertTrue(jar.isAlive(), jar.output());
  }
}
