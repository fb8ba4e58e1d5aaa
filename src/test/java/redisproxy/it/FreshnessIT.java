package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** Fresh reads with many readers, all kinds of writes, and a Redis that stops or is cut off. */
@InEachShape
class FreshnessIT {
  /** How often each kind of write is read back by another client. */
  private static final int LOOPS = Integer.getInteger("test.freshness", 3_000);

  private static final List<String> WRITES =
      List.of(
          "SWAPDB 0 1",
          "MOVE k 2",
          "RENAME other k",
          "RENAME k third",
          "COPY other k REPLACE",
          "RESTORE k 0 DUMP REPLACE",
          "PERSIST k",
          "EXPIRE k 0",
          "EXPIRE k 1000",
          "PEXPIREAT k 1",
          "GETDEL k",
          "SETRANGE k 0 x",
          "FLUSHALL",
          "FLUSHDB ASYNC",
          "DEBUG RELOAD",
          "RESTORE-ASKING k 0 DUMP REPLACE");

  private static final List<String> LONG_EXPIRY = List.of("cache.expiry", "1h");

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;
  private RespClient other;
  private RespClient direct;

  private void start(String... settings) {
    start(opened.redis(), settings);
  }

  private void start(EmbeddedRedis started, String... settings) {
    redis = started;
    String[] all = RunningProxy.settings(LONG_EXPIRY, settings);
    proxy = opened.proxy(shape, redis.url(), all);
    client = opened.client(proxy);
    other = opened.client(proxy);
    direct = opened.client(redis);
    proxy.awaitTracking();
  }

