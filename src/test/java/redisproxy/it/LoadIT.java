package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** Loads from a fake Redis; the test controls its replies and their timing. */
@InEachShape
class LoadIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  /** Answers GETRANGE and GET with the value given, PTTL with no expiry. */
  private static String plain(List<String> command, String value) {
    return switch (command.get(0).toLowerCase()) {
      case "getrange", "get" -> "$" + value.length() + "\r\n" + value + "\r\n";
      case "pttl" -> ":-1\r\n";
      default -> "-ERR not expected here\r\n";
    };
  }

  private static void waitFor(CountDownLatch latch) {
    try {
      assertTrue(latch.await(10, TimeUnit.SECONDS));
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void slowLoad_doesNotDelayHitsOfOtherConnections() {
    CountDownLatch release = new CountDownLatch(1);
    Function<List<String>, String> answer =
        command -> {
          if (command.get(1).equals("slow")) {
            waitFor(release);
          }
          return plain(command, "value of " + command.get(1));
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "30s");
    RespClient waiting = opened.client(proxy);
    RespClient other = opened.client(proxy);
    assertEquals("$13\r\nvalue of fast\r\n", other.call("GET", "fast"));
    waiting.send(RespClient.request("GET", "slow") + RespClient.request("GET", "fast"));
    await().until(() -> proxy.stat("loadsInFlight") == 1);
    for (int i = 0; i < 100; i++) {
      assertEquals("$13\r\nvalue of fast\r\n", other.call("GET", "fast"));
      assertEquals("value of fast", proxy.http("/keys/fast").body());
    }
    assertEquals(1, proxy.stat("loadsInFlight"), "the slow load was still in flight");
    release.countDown();
    assertEquals("$13\r\nvalue of slow\r\n", waiting.reply());
    assertEquals("$13\r\nvalue of fast\r\n", waiting.reply());
  }

  @Test
  void manyWaiters_onBothProtocols_shareOneLoad() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Function<List<String>, String> answer =
        command -> {
          waitFor(release);
          return plain(command, "v");
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "30s");
    List<RespClient> clients = new ArrayList<>();
    List<CompletableFuture<String>> https = new ArrayList<>();
    for (int i = 0; i < 50; i++) {
      clients.add(proxy.resp().send(RespClient.request("GET", "k").repeat(4)));
      https.add(CompletableFuture.supplyAsync(() -> proxy.http("/keys/k").body()));
    }
    await().until(() -> proxy.stat("misses") >= 201);
    release.countDown();
    for (RespClient client : clients) {
      for (int i = 0; i < 4; i++) {
        assertEquals("$1\r\nv\r\n", client.reply());
      }
      client.close();
    }
    for (CompletableFuture<String> http : https) {
      assertEquals("v", http.get(10, TimeUnit.SECONDS));
    }
    assertEquals(1, proxy.stat("loads"));
    assertEquals(
        1,
        redis.commands.stream()
            .filter(command -> command.get(0).equalsIgnoreCase("getrange"))
            .count());
  }

  @Test
  void emptyRangeOfAKeyThatAppearedMeanwhile_isAskedAgainInATransaction() {
    AtomicInteger asked = new AtomicInteger();
    Function<List<String>, String> answer =
        command ->
            switch (command.get(0).toLowerCase()) {
              case "getrange" -> asked.incrementAndGet() == 1 ? "$0\r\n\r\n" : "+QUEUED\r\n";
              case "pttl" -> asked.get() == 1 ? ":-1\r\n" : "+QUEUED\r\n";
              case "multi" -> "+OK\r\n";
              case "exec" -> "*2\r\n$4\r\nreal\r\n:-1\r\n";
              default -> "-ERR not expected here\r\n";
            };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals("$4\r\nreal\r\n", client.call("GET", "k"));
    assertEquals("$4\r\nreal\r\n", client.call("GET", "k"));
    assertEquals(1, asked.get() - 1);
  }

  @Test
  void keyGoneBetweenGetrangeAndPttl_isAnsweredAndNotKept() {
    AtomicInteger asked = new AtomicInteger();
    Function<List<String>, String> answer =
        command -> {
          if (command.get(0).equalsIgnoreCase("getrange")) {
            asked.incrementAndGet();
          }
          return command.get(0).equalsIgnoreCase("pttl") ? ":-2\r\n" : plain(command, "v");
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals(2, asked.get());
    assertEquals(0, proxy.stat("entries"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"-NOPERM no permission for 'pttl'", "+soon", "$4\r\nsoon", "$-1", "*0", "*-1"})
  void value_whenPttlReturnsNoTime_isNotKept(String time) {
    Function<List<String>, String> answer =
        command -> command.get(0).equalsIgnoreCase("pttl") ? time + "\r\n" : plain(command, "v");
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "10s");
    RespClient client = opened.client(proxy);
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals("v", proxy.http("/keys/k").body());
    assertEquals(2, proxy.stat("loads"));
    assertEquals(0, proxy.stat("entries"));
  }

  @ParameterizedTest
  @ValueSource(strings = {":5", "$-1", "*0", "*-1", "+v"})
  void valueThatIsNotAString_isAnError(String value) {
    Function<List<String>, String> answer =
        command -> command.get(0).equalsIgnoreCase("pttl") ? ":-1\r\n" : value + "\r\n";
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "10s");
    RespClient client = opened.client(proxy);
    assertEquals(
        "-ERR redis-proxy: Redis sent a reply that is not a string\r\n", client.call("GET", "k"));
    assertEquals(502, proxy.http("/keys/k").statusCode());
  }

  @Test
  void forbiddenGetrange_fallsBackToGet() {
    Function<List<String>, String> answer =
        command ->
            command.get(0).equalsIgnoreCase("getrange")
                ? "-NOPERM this user has no permissions to run the 'getrange' command\r\n"
                : command.get(1).equals("none") && command.get(0).equalsIgnoreCase("get")
                    ? "$-1\r\n"
                    : plain(command, "v");
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals("$-1\r\n", client.call("GET", "none"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals(1, proxy.stat("hits"));
  }

  @Test
  void redissErrors_arePassedOnUnchanged() {
    Function<List<String>, String> answer =
        command ->
            switch (command.get(1)) {
              case "loading" -> "-LOADING Redis is loading the dataset in memory\r\n";
              case "perm" ->
                  "-NOPERM this user has no permissions to access one of the keys used as arguments\r\n";
              default -> "-ERR odd \u00ff text\r\n";
            };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals(
        "-LOADING Redis is loading the dataset in memory\r\n", client.call("GET", "loading"));
    assertTrue(client.call("GET", "perm").startsWith("-NOPERM this user has no permissions"));
    assertEquals("-ERR odd \u00ff text\r\n", client.call("GET", "other"));
    assertEquals(503, proxy.http("/keys/loading").statusCode());
    assertEquals(502, proxy.http("/keys/perm").statusCode());
  }

  /** Loads of a turn share a write, and the Redis client reports one error for all of them. */
  @Test
  void keysInOneRead_withAWrongTypeAmongThem_getTheirOwnAnswers() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient direct = opened.client(redis);
    RespClient client = opened.client(proxy);
    StringBuilder requests = new StringBuilder();
    StringBuilder replies = new StringBuilder();
    for (int i = 0; i < 40; i++) {
      requests.append(RespClient.request("GET", "k" + i));
      if (i % 20 == 7) {
        direct.call("RPUSH", "k" + i, "element");
        replies.append("-WRONGTYPE Operation against a key holding the wrong kind of value\r\n");
      } else if (i % 20 == 8) {
        replies.append("$-1\r\n");
      } else {
        direct.call("SET", "k" + i, i % 20 == 9 ? "" : "v" + i % 10);
        replies.append(i % 20 == 9 ? "$0\r\n\r\n" : "$2\r\nv" + i % 10 + "\r\n");
      }
    }
    // Wait for all invalidations: late ones would overtake the loads.
    await().until(() -> proxy.stat("invalidations") == 40 - 2);
    client.send(requests.toString());
    assertEquals(replies.toString(), text(client.bytes(replies.length())));
    assertEquals(40 - 2, proxy.stat("entries") + 2, "errors and missing keys are not kept");
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.US_ASCII);
  }

  @Test
  void tooManyLoads_areRefusedAtOnce() {
    CountDownLatch release = new CountDownLatch(1);
    Function<List<String>, String> answer =
        command -> {
          waitFor(release);
          return plain(command, "v");
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy =
        opened.proxy(shape, redis.url(), "redis.load-timeout", "30s", "redis.max-loads", "2");
    RespClient a = opened.client(proxy);
    RespClient b = opened.client(proxy);
    a.send(RespClient.request("GET", "1") + RespClient.request("GET", "2"));
    await().until(() -> proxy.stat("loadsInFlight") == 2);
    assertEquals(
        "-ERR redis-proxy: too many loads from Redis are in flight\r\n", b.call("GET", "3"));
    var full = proxy.http("/keys/3");
    assertEquals(503, full.statusCode());
    assertEquals("1", full.headers().firstValue("retry-after").orElse(null));
    release.countDown();
    assertEquals("$1\r\nv\r\n", a.reply());
    assertEquals("$1\r\nv\r\n", a.reply());
    assertEquals("$1\r\nv\r\n", b.call("GET", "3"));
  }

  @Test
  void maxConcurrentRequests_overHttp_is503() throws Exception {
    CountDownLatch release = new CountDownLatch(1);
    Function<List<String>, String> answer =
        command -> {
          waitFor(release);
          return plain(command, "v");
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy =
        opened.proxy(
            shape, redis.url(), "redis.load-timeout", "30s", "http.max-concurrent-requests", "1");
    CompletableFuture<String> first =
        CompletableFuture.supplyAsync(() -> proxy.http("/keys/1").body());
    await().until(() -> proxy.stat("loadsInFlight") == 1);
    assertEquals(503, proxy.http("/keys/2").statusCode());
    assertEquals(503, proxy.http("/lookup?key=2").statusCode());
    release.countDown();
    assertEquals("v", first.get(10, TimeUnit.SECONDS));
    assertEquals("v", proxy.http("/keys/2").body());
  }
}
