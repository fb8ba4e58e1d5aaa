package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Redis closes clients that are idle for longer than its {@code timeout}, and no others. */
@InEachShape
class IdleIT {
  private static final String OK = "+OK\r\n";
  private static final String VALUE = "$5\r\nvalue\r\n";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    start("300ms");
    direct = opened.client(redis);
    direct.call("SET", "k", "value");
  }

  private void start(String heartbeat) {
    // With pooling, a session that reads from the cache has no connection that could be closed.
    proxy =
        opened.proxy(shape, redis.url(), "coherence.heartbeat", heartbeat, "resp.pooling", "false");
    client = opened.client(proxy);
  }

  private boolean isThere(String address) {
    return direct.call("CLIENT", "LIST").contains(" " + address + " ");
  }

  /** Reads until Redis has dropped another client that is idle from now on. */
  private void readUntilAnotherIsDropped() {
    try (RespClient idle = proxy.resp()) {
      String address = idle.addressAtRedis();
      assertTrue(isThere(address));
      await()
          .pollInterval(Duration.ofMillis(50))
          .until(
              () -> {
                assertEquals(VALUE, client.call("GET", "k"));
                return !isThere(address);
              });
      assertTrue(idle.isClosedByServer());
    }
  }

  @Test
  void readerFromTheCache_keepsItsDedicatedConnection_idleClientDoesNot() {
    direct.call("CONFIG", "SET", "timeout", "1");
    String address = client.addressAtRedis();
    readUntilAnotherIsDropped();
    long loads = proxy.stat("loads");
    long hits = proxy.stat("hits");
    readUntilAnotherIsDropped();
    assertEquals(address, client.addressAtRedis());
    assertTrue(proxy.stat("hits") - hits > 10);
    // The proxy's own connections were idle too, and the cache was kept.
    assertEquals(loads, proxy.stat("loads"));
  }

  @Test
  void reader_whileRedisIsFrozen_isAnsweredFromTheCache() {
    client.close();
    proxy.close();
    start("10s");
    client.addressAtRedis();
    await().until(() -> client.call("GET", "k").equals(VALUE) && proxy.stat("hits") > 2);
    direct.send(RespClient.request("DEBUG", "SLEEP", "3"));
    await().pollDelay(Duration.ofMillis(300)).until(() -> true);
    client.timeout(1_000);
    await().during(Duration.ofMillis(1_500)).until(() -> client.call("GET", "k").equals(VALUE));
    assertEquals(OK, direct.reply());
    assertEquals(OK, client.timeout(15_000).call("SET", "k", "other"));
    assertEquals("$5\r\nother\r\n", client.call("GET", "k"));
  }

  /** Redis may also close shared connections. No session may fail because of that. */
  @Test
  void closedSharedConnections_endNoSession() {
    assertEquals(OK, client.call("SET", "n", "1"));
    assertFalse(client.call("INFO", "server").startsWith("-"));
    for (int i = 0; i < 3; i++) {
      assertTrue(direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").startsWith(":"));
      await().pollDelay(Duration.ofMillis(300)).until(() -> proxy.stat("clients") == 1);
      assertEquals(OK, client.call("SET", "k", "value"));
      assertFalse(client.call("INFO", "server").startsWith("-"));
      assertEquals(VALUE, client.call("GET", "k"));
    }
  }
}
