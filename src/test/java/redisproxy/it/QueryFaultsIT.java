package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;
import static redisproxy.it.RespClient.request;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Queries to a Redis that is slow, sends too much, refuses, or has too many databases. */
@InEachShape
class QueryFaultsIT {
  private static final String OK = "+OK\r\n";
  private static final String MARK = "redis_reachable:0";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @Test
  void frozenRedis_isReplacedByTheMemo_untilItIsBack() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "200ms");
    RespClient client = opened.client(proxy);
    RespClient other = opened.client(proxy);
    assertFalse(client.call("INFO", "server").contains(MARK));
    redis.pause();
    try {
      for (int i = 0; i < 3; i++) {
        client.send(request("INFO", "server"));
        other.send(request("INFO", "server"));
        assertTrue(client.reply().contains(MARK));
        assertTrue(other.reply().contains(MARK));
      }
    } finally {
      redis.resume();
    }
    await().untilAsserted(() -> assertFalse(client.call("INFO", "server").contains(MARK)));
    await().untilAsserted(() -> assertFalse(other.call("INFO", "server").contains(MARK)));
  }

  /** Redis does not know this subcommand, on any connection. */
  @Test
  void refusedNotifications_needNoDedicatedConnection() {
    String[] request = {"CLIENT", "MAINT_NOTIFICATIONS", "ON", "moving-endpoint-type", "none"};
    EmbeddedRedis redis = opened.redis();
    RespClient direct = opened.client(redis);
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    client.call("HELLO", "3");
    assertEquals(direct.call(request), client.call(request));
    assertEquals("_\r\n", client.call("GET", "k"));
    await().untilAsserted(() -> assertEquals(1, direct.otherConnections()));
  }

  /** Notifications come over the connection that requested them. */
  @Test
  void acceptedNotifications_needADedicatedConnection() {
    Function<List<String>, String> answer =
        command ->
            switch (command.get(0)) {
              case "CLIENT" -> OK;
              case "PING" -> "+PONG\r\n";
              default -> bulk("a value");
            };
    FakeRedis redis = opened.add(FakeRedis.tracking(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals(OK, client.call("CLIENT", "MAINT_NOTIFICATIONS", "ON"));
    assertEquals(bulk("a value"), client.call("GET", "k"));
    assertTrue(redis.commands.contains(List.of("GET", "k")), () -> "" + redis.commands);
  }

  /** The late reply is dropped. It must not be given to the next question. */
  @Test
  void lateReply_isNotGivenToTheNextQuestion() {
    AtomicInteger asked = new AtomicInteger();
    CompletableFuture<String> late = new CompletableFuture<>();
    Function<List<String>, String> answer =
        command -> {
          if (command.equals(List.of("INFO", "a")) && asked.incrementAndGet() == 2) {
            return late.join();
          }
          return bulk(command.get(command.size() - 1));
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "200ms");
    RespClient client = opened.client(proxy);
    assertEquals(bulk("a"), client.call("INFO", "a"));
    assertTrue(client.call("INFO", "a").contains(MARK));
    late.complete(bulk("late"));
    assertEquals(bulk("b"), client.call("INFO", "b"));
    assertEquals(bulk("c"), client.call("INFO", "c"));
  }

  @Test
  void replyAboveMaxPendingBytes_goesOverADedicatedConnection() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy =
        opened.proxy(
            shape, redis.url(), "resp.max-pending-bytes", "64KiB", "resp.pooling", "false");
    RespClient direct = opened.client(redis);
    RespClient client = opened.client(proxy);
    RespClient other = opened.client(proxy);
    client.send(request("COMMAND", "DOCS") + request("COMMAND", "COUNT"));
    String docs = direct.call("COMMAND", "DOCS");
    assertEquals(docs, client.reply());
    assertEquals(direct.call("COMMAND", "COUNT"), client.reply());
    assertEquals(direct.call("COMMAND", "COUNT"), other.call("COMMAND", "COUNT"));
    // At the end: the link and one dedicated connection. Before Redis 7.0 the reply is an error.
    int expected = docs.length() > 64 * 1024 ? 2 : 1;
    await().untilAsserted(() -> assertEquals(expected, direct.otherConnections()));
  }

  @Test
  void requirepass_isReportedInRedissWords() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient direct = opened.client(redis);
    RespClient client2 = opened.client(proxy);
    RespClient client3 = opened.client(proxy);
    client3.call("HELLO", "3");
    direct.call("CONFIG", "SET", "requirepass", "s3cret");
    assertEquals("-NOAUTH Authentication required.\r\n", client2.call("INFO"));
    assertEquals("-NOAUTH Authentication required.\r\n", client3.call("INFO"));
  }

  /** A reply that is not RESP closes the query connection, and the question is asked again. */
  @Test
  void question_afterAMalformedReply_goesOverADedicatedConnection() {
    for (String broken : new String[] {"?\r\n", "$x\r\n", "*1\r\n?\r\n"}) {
      AtomicBoolean asked = new AtomicBoolean();
      Function<List<String>, String> answer =
          command -> asked.getAndSet(true) ? bulk("right") : broken;
      try (FakeRedis redis = new FakeRedis(answer);
          RunningProxy proxy = RunningProxy.start(shape, redis.url());
          RespClient client = proxy.resp()) {
        assertEquals(bulk("right"), client.call("INFO"));
        assertEquals(bulk("right"), client.call("INFO"));
      }
    }
  }

  @Test
  void databaseThatIsNotCached_isReadOverADedicatedConnection() {
    FakeRedis redis = opened.add(new FakeRedis(command -> bulk(command.get(0))));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals(OK, client.call("SELECT", "2000000000"));
    assertEquals(bulk("GET"), client.call("GET", "k"));
    assertFalse(redis.commands.toString().contains("getrange"), redis.commands::toString);
  }

  /** Redis is known to be up, so the first read of a database waits for its link. */
  @Test
  void firstReadOfADatabase_waitsForItsSlowLink() {
    FakeRedis redis =
        opened.add(new FakeRedis(command -> command.get(0).equals("pttl") ? ":-1\r\n" : bulk("v")));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "10s");
    RespClient client = opened.client(proxy);
    assertEquals(bulk("v"), client.call("GET", "k"));
    redis.greetsAfterMs = 400;
    assertEquals(OK, client.call("SELECT", "3"));
    assertEquals(bulk("v"), client.call("GET", "k"));
  }

  @Test
  void databaseBeyondTheLimit_isRefused_untilALinkIsIdle() {
    CountDownLatch busy = new CountDownLatch(1);
    Function<List<String>, String> answer =
        command -> {
          if (command.get(0).equals("pttl")) {
            return ":-1\r\n";
          }
          awaitLatch(busy);
          return bulk("v");
        };
    FakeRedis redis = opened.add(new FakeRedis(answer));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.load-timeout", "10s");
    List<RespClient> clients = new ArrayList<>();
    for (int db = 0; db < 16; db++) {
      RespClient client = proxy.resp();
      clients.add(client);
      assertEquals(OK, client.call("SELECT", "" + db));
      client.send(request("GET", "k"));
    }
    await()
        .untilAsserted(
            () ->
                assertEquals(
                    16, redis.commands.stream().filter(c -> c.get(0).equals("getrange")).count()));
    try (RespClient client = proxy.resp()) {
      client.call("SELECT", "16");
      assertEquals(
          "-ERR redis-proxy: too many databases are being read at a time\r\n",
          client.call("GET", "k"));
      busy.countDown();
      clients.forEach(each -> assertEquals(bulk("v"), each.reply()));
      assertEquals(bulk("v"), client.call("GET", "k"));
    }
    clients.forEach(RespClient::close);
  }

  private static void awaitLatch(CountDownLatch latch) {
    try {
      latch.await(15, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
