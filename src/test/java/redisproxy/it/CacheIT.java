package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** What is cached and for how long, as clients see it. */
@InEachShape
class CacheIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    direct = opened.client(redis);
  }

  /** A proxy without a feed: entries end only by their age. */
  private RunningProxy started(String setting, String value) {
    return opened.proxy(shape, redis.url(), "coherence.mode", "expiry", setting, value);
  }

  @Test
  void value_isServedFromTheCacheUntilTheGlobalExpiry() {
    RunningProxy proxy = started("cache.expiry", "500ms");
    RespClient client = opened.client(proxy);
    direct.call("SET", "k", "old");
    assertEquals("$3\r\nold\r\n", client.call("GET", "k"));
    direct.call("SET", "k", "new");
    assertEquals("$3\r\nold\r\n", client.call("GET", "k"));
    await().untilAsserted(() -> assertEquals("$3\r\nnew\r\n", client.call("GET", "k")));
    assertEquals("new", proxy.http("/keys/k").body());
  }

  @Test
  void value_isNotServedBeyondTheKeysOwnExpiry() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    direct.call("SET", "k", "v", "PX", "2000");
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals("v", proxy.http("/keys/k").body());
    assertEquals(1, proxy.stat("hits"));
    await().untilAsserted(() -> assertEquals("$-1\r\n", client.call("GET", "k")));
    assertEquals(404, proxy.http("/keys/k").statusCode());
  }

  @Test
  void expiredEntries_areReclaimedWithoutALookup() {
    RunningProxy proxy = started("cache.expiry", "200ms");
    RespClient client = opened.client(proxy);
    for (int i = 0; i < 1000; i++) {
      direct.call("SET", "k" + i, "v");
      client.call("GET", "k" + i);
    }
    await().untilAsserted(() -> assertEquals(0, proxy.stat("entries")));
    assertEquals(0, proxy.stat("bytes"));
    assertEquals(1000, proxy.stat("expirations"));
  }

  @Test
  void capacity_keepsTheMostRecentlyUsed() {
    for (String key : new String[] {"a", "b", "c", "d"}) {
      direct.call("SET", key, key);
    }
    RunningProxy proxy = opened.proxy(shape, redis.url(), "cache.capacity", "3");
    RespClient client = opened.client(proxy);
    for (String key : new String[] {"a", "b", "c", "a", "d"}) {
      client.call("GET", key);
    }
    assertEquals(3, proxy.stat("entries"));
    assertEquals(1, proxy.stat("evictions"));
    long loads = proxy.stat("loads");
    for (String key : new String[] {"c", "a", "d"}) {
      client.call("GET", key);
    }
    assertEquals(loads, proxy.stat("loads"), "a, c and d were kept");
    client.call("GET", "b");
    assertEquals(loads + 1, proxy.stat("loads"), "b was not");
  }

  @Test
  void maxBytes_boundsTheCache() {
    String value = "x".repeat(10_000);
    RunningProxy proxy =
        opened.proxy(
            shape, redis.url(), "cache.max-bytes", "105000", "cache.max-value-bytes", "20000");
    RespClient client = opened.client(proxy);
    for (int i = 0; i < 50; i++) {
      direct.call("SET", "k" + i, value);
      assertEquals("$10000\r\n" + value + "\r\n", client.call("GET", "k" + i));
      assertTrue(proxy.stat("bytes") <= 105_000);
    }
    assertEquals(10, proxy.stat("entries"));
  }

  @Test
  void missingKeys_areCachedOnlyIfSet() {
    try (RunningProxy proxy = RunningProxy.start(shape, redis.url());
        RespClient client = proxy.resp()) {
      client.call("GET", "k");
      direct.call("SET", "k", "v");
      assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    }
    direct.call("DEL", "k");
    RunningProxy proxy = started("cache.missing-expiry", "500ms");
    RespClient client = opened.client(proxy);
    assertEquals("$-1\r\n", client.call("GET", "k"));
    direct.call("SET", "k", "v");
    assertEquals("$-1\r\n", client.call("GET", "k"));
    assertTrue(
        proxy.http("/keys/k").headers().firstValue("cache-status").orElse("").contains("hit"));
    await().untilAsserted(() -> assertEquals("$1\r\nv\r\n", client.call("GET", "k")));
  }

  @Test
  void errors_areNeverCached() {
    direct.call("LPUSH", "k", "a");
    RunningProxy proxy = opened.proxy(shape, redis.url(), "cache.missing-expiry", "60s");
    RespClient client = opened.client(proxy);
    assertTrue(client.call("GET", "k").startsWith("-WRONGTYPE Operation"));
    direct.call("DEL", "k");
    direct.call("SET", "k", "v");
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
  }

  @Test
  void database_isTheOneOfTheUrl() {
    direct.call("SET", "k", "in 0");
    direct.call("SELECT", "3");
    direct.call("SET", "k", "in 3");
    String url = redis.url().replaceAll("/0$", "/3");
    RunningProxy proxy = opened.proxy(shape, url);
    RespClient client = opened.client(proxy);
    assertEquals("$4\r\nin 3\r\n", client.call("GET", "k"));
    assertEquals("in 3", proxy.http("/keys/k").body());
  }
}
