package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Values that are too large to keep, and clients that read too slowly. */
@InEachShape
class LargeValueIT {
  private static final int MIB = 1024 * 1024;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    direct = opened.client(redis);
  }

  private byte[] set(String key, int length) {
    byte[] value = new byte[length];
    new Random(length).nextBytes(value);
    direct.send("*3\r\n$3\r\nSET\r\n$" + key.length() + "\r\n" + key + "\r\n$" + length + "\r\n");
    direct.send(value).send("\r\n");
    assertEquals("+OK\r\n", direct.reply());
    return value;
  }

  private static void assertReply(byte[] value, RespClient client) {
    String head = "$" + value.length + "\r\n";
    assertEquals(head, new String(client.bytes(head.length()), StandardCharsets.US_ASCII));
    assertArrayEquals(value, client.bytes(value.length));
    assertEquals("\r\n", new String(client.bytes(2), StandardCharsets.US_ASCII));
  }

  @Test
  void valueAtTheLimit_isKept_andALongerOneIsStreamed() {
    byte[] kept = set("kept", MIB);
    byte[] large = set("large", MIB + 1);
    try (RespClient client = proxy.resp()) {
      for (int i = 0; i < 2; i++) {
        client.send(RespClient.request("GET", "kept") + RespClient.request("GET", "large"));
        client.send(RespClient.request("PING"));
        assertReply(kept, client);
        assertReply(large, client);
        assertEquals("+PONG\r\n", client.reply());
        assertArrayEquals(kept, proxy.httpBytes("/keys/kept").body());
        assertArrayEquals(large, proxy.httpBytes("/keys/large").body());
      }
    }
    assertEquals(1, proxy.stat("entries"));
    assertEquals(3, proxy.stat("hits"));
    assertEquals(406, proxy.http("/keys/large", "accept", "application/json").statusCode());
    var head = proxy.request("HEAD", "/keys/large");
    assertEquals("" + (MIB + 1), head.headers().firstValue("content-length").orElse(null));
  }

  @Test
  void hugeValue_isStreamedOverRespAndHttp() {
    byte[] huge = set("huge", 50 * MIB + 7);
    try (RespClient client = proxy.resp()) {
      client.send(RespClient.request("GET", "huge"));
      assertReply(huge, client);
    }
    assertArrayEquals(huge, proxy.httpBytes("/keys/huge").body());
  }

  @Test
  void clientThatLeavesWithinAValue_freesTheStream() {
    set("huge", 30 * MIB);
    for (int i = 0; i < 80; i++) {
      RespClient client = proxy.resp();
      client.send(RespClient.request("GET", "huge"));
      client.bytes(100);
      client.close();
    }
    await().untilAsserted(() -> assertEquals(1, direct.otherConnections()));
    assertEquals(30 * MIB, proxy.httpBytes("/keys/huge").body().length);
  }

  @Test
  void clientThatDoesNotRead_isPausedAndOthersAreServed() {
    byte[] value = set("v", MIB);
    int pipelined = 400;
    try (RespClient slow = proxy.resp();
        RespClient other = proxy.resp()) {
      slow.send(RespClient.request("GET", "v").repeat(pipelined));
      for (int i = 0; i < 20; i++) {
        other.send(RespClient.request("GET", "v"));
        assertReply(value, other);
      }
      for (int i = 0; i < pipelined; i++) {
        assertReply(value, slow);
      }
      slow.send(RespClient.request("PING"));
      assertEquals("+PONG\r\n", slow.reply());
    }
  }

  @Test
  void droppedAnswers_areLoadedAgainInOrder() {
    byte[][] values = new byte[60][];
    StringBuilder requests = new StringBuilder();
    for (int i = 0; i < values.length; i++) {
      values[i] = set("v" + i, 200_000 + i);
      requests.append(RespClient.request("GET", "v" + i)).append(RespClient.request("GET", "no"));
    }
    try (RespClient client = proxy.resp()) {
      for (int round = 0; round < 3; round++) {
        client.send(requests.toString());
        for (byte[] value : values) {
          assertReply(value, client);
          assertEquals("$-1\r\n", client.reply());
        }
      }
    }
    assertTrue(Arrays.stream(values).allMatch(value -> value.length >= 200_000));
  }
}
