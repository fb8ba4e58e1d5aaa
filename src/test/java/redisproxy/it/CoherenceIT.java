package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** Cached values follow Redis, although they would expire only in an hour. */
@InEachShape
class CoherenceIT {
  private static final List<String> LONG_EXPIRY = List.of("cache.expiry", "1h");

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();
  @RegisterExtension final Opened openedAnew = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;
  private RespClient other;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    start("coherence.mode", "tracking");
  }

  /** Starts a new proxy with these settings. */
  private void start(String... settings) {
    openedAnew.close();
    String[] all = RunningProxy.settings(LONG_EXPIRY, settings);
    proxy = openedAnew.proxy(shape, redis.url(), all);
    client = openedAnew.client(proxy);
    other = openedAnew.client(proxy);
    direct = openedAnew.client(redis);
  }

  private String state() {
    return proxy
        .admin("/stats")
        .body()
        .replaceAll("(?s).*\"coherence\":\\{\"state\":\"(\\w+)\".*", "$1");
  }

  /** How many keys the feed has invalidated. */
  private long told() {
    JsonObject stats = new JsonObject(proxy.admin("/stats").body());
    return stats.getJsonObject("coherence").getLong("keysTold");
  }

  private void killFeed() {
    String list = direct.call("CLIENT", "LIST");
    direct.call(
        "CLIENT",
        "KILL",
        "ID",
        list.replaceAll("(?s).*id=([0-9]+) [^\n]*name=redis-proxy-feed.*", "$1"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "SET k new",
        "APPEND k x",
        "DEL k",
        "EXPIRE k 0",
        "PEXPIREAT k 1",
        "RENAME other k",
        "COPY other k REPLACE",
        "MSET x 1 k new",
        "FLUSHALL",
        "FLUSHDB",
        "EVAL redis.call('set','k','new') 0",
        "MOVE k 1",
        "RESTORE k 0 \u0000\u0003newf REPLACE"
      })
  void directWrite_isSoonRead(String command) {
    direct.call("MSET", "k", "old", "other", "value");
    assertEquals(bulk("old"), client.call("GET", "k"));
    assertEquals("old", proxy.http("/keys/k").body());
    direct.call(command.split(" ", command.startsWith("EVAL") ? 3 : -1));
    String now = direct.call("GET", "k");
    await().untilAsserted(() -> assertEquals(now, client.call("GET", "k")));
    assertEquals(now.startsWith("$-1") ? 404 : 200, proxy.http("/keys/k").statusCode());
  }

  @Test
  void cachedMissingKey_onceWritten_isFound() {
    start("cache.missing-expiry", "1h");
    for (int i = 0; i < 20; i++) {
      String key = "none" + i;
      assertEquals("$-1\r\n", client.call("GET", key));
      assertTrue(
          proxy
              .http("/keys/" + key)
              .headers()
              .firstValue("cache-status")
              .orElse("")
              .contains("hit"));
      direct.call("SET", key, "v");
      await().untilAsserted(() -> assertEquals(bulk("v"), client.call("GET", key)));
    }
  }

  @Test
  void expiredKey_isMissingAtOnce_evenIfRedisHasNotReclaimedIt() {
    direct.call("DEBUG", "SET-ACTIVE-EXPIRE", "0");
    direct.call("SET", "k", "v", "PX", "300");
    assertEquals(bulk("v"), client.call("GET", "k"));
    await().untilAsserted(() -> assertEquals("$-1\r\n", client.call("GET", "k")));
    assertEquals(404, proxy.http("/keys/k").statusCode());
  }

  /** Only Redis knows what a script writes. The script's reply waits for the invalidations. */
  @ParameterizedTest
  @ValueSource(strings = {"EVAL", "EXEC"})
  void writeOfUnknownKeys_invalidatesOnlyThoseKeys(String how) {
    direct.call("SET", "kept", "v");
    other.call("GET", "kept");
    long flushes = proxy.stat("flushes");
    for (int i = 0; i < 2000; i++) {
      String script = "return redis.call('set','k','v" + i + "')";
      if (how.equals("EVAL")) {
        assertEquals("+OK\r\n", client.call("EVAL", script, "0"));
      } else {
        client.call("MULTI");
        client.call("EVAL", script, "0");
        assertEquals("*1\r\n+OK\r\n", client.call("EXEC"));
      }
      assertEquals(bulk("v" + i), other.call("GET", "k"));
    }
    long hits = proxy.stat("hits");
    other.call("GET", "kept");
    assertEquals(hits + 1, proxy.stat("hits"));
    assertEquals(flushes, proxy.stat("flushes"));
  }

  @Test
  void pipelinedScripts_areAnsweredInOrder() {
    StringBuilder requests = new StringBuilder();
    StringBuilder replies = new StringBuilder();
    for (int i = 0; i < 200; i++) {
      requests.append(
          RespClient.request("EVAL", "redis.call('set','k','" + i + "') return " + i, "0"));
      requests.append(RespClient.request("GET", "k"));
      replies.append(":").append(i).append("\r\n").append(bulk("" + i));
    }
    client.send(requests.toString());
    StringBuilder got = new StringBuilder();
    for (int i = 0; i < 400; i++) {
      got.append(client.reply());
    }
    assertEquals(replies.toString(), got.toString());
  }

  /** A client never sees a new value and then an older one. */
  @ParameterizedTest
  @ValueSource(strings = {"EVAL return{redis.call('get',KEYS[1])} 1 k", "EXEC", "SORT l BY nosort"})
  void sessionBackFromItsDedicatedConnection_readsNoOlderValue(String how) {
    for (int i = 0; i < 500; i++) {
      other.call("GET", "k");
      client.call("GET", "k");
      direct.call("MULTI");
      direct.call("SET", "k", "" + i);
      direct.call("LPUSH", "l", "" + i);
      direct.call("EXEC");
      switch (how) {
        case "EXEC" -> {
          client.call("MULTI");
          client.call("GET", "k");
          assertEquals("*1\r\n" + bulk("" + i), client.call("EXEC"));
        }
        default -> assertTrue(client.call(how.split(" ")).contains(bulk("" + i)));
      }
      assertEquals(bulk("" + i), client.call("GET", "k"));
    }
  }

  /**
   * A load of another read reveals a state, too. The values of one transaction are read together.
   */
  @ParameterizedTest
  @ValueSource(strings = {"LRANGE l 0 -1", "LINDEX l 0", "HGETALL h", "HGET h f", "STRLEN s"})
  void loadedReply_isNotFollowedByAnOlderValue(String read) {
    for (int i = 1; i < 300; i++) {
      other.call("GET", "k");
      client.call("GET", "k");
      client.call(read.split(" "));
      String value = "x".repeat(i);
      direct.call("MULTI");
      direct.call("SET", "k", value);
      direct.call("DEL", "l");
      direct.call("RPUSH", "l", value);
      direct.call("HSET", "h", "f", value);
      direct.call("SET", "s", value);
      direct.call("EXEC");
      String reply;
      do {
        reply = client.call(read.split(" "));
      } while (!reply.contains(read.startsWith("STRLEN") ? ":" + i + "\r\n" : bulk(value)));
      assertEquals(bulk(value), client.call("GET", "k"));
    }
  }

  /** Several reads of one key are kept side by side, and are of one state. */
  @Test
  void readsOfOneKey_areNeverFollowedByOlderOnes() {
    long last = 0;
    for (int i = 1; i < 300; i++) {
      StringBuilder writes = new StringBuilder();
      for (int j = 0; j < 20; j++) {
        String value = "" + (i * 20 + j);
        writes.append(RespClient.request("HSET", "h", "f", value, "g", value));
      }
      direct.call("HSET", "h", "f", "" + i * 20, "g", "" + i * 20);
      direct.send(writes.toString());
      for (int j = 0; j < 20; j++) {
        String reply =
            switch (j % 3) {
              case 0 -> client.call("HGET", "h", "f");
              case 1 -> client.call("HGETALL", "h");
              default -> client.call("HMGET", "h", "g", "f");
            };
        String[] lines = reply.split("\r\n");
        long read = Long.parseLong(lines[lines.length - 1]);
        assertTrue(read >= last, "read " + read + " behind " + last);
        last = read;
      }
      for (int j = 0; j < 20; j++) {
        direct.reply();
      }
    }
  }

  @Test
  void sessionWithADedicatedConnection_readsFromTheCacheAgain() {
    direct.call("SET", "k", "v");
    client.call("HGET", "h", "f");
    client.call("GET", "k");
    long hits = proxy.stat("hits");
    for (int i = 0; i < 10; i++) {
      assertEquals(bulk("v"), client.call("GET", "k"));
    }
    assertEquals(hits + 10, proxy.stat("hits"));
    assertEquals("+OK\r\n", client.call("SET", "other", "v"));
    assertEquals(bulk("v"), client.call("GET", "k"));
    assertEquals(hits + 11, proxy.stat("hits"), "SET's reply reveals no data");
  }

  @Test
  void sessionThatSelectsAndSaysHello_readsAccordingly() {
    direct.call("SET", "k", "zero");
    direct.call("SELECT", "3");
    direct.call("SET", "k", "three");
    client.call("HGET", "h", "f");
    for (int i = 0; i < 3; i++) {
      client.call("SELECT", "3");
      assertEquals(bulk("three"), client.call("GET", "k"));
      assertEquals(bulk("three"), client.call("GET", "k"));
      client.call("SELECT", "0");
      assertEquals(bulk("zero"), client.call("GET", "k"));
      assertEquals("$-1\r\n", client.call("GET", "none"));
      client.call("HELLO", "3");
      assertEquals("_\r\n", client.call("GET", "none"));
      client.call("HELLO", "2");
    }
    client.call("SELECT", "3");
    client.call("HELLO", "3");
    client.call("RESET");
    assertEquals(bulk("zero"), client.call("GET", "k"));
    assertEquals("$-1\r\n", client.call("GET", "none"));
  }

  /** The value read under WATCH is the one that EXEC compares with. */
  @Test
  void sessionThatWatches_readsRedissCurrentValue() {
    for (int i = 0; i < 500; i++) {
      client.call("GET", "k");
      direct.call("SET", "k", "" + i);
      client.call("WATCH", "k");
      assertEquals(bulk("" + i), client.call("GET", "k"));
      client.call("UNWATCH");
    }
  }

  @Test
  void killedFeed_isReopened_andNoValueIsStale() {
    for (int i = 0; i < 5; i++) {
      direct.call("SET", "k", "old" + i);
      await().untilAsserted(() -> assertEquals("tracking", state()));
      client.call("GET", "k");
      killFeed();
      String now = "new" + i;
      direct.call("SET", "k", now);
      await().untilAsserted(() -> assertEquals(bulk(now), client.call("GET", "k")));
    }
  }

  /** No client reads the key meanwhile: such a read would already drop the entry. */
  @Test
  void keyWrittenWhileTheFeedIsLost_isNotStaleAfterwards() {
    direct.call("SET", "k", "old");
    await().untilAsserted(() -> assertEquals(1, told()));
    client.call("GET", "k");
    assertEquals(1, proxy.stat("entries"));
    killFeed();
    direct.call("SET", "k", "new");
    await()
        .untilAsserted(
            () -> {
              direct.call("SET", "other", "x");
              assertTrue(told() > 1);
            });
    await().untilAsserted(() -> assertEquals("tracking", state()));
    assertEquals(bulk("new"), client.call("GET", "k"));
  }

  @Test
  void serverWithoutInvalidations_isCachedByExpiryOnly() {
    direct.call("ACL", "SETUSER", "limited", "on", "nopass", "~*", "+@all", "-client");
    start("redis.username", "limited", "redis.password", "any");
    await().untilAsserted(() -> assertEquals("expiry", state()));
    HttpResponse<String> ready = proxy.admin("/health/ready");
    assertEquals(200, ready.statusCode());
    assertTrue(ready.body().contains("degraded") && ready.body().contains("NOPERM"), ready.body());
  }

  @Test
  void modeExpiry_hasNoFeed() {
    start("coherence.mode", "expiry", "cache.expiry", "1h");
    assertEquals("expiry", state());
    assertFalse(direct.call("CLIENT", "LIST").contains("redis-proxy-feed"));
    direct.call("SET", "k", "old");
    client.call("GET", "k");
    direct.call("SET", "k", "new");
    assertEquals(bulk("old"), client.call("GET", "k"));
    other.call("EVAL", "return 1", "0");
    assertEquals(bulk("new"), client.call("GET", "k"), "the cache was cleared");
  }

  @Test
  void keysOutsideThePrefixes_areNotCached() {
    start("coherence.prefixes", "user:,session:");
    for (int i = 0; i < 3; i++) {
      client.call("GET", "user:1");
      direct.call("SET", "user:1", "" + i);
      direct.call("SET", "k", "" + i);
      assertEquals(bulk("" + i), client.call("GET", "k"));
      String now = "" + i;
      await().untilAsserted(() -> assertEquals(bulk(now), client.call("GET", "user:1")));
    }
    HttpResponse<String> outside = proxy.http("/keys/k");
    assertEquals("redis-proxy; fwd=miss", outside.headers().firstValue("cache-status").orElse(""));
  }

  @Test
  void redisDown_cachedKeysAreServedAsUnverified() {
    direct.call("SET", "k", "v");
    client.call("GET", "k");
    redis.stop();
    await()
        .untilAsserted(
            () ->
                assertTrue(
                    proxy
                        .http("/keys/k")
                        .headers()
                        .firstValue("cache-status")
                        .orElse("")
                        .endsWith("; detail=unverified")));
    assertEquals(bulk("v"), client.call("GET", "k"));
    assertTrue(proxy.stat("unverified") >= 2);
    redis.restart();
    await().untilAsserted(() -> assertEquals("$-1\r\n", client.call("GET", "k")));
    await().untilAsserted(() -> assertEquals("tracking", state()));
  }

  @Test
  void redisDown_withWhenUnverifiedBypass_nothingIsServed() {
    start("coherence.when-unverified", "bypass");
    direct.call("SET", "k", "v");
    client.call("GET", "k");
    redis.stop();
    await().untilAsserted(() -> assertEquals(503, proxy.http("/keys/k").statusCode()));
    assertTrue(client.call("GET", "k").startsWith("-ERR redis-proxy: Redis cannot be reached"));
  }
}
