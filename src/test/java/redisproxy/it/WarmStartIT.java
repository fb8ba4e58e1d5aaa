package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** The cache is filled again after a restart. */
@InEachShape
class WarmStartIT {
  private static final int KEYS = 5_000;

  @TempDir Path directory;
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private Path file;

  @BeforeEach
  void startRedis() {
    redis = opened.redis();
    file = directory.resolve("keys");
    try (RespClient direct = new RespClient(redis)) {
      for (int i = 0; i < KEYS; i++) {
        direct.call("SET", "k" + i, "v" + i);
      }
      direct.call("SELECT", "3");
      direct.call("SET", "k0", "elsewhere");
    }
  }

  private RunningProxy start(String... settings) {
    List<String> usual = List.of("cache.snapshot", file.toString(), "cache.missing-expiry", "60s");
    return RunningProxy.start(shape, redis.url(), RunningProxy.settings(usual, settings));
  }

  private static void read(RunningProxy proxy, int from, int to) {
    try (RespClient client = proxy.resp()) {
      for (int i = from; i < to; i++) {
        assertEquals("$" + ("v" + i).length() + "\r\nv" + i + "\r\n", client.call("GET", "k" + i));
      }
    }
  }

  private static void awaitEntries(RunningProxy proxy, long entries) {
    await()
        .atMost(20, TimeUnit.SECONDS)
        .until(() -> proxy.stat("entries") == entries && proxy.stat("loadsInFlight") == 0);
  }

  @Test
  void keys_areLoadedAgain_withTheirCurrentValues() {
    try (RunningProxy proxy = start()) {
      read(proxy, 0, KEYS);
      try (RespClient client = proxy.resp()) {
        assertEquals("$-1\r\n", client.call("GET", "missing"));
        client.call("SELECT", "3");
        assertEquals("$9\r\nelsewhere\r\n", client.call("GET", "k0"));
      }
    }
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "k1", "new");
      direct.call("DEL", "k2");
    }
    try (RunningProxy proxy = start();
        RespClient client = proxy.resp()) {
      awaitEntries(proxy, KEYS + 1);
      assertEquals(0, proxy.stat("misses"), "no client has read");
      long loads = proxy.stat("loads");
      assertEquals(KEYS + 1, loads);
      read(proxy, 3, KEYS);
      assertEquals("$3\r\nnew\r\n", client.call("GET", "k1"));
      assertEquals("$-1\r\n", client.call("GET", "k2"));
      client.call("SELECT", "3");
      assertEquals("$9\r\nelsewhere\r\n", client.call("GET", "k0"));
      assertEquals(loads, proxy.stat("loads"), "all from the cache");
    }
  }

  @Test
  void orderOfUse_isKept_andASmallerCacheTakesTheNewest() {
    try (RunningProxy proxy = start()) {
      read(proxy, 0, 1000);
      read(proxy, 0, 10);
    }
    try (RunningProxy proxy = start("cache.capacity", "500")) {
      awaitEntries(proxy, 500);
      assertEquals(500, proxy.stat("loads"));
      read(proxy, 0, 10);
      read(proxy, 510, 1000);
      assertEquals(500, proxy.stat("loads"), "the newest were there");
    }
    try (RunningProxy proxy = start("cache.capacity", "500")) {
      awaitEntries(proxy, 500);
      read(proxy, 1000, 1490);
      read(proxy, 990, 1000);
      assertEquals(500 + 490, proxy.stat("loads"), "the newest keys outlived the new reads");
    }
  }

  @Test
  void redisDownAtTheStart_keepsTheSnapshot_untilKeysAreLoaded() throws Exception {
    try (RunningProxy proxy = start()) {
      read(proxy, 0, 100);
    }
    byte[] before = Files.readAllBytes(file);
    redis.pause();
    try (RunningProxy proxy = start()) {
      assertEquals(200, proxy.admin("/health/live").statusCode());
    }
    assertTrue(java.util.Arrays.equals(before, Files.readAllBytes(file)), "kept");
    try (RunningProxy proxy = start()) {
      redis.resume();
      awaitEntries(proxy, 100);
    } finally {
      redis.resume();
    }
  }

  @Test
  void damagedSnapshot_isReplaced_andAForeignFileIsKept() throws Exception {
    Files.writeString(file, "RPKEYS\n\1 and nonsense");
    try (RunningProxy proxy = start()) {
      read(proxy, 0, 10);
    }
    try (RunningProxy proxy = start()) {
      awaitEntries(proxy, 10);
    }
    Files.writeString(file, "precious");
    try (RunningProxy proxy = start()) {
      read(proxy, 0, 10);
      assertEquals(200, proxy.admin("/health/ready").statusCode());
    }
    assertEquals("precious", Files.readString(file));
  }

  @Test
  void unwritableDirectory_doesNotPreventTheStop() {
    file = directory.resolve("not/there");
    try (RunningProxy proxy = start()) {
      read(proxy, 0, 10);
    }
    assertFalse(Files.exists(file));
  }

  @Test
  void invalidationWhileLoading_isApplied() {
    try (RunningProxy proxy = start()) {
      read(proxy, 0, KEYS);
    }
    try (RunningProxy proxy = start();
        RespClient direct = new RespClient(redis);
        RespClient client = proxy.resp()) {
      for (int i = 0; i < KEYS; i += 10) {
        direct.call("SET", "k" + i, "w" + i);
      }
      await()
          .atMost(20, TimeUnit.SECONDS)
          .until(() -> proxy.stat("loadsInFlight") == 0 && proxy.stat("loads") >= KEYS);
      // Wait for the invalidations. A value that was kept wrongly would stay.
      await().untilAsserted(() -> assertNewValues(client));
    }
  }

  private static void assertNewValues(RespClient client) {
    for (int i = 0; i < KEYS; i += 10) {
      String expected = "w" + i;
      assertEquals(
          "$" + expected.length() + "\r\n" + expected + "\r\n", client.call("GET", "k" + i));
    }
  }
}