  @Test
  void manyReadersOfAColdKey_causeOneLoad() throws Exception {
    start();
    direct.call("SET", "k", "v");
    List<RespClient> clients = new ArrayList<>();
    ExecutorService threads = Executors.newFixedThreadPool(20);
    try {
      for (int i = 0; i < 200; i++) {
        clients.add(proxy.resp());
      }
      direct.call("CONFIG", "RESETSTAT");
      redis.pause();
      List<CompletableFuture<Integer>> http = new ArrayList<>();
      for (int i = 0; i < 20; i++) {
        http.add(CompletableFuture.supplyAsync(() -> proxy.http("/keys/k").statusCode(), threads));
      }
      String four = RespClient.request("GET", "k").repeat(4);
      clients.forEach(each -> each.send(four));
      redis.resume();
      for (RespClient each : clients) {
        for (int i = 0; i < 4; i++) {
          assertEquals(bulk("v"), each.reply());
        }
      }
      for (CompletableFuture<Integer> each : http) {
        assertEquals(200, each.get(15, TimeUnit.SECONDS));
      }
    } finally {
      threads.shutdown();
      clients.forEach(RespClient::close);
    }
    String stats = direct.call("INFO", "commandstats");
    assertTrue(stats.contains("cmdstat_getrange:calls=1,"), stats);
    assertFalse(stats.contains("cmdstat_get:"), stats);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET", "EVAL"})
  void write_isReadByAnotherClient(String how) {
    start();
    for (int i = 0; i < LOOPS; i++) {
      if (how.equals("SET")) {
        client.call("SET", "k", "" + i);
      } else {
        client.call("EVAL", "redis.call('set','k','" + i + "')", "0");
      }
      assertEquals(bulk("" + i), other.call("GET", "k"));
    }
  }

  /** A write's keys are invalidated before its reply is passed on. */
  @Test
  void writeOverADedicatedConnection_isReadAtOnceOverRespAndHttp() {
    start();
    for (int i = 0; i < 5 * WRITES.size(); i++) {
      String[] arguments = WRITES.get(i % WRITES.size()).split(" ");
      direct.call("SELECT", "1");
      direct.call("SET", "k", "in the other");
      direct.call("SELECT", "0");
      direct.call("FLUSHDB");
      direct.call("MSET", "k", "old" + i, "other", "new" + i);
      direct.call("EXPIRE", "k", "5000");
      String now = "old" + i;
      await().untilAsserted(() -> assertEquals(bulk(now), other.call("GET", "k")));
      assertEquals(now, proxy.http("/keys/k").body());
      assertEquals(bulk("new" + i), other.call("GET", "other"));
      String reply = client.call(dumped(arguments));
      assertFalse(reply.startsWith("-"), String.join(" ", arguments) + reply);
      String read = other.call("GET", "k");
      String body = proxy.http("/keys/k").body();
      String truth = direct.call("GET", "k");
      assertEquals(truth, read, String.join(" ", arguments));
      assertEquals(truth, client.call("GET", "k"));
      assertEquals(truth.startsWith("$-1"), body.contains("k not found"), body);
      assertTrue(truth.startsWith("$-1") || truth.contains(body), body);
    }
  }

  /** Replaces the argument DUMP by the result of the command DUMP. */
  private String[] dumped(String... arguments) {
    String[] all = arguments.clone();
    for (int i = 0; i < all.length; i++) {
      if (all[i].equals("DUMP")) {
        String dump = direct.call("DUMP", "other");
        int head = dump.indexOf("\r\n") + 2;
        all[i] = dump.substring(head, dump.length() - 2);
      }
    }
    return all;
  }

  /** A frozen server keeps its connections, but its invalidations do not come in time. */
  @ParameterizedTest
  @ValueSource(strings = {"serve", "bypass"})
  void frozenRedis_isNoticed_andNoValueIsStaleAfterwards(String policy) {
    start(
        "coherence.when-unverified",
        policy,
        "coherence.heartbeat",
        "200ms",
        "redis.load-timeout",
        "200ms",
        "redis.connect-timeout",
        "300ms",
        "redis.backoff-max",
        "200ms");
    direct.call("SET", "k", "old");
    other.call("EVAL", "return 'the news of k has come'", "0");
    assertEquals(bulk("old"), client.call("GET", "k"));
    redis.pause();
    direct.send(RespClient.request("SET", "k", "new"));
    await().untilAsserted(() -> assertEquals("lost", proxy.coherence()));
    await()
        .untilAsserted(
            () -> {
              client.call("GET", "none");
              assertEquals(503, proxy.http("/keys/none").statusCode());
              boolean served = proxy.http("/keys/k").statusCode() == 200;
              assertEquals(policy.equals("serve"), served);
            });
    for (int i = 0; i < 5; i++) {
      String read = client.call("GET", "k");
      assertTrue(policy.equals("serve") ? read.equals(bulk("old")) : read.startsWith("-"), read);
    }
    redis.resume();
    assertEquals("+OK\r\n", direct.reply());
    await().untilAsserted(() -> assertEquals(bulk("new"), client.call("GET", "k")));
    proxy.awaitTracking();
    assertEquals(bulk("new"), other.call("GET", "k"));
    assertEquals("new", proxy.http("/keys/k").body());
  }

  @Test
  void killedLoaderConnection_renewsTheFeed() {
    start();
    for (int i = 0; i < 5; i++) {
      direct.call("SET", "k", "old" + i);
      String old = "old" + i;
      await().untilAsserted(() -> assertEquals(bulk(old), client.call("GET", "k")));
      String feed = id("name=redis-proxy-feed");
      direct.call(
          "CLIENT",
          "KILL",
          "ID",
          id("^(?!.*name=redis-proxy-feed).* cmd=(pttl|hello|ping|command) "));
      String now = "new" + i;
      direct.call("SET", "k", now);
      await().untilAsserted(() -> assertEquals(bulk(now), client.call("GET", "k")));
      proxy.awaitTracking();
      await().untilAsserted(() -> assertFalse(id("name=redis-proxy-feed").equals(feed)));
    }
  }

  /** The id of the only connection whose line in CLIENT LIST matches this. */
  private String id(String part) {
    return direct
        .call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.matches(".*" + part + ".*"))
        .map(line -> line.replaceAll("^id=([0-9]+) .*", "$1"))
        .findFirst()
        .orElseThrow(() -> new AssertionError("no connection with " + part));
  }

  @Test
  void sessionThatLogsInAsTheProxy_readsItsCurrentDatabase() {
    EmbeddedRedis started = opened.redis("requirepass s3cret");
    try (RespClient setUp = new RespClient(started)) {
      setUp.call("AUTH", "s3cret");
      for (int i = 0; i < 4; i++) {
        setUp.call("SELECT", "" + i);
        setUp.call("SET", "k", "in " + i);
      }
    }
    start(started, "redis.password", "s3cret", "redis.url", started.url().replace("/0", "/2"));
    assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
    for (int i = 0; i < 5; i++) {
      String read = client.call("GET", "k");
      assertEquals("*1\r\n" + read, client.call("MGET", "k"));
    }
    client.call("SELECT", "3");
    for (int i = 0; i < 3; i++) {
      assertEquals(bulk("in 3"), client.call("GET", "k"));
    }
    client.call("RESET");
    assertTrue(client.call("GET", "k").startsWith("-NOAUTH"));
    assertEquals("+OK\r\n", client.call("AUTH", "default", "s3cret"));
    for (int i = 0; i < 3; i++) {
      assertEquals(bulk("in 0"), client.call("GET", "k"));
    }
  }
}
