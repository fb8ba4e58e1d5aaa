package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;

import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Short requests of many sessions over a shared connection to Redis. */
@InEachShape
class ForwardingIT {
  private static final String OK = "+OK\r\n";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    client = opened.client(proxy);
    direct = opened.client(redis);
  }

  private void awaitConnections(int expected) {
    await().untilAsserted(() -> assertEquals(expected, direct.otherConnections()));
  }

  @Test
  void manyWriters_shareOneConnection_andReadTheirWrites() {
    List<RespClient> writers = new ArrayList<>();
    for (int i = 0; i < 100; i++) {
      writers.add(proxy.resp());
    }
    for (int round = 0; round < 20; round++) {
      for (int i = 0; i < writers.size(); i++) {
        assertEquals(OK, writers.get(i).call("SET", "k" + i, "v" + round));
      }
      for (int i = 0; i < writers.size(); i++) {
        assertEquals(bulk("v" + round), writers.get((i + 1) % 100).call("GET", "k" + i));
      }
    }
    // The link, a shared connection for each RESP verticle that has written, and one spare.
    assertTrue(direct.otherConnections() <= 4, () -> direct.call("CLIENT", "LIST"));
    writers.forEach(RespClient::close);
    // The shared connections are closed when unused.
    awaitConnections(1);
  }

  @Test
  void pipelinesOfOneKindAndMixed_areAnsweredInOrder() {
    for (int round = 0; round < 200; round++) {
      StringBuilder requests = new StringBuilder();
      StringBuilder replies = new StringBuilder();
      direct.call("MSET", "k", "before", "n", "0");
      int kind = round % 4;
      for (int i = 0; i < 20; i++) {
        boolean reads = kind == 1 || kind == 2 && i % 2 == 0 || kind == 3 && i % 7 == 3;
        if (reads) {
          requests.append(RespClient.request("GET", "k"));
          String last = kind == 1 || i == 0 ? "before" : "v" + (i - 1);
          replies.append(bulk(last));
        } else {
          requests.append(RespClient.request("SET", "k", "v" + i));
          replies.append(OK);
        }
      }
      try (RespClient each = proxy.resp()) {
        // Sent in two parts: a partial request waits for its rest.
        int cut = requests.length() * (round + 1) / 203;
        each.send(requests.substring(0, cut)).send(requests.substring(cut));
        StringBuilder got = new StringBuilder();
        for (int i = 0; i < 20; i++) {
          got.append(each.reply());
        }
        assertEquals(replies.toString(), got.toString(), "round " + round);
      }
    }
  }

  /** The session's dedicated connection is ready long before the write is answered. */
  @Test
  void readAfterASlowWrite_waitsForItsReply() {
    AtomicReference<String> stored = new AtomicReference<>("old");
    Function<List<String>, String> answer =
        command ->
            switch (command.get(0).toLowerCase(Locale.ROOT)) {
              case "set" -> {
                await().pollDelay(Duration.ofMillis(300)).until(() -> true);
                stored.set(command.get(2));
                yield OK;
              }
              case "get", "getrange" -> bulk(stored.get());
              case "pttl" -> ":-1\r\n";
              case "ping" -> "+PONG\r\n";
              case "client" -> command.get(1).equalsIgnoreCase("id") ? ":7\r\n" : OK;
              default -> OK;
            };
    FakeRedis slow = opened.add(FakeRedis.tracking(answer));
    RunningProxy before = opened.proxy(shape, slow.url());
    before.awaitTracking();
    try (RespClient client = before.resp()) {
      assertEquals(bulk("old"), client.call("GET", "k"));
      client.send(RespClient.request("SET", "k", "new") + RespClient.request("GET", "k"));
      assertEquals(OK, client.reply());
      assertEquals(bulk("new"), client.reply());
    }
  }

  /** A GET that misses goes over another connection to Redis than the SET after it. */
  @Test
  void readThenWriteInOnePipeline_readsTheOldValue() {
    for (int i = 0; i < 500; i++) {
      direct.call("SET", "k" + i, "old");
      try (RespClient each = proxy.resp()) {
        each.send(RespClient.request("GET", "k" + i) + RespClient.request("SET", "k" + i, "new"));
        assertEquals(bulk("old"), each.reply());
        assertEquals(OK, each.reply());
        assertEquals(bulk("new"), each.call("GET", "k" + i));
      }
    }
  }

  /**
   * The reply to INCR shows that another client has incremented, so its earlier write must be seen.
   */
  @Test
  void replyThatRevealsData_isNotFollowedByAnOlderValue() {
    for (int i = 1; i <= 1000; i++) {
      client.call("GET", "k");
      direct.call("SET", "k", "" + i);
      direct.call("INCR", "n");
      assertEquals(":" + 2 * i + "\r\n", client.call("INCR", "n"));
      assertEquals(bulk("" + i), client.call("GET", "k"));
    }
    assertTrue(direct.otherConnections() <= 2, () -> direct.call("CLIENT", "LIST"));
  }

  @Test
  void errorsAndNils_areRedissReplies_inResp2AndResp3() {
    direct.call("LPUSH", "list", "a");
    for (String version : new String[] {"2", "3", "2"}) {
      client.call("HELLO", version);
      assertEquals(direct.call("INCR", "list"), client.call("INCR", "list"));
      assertEquals(direct.call("SET", "k"), client.call("SET", "k"));
      assertEquals(direct.call("SET", "k", "v", "NOPE"), client.call("SET", "k", "v", "NOPE"));
      direct.call("SET", "k", "old");
      String nil = version.equals("3") ? "_\r\n" : "$-1\r\n";
      assertEquals(nil, client.call("SET", "k", "v", "NX"));
      assertEquals(bulk("old"), client.call("SET", "k", "v", "GET"));
      assertEquals(bulk("v"), client.call("GET", "k"));
    }
  }

  @Test
  void writesToAnotherDatabase_stayThere() {
    assertEquals(OK, client.call("SELECT", "3"));
    assertEquals(OK, client.call("SET", "k", "three"));
    assertEquals("$-1\r\n", direct.call("GET", "k"));
    assertEquals(bulk("three"), client.call("GET", "k"));
    String large = "x".repeat(20_000);
    try (RespClient each = proxy.resp()) {
      assertEquals(OK, each.call("SET", "k", large));
      assertEquals(bulk(large), each.call("GET", "k"));
    }
  }

  @Test
  void redisLost_failsOnlySessionsThatAwaitAReply() {
    assertEquals(OK, client.call("SET", "k", "v"));
    try (RespClient idle = proxy.resp();
        RespClient owed = proxy.resp();
        RespClient late = proxy.resp()) {
      assertEquals(OK, idle.call("SET", "other", "v"));
      assertEquals(bulk("v"), idle.call("GET", "k"));
      direct.send(RespClient.request("DEBUG", "SLEEP", "1"));
      await().pollDelay(Duration.ofMillis(300)).until(() -> true);
      owed.send(RespClient.request("SET", "k", "w"));
      await().pollDelay(Duration.ofMillis(200)).until(() -> true);
      redis.stop();
      String reply = owed.reply();
      assertTrue(reply.equals(OK) || reply.equals("-ERR redis-proxy: Redis was lost\r\n"), reply);
      assertEquals("-ERR redis-proxy: Redis cannot be reached\r\n", late.call("SET", "k", "x"));
      assertTrue(late.isClosedByServer());
      redis.restart();
      await()
          .ignoreExceptions()
          .until(
              () -> {
                try (RespClient again = proxy.resp()) {
                  return again.call("SET", "k", "y").equals(OK);
                }
              });
    }
  }
}
