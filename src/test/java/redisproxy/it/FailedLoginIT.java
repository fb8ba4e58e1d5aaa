package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import java.util.function.Supplier;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redisproxy.dev.EmbeddedRedis;

/**
 * The answer to wrong credentials is delayed where the proxy checks them, and over HTTP. The delay
 * grows with each failure. Other clients do not wait. Asserts only that a delay is not too short.
 */
class FailedLoginIT {
  private static final Shape ONE_LOOP = Shape.values()[0];
  private static final List<String> DELAYED = List.of("limits.failed-login-delay", "50ms");
  private static final String WRONGPASS =
      "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

  /** The total delay of five failed log-ins: 50, 100, 200, 400, 800 ms. */
  private static final long FIVE_MS = 1550;

  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy(String redisUrl, String... settings) {
    return opened.proxy(ONE_LOOP, redisUrl, RunningProxy.settings(DELAYED, settings));
  }

  private static String basic(String credentials) {
    byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(bytes);
  }

  private static long millis(Runnable action) {
    long start = System.nanoTime();
    action.run();
    return TimeUnit.NANOSECONDS.toMillis(System.nanoTime() - start);
  }

  private static void assertFiveAreSlow(Supplier<Integer> status) {
    long took = 0;
    for (int i = 0; i < 5; i++) {
      took += millis(() -> assertEquals(401, status.get()));
    }
    assertTrue(took >= FIVE_MS, "five failed log-ins took " + took + " ms");
  }

  @Test
  void resp_answersPipelinedAttemptsOneByOne_andOthersMeanwhile() throws Exception {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis.url(), "auth.mode", "own", "auth.password", "s3cret");
    RespClient guessing = opened.client(proxy);
    RespClient other = opened.client(proxy);
    assertGuessingWaits_andOthersDoNot(proxy, guessing, other);
  }

  /** If attempts were delayed here too, the test would run into its own deadline. */
  @Test
  void resp_whereRedisChecks_nothingIsDelayed() {
    EmbeddedRedis redis = opened.redis("requirepass s3cret");
    RunningProxy proxy = proxy(redis.url(), "redis.password", "s3cret");
    RespClient client = opened.client(proxy);
    String attempt = RespClient.request("AUTH", "wrong");
    client.send(attempt.repeat(1000));
    for (int i = 0; i < 1000; i++) {
      assertEquals(WRONGPASS, client.reply());
    }
    assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
  }

  @Test
  void attemptWhoseClientLeavesBeforeTheAnswer_counts() throws Exception {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis.url(), "auth.mode", "own", "auth.password", "s3cret");
    for (int i = 0; i < 4; i++) {
      proxy.resp().send(RespClient.request("AUTH", "wrong")).endOutput().close();
      dropHttpAttempt(proxy.httpPort());
    }
    try (RespClient guessing = proxy.resp()) {
      await()
          .until(
              () -> millis(() -> assertEquals(WRONGPASS, guessing.call("AUTH", "wrong"))) >= 400);
    }
    await()
        .until(() -> millis(() -> proxy.http("/keys/k", "authorization", "Bearer wrong")) >= 400);
  }

  private static void dropHttpAttempt(int port) throws Exception {
    try (Socket socket = new Socket("127.0.0.1", port)) {
      String request = "GET /keys/k HTTP/1.1\r\nHost: x\r\nAuthorization: Bearer wrong\r\n\r\n";
      socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
    }
  }

  private static void assertGuessingWaits_andOthersDoNot(
      RunningProxy proxy, RespClient guessing, RespClient other) throws Exception {
    assertEquals("+OK\r\n", other.call("AUTH", "s3cret"));
    CompletableFuture<Long> took =
        CompletableFuture.supplyAsync(() -> millis(() -> guess(guessing)));
    int answered = 0;
    while (!took.isDone()) {
      assertEquals("+PONG\r\n", other.call("PING"));
      answered++;
    }
    assertTrue(took.get() >= FIVE_MS, "five failed log-ins took " + took.get() + " ms");
    assertTrue(answered > 10, "others wait, too");
    // A client that leaves while its answer is delayed does not affect others.
    proxy.resp().send(RespClient.request("AUTH", "wrong").repeat(3)).close();
    assertEquals("+PONG\r\n", other.call("PING"));
  }

  /** Sends five wrong passwords and then the right one, in one pipeline. */
  private static String guess(RespClient guessing) {
    guessing.send(
        RespClient.request("AUTH", "wrong").repeat(4)
            + RespClient.request("HELLO", "3", "AUTH", "default", "wrong")
            + RespClient.request("AUTH", "s3cret")
            + RespClient.request("PING"));
    for (int i = 0; i < 5; i++) {
      assertEquals(WRONGPASS, guessing.reply());
    }
    assertEquals("+OK\r\n", guessing.reply());
    return guessing.reply();
  }

  @Test
  void http_whereTheProxyChecks() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis.url(), "auth.mode", "own", "auth.password", "s3cret");
    assertFiveAreSlow(() -> proxy.http("/keys/k", "authorization", "Bearer wrong").statusCode());
    assertEquals(404, proxy.http("/keys/k", "authorization", basic("default:s3cret")).statusCode());
    assertEquals(404, proxy.http("/keys/k", "authorization", "Bearer s3cret").statusCode());
  }

  @Test
  void http_whereRedisChecks() {
    EmbeddedRedis redis = opened.redis("requirepass s3cret");
    RunningProxy proxy = proxy(redis.url(), "redis.password", "s3cret");
    assertFiveAreSlow(
        () -> proxy.http("/keys/k", "authorization", basic("default:wrong")).statusCode());
    assertEquals(404, proxy.http("/keys/k", "authorization", basic("default:s3cret")).statusCode());
    // Redis checks users, and a token names no user.
    assertEquals(401, proxy.http("/keys/k", "authorization", "Bearer s3cret").statusCode());
  }

  @Test
  void admin() {
    RunningProxy proxy = proxy("redis://127.0.0.1:1/0", "admin.token", "s3cret");
    assertFiveAreSlow(() -> proxy.admin("/stats", "authorization", "Bearer wrong").statusCode());
    assertEquals(200, proxy.admin("/stats", "authorization", "Bearer s3cret").statusCode());
  }
}
