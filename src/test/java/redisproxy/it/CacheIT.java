package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/** What is kept and for how long, seen from outside. */
@ParameterizedClass
@EnumSource(Shape.class)
class CacheIT {
  @Parameter Shape shape;

  private EmbeddedRedis redis;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = EmbeddedRedis.start();
    direct = new RespClient(redis.host(), redis.port());
  }

  @AfterEach
  void stop() {
    direct.close();
    redis.close();
  }

  /** Age alone ends what is cached. */
  private RunningProxy started(String setting, String value) {
    return RunningProxy.start(shape, redis.url(), "coherence.mode", "expiry", setting, value);
  }

  private void await(Runnable assertion) {
    Awaitility.await().atMost(10, TimeUnit.SECONDS).untilAsserted(assertion::run);
  }

  @Test
  void value_isServedFromTheCacheUntilTheGlobalExpiry() {
    try (RunningProxy proxy = started("cache.expiry", "500ms");
        RespClient client = proxy.resp()) {
      direct.call("SET", "k", "old");
      assertEquals("$3\r\nold\r\n", client.call("GET", "k"));
      direct.call("SET", "k", "new");
      assertEquals("$3\r\nold\r\n", client.call("GET", "k"));
      await(() -> assertEquals("$3\r\nnew\r\n", client.call("GET", "k")));
      assertEquals("new", proxy.http("/keys/k").body());
    }
  }

  @Test
  void value_isNotServedBeyondTheKeysOwnExpiry() {
    try (RunningProxy proxy = RunningProxy.start(shape, redis.url());
        RespClient client = proxy.resp()) {
      direct.call("SET", "k", "v", "PX", "2000");
      assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
      assertEquals("v", proxy.http("/keys/k").body());
      assertEquals(1, proxy.stat("hits"));
      await(() -> assertEquals("$-1\r\n", client.call("GET", "k")));
      assertEquals(404, proxy.http("/keys/k").statusCode());
    }
  }

  @Test
  void expiredEntries_areReclaimedWithoutBeingTouched() {
    try (RunningProxy proxy = started("cache.expiry", "200ms");
        RespClient client = proxy.resp()) {
      for (int i = 0; i < 1000; i++) {
        direct.call("SET", "k" + i, "v");
        client.call("GET", "k" + i);
      }
      await(() -> assertEquals(0, proxy.stat("entries")));
      assertEquals(0, proxy.stat("bytes"));
      assertEquals(1000, proxy.stat("expirations"));
    }
  }

  @Test
  void capacity_keepsTheMostRecentlyUsed() {
    for (String key : new String[] {"a", "b", "c", "d"}) {
      direct.call("SET", key, key);
    }
    try (RunningProxy proxy = RunningProxy.start(shape, redis.url(), "cache.capacity", "3");
        RespClient client = proxy.resp()) {
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
  }

  @Test
  void maxBytes_boundsWhatIsKept() {
    String value = "x".repeat(10_000);
    try (RunningProxy proxy =
            RunningProxy.start(
                shape, redis.url(), "cache.max-bytes", "105000", "cache.max-value-bytes", "20000");
        RespClient client = proxy.resp()) {
      for (int i = 0; i < 50; i++) {
        direct.call("SET", "k" + i, value);
        assertEquals("$10000\r\n" + value + "\r\n", client.call("GET", "k" + i));
        assertTrue(proxy.stat("bytes") <= 105_000);
      }
      assertEquals(10, proxy.stat("entries"));
    }
  }

  @Test
  void missingKeys_areNotCachedUnlessAsked() {
    try (RunningProxy proxy = RunningProxy.start(shape, redis.url());
        RespClient client = proxy.resp()) {
      client.call("GET", "k");
      direct.call("SET", "k", "v");
      assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    }
    direct.call("DEL", "k");
    try (RunningProxy proxy = started("cache.missing-expiry", "500ms");
        RespClient client = proxy.resp()) {
      assertEquals("$-1\r\n", client.call("GET", "k"));
      direct.call("SET", "k", "v");
      assertEquals("$-1\r\n", client.call("GET", "k"));
      assertTrue(
          proxy.http("/keys/k").headers().firstValue("cache-status").orElse("").contains("hit"));
      await(() -> assertEquals("$1\r\nv\r\n", client.call("GET", "k")));
    }
  }

  @Test
  void errors_areNeverCached() {
    direct.call("LPUSH", "k", "a");
    try (RunningProxy proxy =
            RunningProxy.start(shape, redis.url(), "cache.missing-expiry", "60s");
        RespClient client = proxy.resp()) {
      assertTrue(client.call("GET", "k").startsWith("-WRONGTYPE Operation"));
      direct.call("DEL", "k");
      direct.call("SET", "k", "v");
      assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    }
  }

  @Test
  void anotherDatabase_isTheOneOfTheUrl() {
    direct.call("SET", "k", "in 0");
    direct.call("SELECT", "3");
    direct.call("SET", "k", "in 3");
    String url = redis.url().replaceAll("/0$", "/3");
    try (RunningProxy proxy = RunningProxy.start(shape, url);
        RespClient client = proxy.resp()) {
      assertEquals("$4\r\nin 3\r\n", client.call("GET", "k"));
      assertEquals("in 3", proxy.http("/keys/k").body());
    }
  }
}
