package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/** Redis closes who has been idle for longer than its {@code timeout}, and nobody else. */
@ParameterizedClass
@EnumSource(Shape.class)
class IdleIT {
  private static final String OK = "+OK\r\n";
  private static final String VALUE = "$5\r\nvalue\r\n";

  @Parameter Shape shape;

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = EmbeddedRedis.start();
    start("300ms");
    direct = new RespClient(redis.host(), redis.port());
    direct.call("SET", "k", "value");
  }

  private void start(String heartbeat) {
    proxy = RunningProxy.start(shape, redis.url(), "coherence.heartbeat", heartbeat);
    client = proxy.resp();
  }

  @AfterEach
  void stop() {
    client.close();
    direct.close();
    proxy.close();
    redis.close();
  }

  private boolean isThere(String address) {
    return direct.call("CLIENT", "LIST").contains(" " + address + " ");
  }

  /** Reads until Redis has dropped somebody who has been idle from now on. */
  private void readUntilAnotherIsDropped() {
    try (RespClient idle = proxy.resp()) {
      String address = idle.addressAtRedis();
      assertTrue(isThere(address));
      Awaitility.await()
          .atMost(Duration.ofSeconds(15))
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
  void readerFromTheCache_keepsItsDedicatedConnection_andWhoIsIdleIsClosed() {
    direct.call("CONFIG", "SET", "timeout", "1");
    String address = client.addressAtRedis();
    readUntilAnotherIsDropped();
    long loads = proxy.stat("loads");
    long hits = proxy.stat("hits");
    readUntilAnotherIsDropped();
    assertEquals(address, client.addressAtRedis());
    assertTrue(proxy.stat("hits") - hits > 10);
    // The proxy's own connections were idle too, and what it keeps outlives that.
    assertEquals(loads, proxy.stat("loads"));
  }

  @Test
  void readerWhoseRedisIsFrozen_isAnsweredFromTheCache() {
    client.close();
    proxy.close();
    start("10s");
    client.addressAtRedis();
    Awaitility.await().until(() -> client.call("GET", "k").equals(VALUE) && proxy.stat("hits") > 2);
    direct.send(RespClient.request("DEBUG", "SLEEP", "3"));
    Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> true);
    client.timeout(1_000);
    Awaitility.await()
        .during(Duration.ofMillis(1_500))
        .atMost(Duration.ofSeconds(15))
        .until(() -> client.call("GET", "k").equals(VALUE));
    assertEquals(OK, direct.reply());
    assertEquals(OK, client.timeout(15_000).call("SET", "k", "other"));
    assertEquals("$5\r\nother\r\n", client.call("GET", "k"));
  }

  /** What sessions share is closed under them as well, and costs none of them anything. */
  @Test
  void sharedConnectionsDropped_endNobody() {
    assertEquals(OK, client.call("SET", "n", "1"));
    assertFalse(client.call("INFO", "server").startsWith("-"));
    for (int i = 0; i < 3; i++) {
      assertTrue(direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").startsWith(":"));
      Awaitility.await().pollDelay(Duration.ofMillis(300)).until(() -> proxy.stat("clients") == 1);
      assertEquals(OK, client.call("SET", "k", "value"));
      assertFalse(client.call("INFO", "server").startsWith("-"));
      assertEquals(VALUE, client.call("GET", "k"));
    }
  }
}
