package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Invalidations and losses that come at the worst moment. */
@InEachShape
class CoherenceRaceIT {
  private static final String PUSH_K = ">2\r\n$10\r\ninvalidate\r\n*1\r\n$1\r\nk\r\n";
  private static final String PUSH_ALL = ">2\r\n$10\r\ninvalidate\r\n_\r\n";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  /** The replies to loads, in the order of the loads. Each load waits until its reply is set. */
  private final BlockingQueue<CompletableFuture<String>> loads = new LinkedBlockingQueue<>();

  private FakeRedis redis;
  private RunningProxy proxy;

  /** Starts a proxy with a fake Redis. The test answers all commands but PING, CLIENT and PTTL. */
  private void start(Function<List<String>, String> answer, String... settings) {
    redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    switch (command.get(0).toUpperCase()) {
                      case "PING" -> "+PONG\r\n";
                      case "CLIENT" -> "+OK\r\n";
                      case "PTTL" -> ":-1\r\n";
                      default -> answer.apply(command);
                    }));
    proxy = opened.proxy(shape, redis.url(), settings);
    proxy.awaitTracking();
  }

  /** Waits until the test sets the load's reply. */
  private String late(List<String> command) {
    CompletableFuture<String> reply = new CompletableFuture<>();
    loads.add(reply);
    return reply.join();
  }

  private CompletableFuture<String> nextLoad() throws InterruptedException {
    CompletableFuture<String> load = loads.poll(15, TimeUnit.SECONDS);
    assertTrue(load != null, "nothing was loaded");
    return load;
  }

  private long tracked() {
    return redis.commands.stream().filter(command -> command.contains("TRACKING")).count();
  }

  /**
   * Redis read the value before a write, but its reply comes after the invalidation. In between
   * another client has requested the key; its load follows on the same connection.
   */
  @ParameterizedTest
  @ValueSource(strings = {PUSH_K, PUSH_ALL})
  void overtakenLoad_answersItsWaiters_andIsNotKept(String push) throws Exception {
    start(this::late, "redis.load-timeout", "15s");
    try (RespClient early = proxy.resp();
        RespClient behind = proxy.resp();
        RespClient after = proxy.resp()) {
      early.send(RespClient.request("GET", "k"));
      CompletableFuture<String> first = nextLoad();
      overtake(push);
      behind.send(RespClient.request("GET", "k"));
      await().untilAsserted(() -> assertEquals(2, proxy.stat("loads")));
      first.complete(bulk("old"));
      assertEquals(bulk("old"), early.reply());
      CompletableFuture<String> second = nextLoad();
      early.send(RespClient.request("GET", "k"));
      await().untilAsserted(() -> assertEquals(1, proxy.stat("coalesced")));
      second.complete(bulk("new"));
      assertEquals(bulk("new"), behind.reply());
      assertEquals(bulk("new"), early.reply());
      assertEquals(bulk("new"), after.call("GET", "k"));
      assertEquals("new", proxy.http("/keys/k").body());
      assertEquals(1, proxy.stat("overtaken"));
      assertTrue(loads.isEmpty());
    }
  }

  @Test
  void overtakenLoad_isLoadedAgainByTheNextRead() throws Exception {
    start(this::late, "redis.load-timeout", "15s");
    try (RespClient client = proxy.resp()) {
      for (int i = 0; i < 20; i++) {
        client.send(RespClient.request("GET", "k"));
        CompletableFuture<String> load = nextLoad();
        overtake(i % 2 == 0 ? PUSH_K : PUSH_ALL);
        load.complete(bulk("old" + i));
        assertEquals(bulk("old" + i), client.reply());
      }
      assertEquals(20, proxy.stat("overtaken"));
      assertEquals(0, proxy.stat("hits"));
    }
  }

  private void overtake(String push) {
    long before = proxy.stat("overtaken");
    redis.pushToFeed(push);
    await().untilAsserted(() -> assertEquals(before + 1, proxy.stat("overtaken")));
  }

  /** The key of an incomplete invalidation is unknown, so all keys are invalid. */
  @Test
  void feedLostWithinAnInvalidation_clearsTheCache() throws IOException {
    String[] value = {"old"};
    start(command -> bulk(value[0]));
    try (RespClient client = proxy.resp()) {
      assertEquals(bulk("old"), client.call("GET", "k"));
      assertEquals(bulk("old"), client.call("GET", "other"));
      value[0] = "new";
      redis.pushToFeed(PUSH_K.substring(0, PUSH_K.length() - 4));
      redis.dropFeed();
      await().untilAsserted(() -> assertEquals(bulk("new"), client.call("GET", "k")));
      proxy.awaitTracking();
      assertEquals(bulk("new"), client.call("GET", "other"));
    }
  }

  /** Entries from before the loss are not served, and none is added. */
  @Test
  void whileOnlyTheFeedIsLost_everyReadIsALoad() throws IOException {
    int[] value = {0};
    boolean[] refuses = {false};
    redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    switch (command.get(0).toUpperCase()) {
                      case "PING" -> "+PONG\r\n";
                      case "CLIENT" -> refuses[0] ? "-LOADING not now\r\n" : "+OK\r\n";
                      case "PTTL" -> ":-1\r\n";
                      default -> bulk("" + value[0]);
                    }));
    proxy = opened.proxy(shape, redis.url(), "redis.backoff-max", "50ms");
    try (RespClient client = proxy.resp()) {
      proxy.awaitTracking();
      client.call("GET", "k");
      client.call("GET", "k");
      refuses[0] = true;
      redis.dropFeed();
      await().untilAsserted(() -> assertEquals("lost", proxy.coherence()));
      long hits = proxy.stat("hits");
      for (int i = 1; i < 50; i++) {
        value[0] = i;
        assertEquals(bulk("" + i), client.call("GET", "k"));
        assertEquals("" + i, proxy.http("/keys/k").body());
      }
      assertEquals(hits, proxy.stat("hits"));
      assertEquals(0, proxy.stat("entries"), "no new entry, and none older than the values read");
      refuses[0] = false;
      proxy.awaitTracking();
      client.call("GET", "k");
      client.call("GET", "k");
      assertEquals(hits + 1, proxy.stat("hits"));
    }
  }

  /** The feed may have reached the old server, while the loads reach a new one. */
  @Test
  void feedThatReconnectedBeforeTheLoads_isOpenedAgain() throws IOException {
    start(command -> bulk("v"), "redis.connect-timeout", "10s", "redis.backoff-max", "50ms");
    long before = tracked();
    redis.greetsAfterMs = 2000;
    redis.drop();
    await().untilAsserted(() -> assertEquals(before + 1, tracked()));
    proxy.awaitTracking();
    await().untilAsserted(() -> assertEquals(before + 2, tracked()));
    await().untilAsserted(() -> assertEquals(200, proxy.admin("/health/ready").statusCode()));
    proxy.awaitTracking();
  }

  /** A streamed value may be newer than the last invalidation. */
  @Test
  void streamedValue_isNotFollowedByAnOlderOne() throws Exception {
    CompletableFuture<String> streamed = new CompletableFuture<>();
    CompletableFuture<Void> streaming = new CompletableFuture<>();
    String[] value = {bulk("x".repeat(1025))};
    start(
        command -> {
          if (command.get(0).equalsIgnoreCase("get")) {
            streaming.complete(null);
            return streamed.join();
          }
          return value[0];
        },
        "cache.max-value-bytes",
        "1024");
    try (RespClient client = proxy.resp();
        RespClient other = proxy.resp()) {
      client.send(RespClient.request("GET", "k"));
      streaming.get(15, TimeUnit.SECONDS);
      value[0] = bulk("second");
      assertEquals(bulk("second"), other.call("GET", "k"));
      value[0] = bulk("third");
      streamed.complete(bulk("third"));
      assertEquals(bulk("third"), client.reply());
      assertEquals(bulk("third"), client.call("GET", "k"));
    }
  }

  /** A server that accepts connections and stays silent delays neither reads nor the start. */
  @Test
  void silentServer_countsAsUnreachable() throws IOException {
    try (ServerSocket silent = new ServerSocket(0, 512, InetAddress.getLoopbackAddress())) {
      proxy =
          opened.proxy(
              shape,
              "redis://127.0.0.1:" + silent.getLocalPort(),
              "redis.connect-timeout",
              "200ms",
              "redis.load-timeout",
              "200ms");
      try (RespClient client = proxy.resp()) {
        for (int i = 0; i < 3; i++) {
          assertTrue(client.call("GET", "k").startsWith("-ERR redis-proxy: "));
          assertEquals(503, proxy.http("/keys/k").statusCode());
        }
      }
      assertEquals("lost", proxy.coherence());
    }
  }

  /** The feed answers a PING when this is complete. */
  private volatile CompletableFuture<String> pong = CompletableFuture.completedFuture("+PONG\r\n");

  private static String row(String command) {
    return "*6\r\n" + bulk(command) + ":-3\r\n*1\r\n+readonly\r\n:1\r\n:1\r\n:1\r\n";
  }

  /** Starts a proxy that knows two reads, with a fake Redis that holds PONGs back. */
  private void startWithReads(Function<List<String>, String> answer) {
    redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    switch (command.get(0).toUpperCase()) {
                      case "PING" -> pong.join();
                      case "CLIENT" -> "+OK\r\n";
                      case "PTTL" -> ":-1\r\n";
                      default -> answer.apply(command);
                    }));
    redis.command = "*3\r\n" + row("get") + row("hget") + row("lrange");
    proxy =
        opened.proxy(shape, redis.url(), "redis.load-timeout", "15s", "coherence.heartbeat", "1m");
    proxy.awaitTracking();
    proxy.awaitReady();
  }

  /**
   * A transaction writes the read key and k. The load reads the new state, but the invalidation of
   * k is still on its way. If the client got the load's reply now, its next GET could be older.
   */
  @ParameterizedTest
  @ValueSource(strings = {"HGET h f", "LRANGE l 0 -1"})
  void loadedReply_isNotAnswered_beforeTheFeedHasReportedTheWritesBeforeIt(String read)
      throws Exception {
    String[] value = {"old"};
    startWithReads(
        command ->
            command.get(0).equalsIgnoreCase("lrange") ? "*1\r\n" + bulk(value[0]) : bulk(value[0]));
    String[] words = read.split(" ");
    try (RespClient client = proxy.resp();
        RespClient other = proxy.resp()) {
      assertEquals(bulk("old"), client.call("GET", "k"));
      CompletableFuture<String> held = new CompletableFuture<>();
      pong = held;
      value[0] = "new";
      client.send(RespClient.request(words));
      CompletableFuture<String> reply = CompletableFuture.supplyAsync(client::reply);
      // A GET that is alone needs no fence, so these are answered long after the load's reply.
      await().until(() -> redis.commands.stream().anyMatch(each -> each.contains(words[1])));
      for (int i = 0; i < 50; i++) {
        assertEquals(bulk("new"), other.call("GET", "other" + i));
      }
      assertFalse(reply.isDone(), "answered before the fence");
      redis.pushToFeed(PUSH_K);
      held.complete("+PONG\r\n");
      assertTrue(reply.get(15, TimeUnit.SECONDS).endsWith(bulk("new")));
      assertEquals(bulk("new"), client.call("GET", "k"));
    }
  }
}
