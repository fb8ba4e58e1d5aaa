package redisproxy.it;

import static java.nio.charset.StandardCharsets.ISO_8859_1;
import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static redisproxy.it.RespClient.request;

import io.vertx.core.json.JsonObject;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/**
 * Clients that send a whole pipeline before they read. Redis keeps any number of their replies. The
 * proxy does so if the replies are short and equal.
 */
@InEachShape
class UnreadPipelineIT {
  private static final int PART = 10_000;
  private static final int PARTS = 100;

  /** A request that opens a dedicated connection for the client. */
  private static final String DEDICATED_CONNECTION =
      request("EVAL", "return redis.status_reply('OK')", "0");

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy;
  private RespClient client;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    client = opened.client(proxy);
  }

  /** Sends the request a million times before it reads any reply. */
  private void assertAMillionComplete(String request, String reply) throws Exception {
    byte[] part = request.repeat(PART).getBytes(ISO_8859_1);
    CompletableFuture.runAsync(() -> sendAll(part)).get(60, TimeUnit.SECONDS);
    byte[] replies = reply.repeat(PART).getBytes(ISO_8859_1);
    for (int i = 0; i < PARTS; i++) {
      assertArrayEquals(replies, client.bytes(replies.length));
    }
    assertEquals("+PONG\r\n", client.call("PING"));
    assertEquals(0, stalled());
  }

  private void sendAll(byte[] part) {
    for (int i = 0; i < PARTS; i++) {
      client.send(part);
    }
  }

  private long stalled() {
    return new JsonObject(proxy.admin("/stats").body())
        .getJsonObject("resp")
        .getLong("clientsStalled");
  }

  @Test
  void aMillionWrites_complete() throws Exception {
    assertAMillionComplete(request("SET", "p:1", "vvvvvvvvvv"), "+OK\r\n");
  }

  @Test
  void aMillionWritesOverADedicatedConnection_complete() throws Exception {
    assertEquals("+OK\r\n", client.send(DEDICATED_CONNECTION).reply());
    assertAMillionComplete(request("SET", "p:1", "vvvvvvvvvv"), "+OK\r\n");
  }

  @Test
  void aMillionReadsOfAMissingKey_complete() throws Exception {
    assertAMillionComplete(request("GET", "none"), "$-1\r\n");
  }

  /** The proxy stops reading from the client, and goes on when the client reads. */
  @Test
  void tooManyUnreadReplies_stallTheClientUntilItReads_andAreCounted() throws Exception {
    String value = "v".repeat(300);
    assertEquals("+OK\r\n", client.call("SET", "k", value));
    byte[] part = request("GET", "k").repeat(PART).getBytes(ISO_8859_1);
    CompletableFuture<Void> sending = CompletableFuture.runAsync(() -> sendAll(part));
    await().atMost(20, TimeUnit.SECONDS).until(() -> stalled() == 1);
    assertFalse(sending.isDone());
    byte[] replies = ("$300\r\n" + value + "\r\n").repeat(PART).getBytes(ISO_8859_1);
    for (int i = 0; i < PARTS; i++) {
      assertArrayEquals(replies, client.bytes(replies.length));
    }
    sending.get(20, TimeUnit.SECONDS);
    assertEquals("+PONG\r\n", client.call("PING"));
    assertEquals(1, stalled());
  }

  /** Requests sent before the client closed its output are not lost. */
  @Test
  void clientThatClosesItsOutput_getsAllReplies() throws Exception {
    byte[] part = request("SET", "k", "v").repeat(PART).getBytes(ISO_8859_1);
    CompletableFuture.runAsync(() -> sendAll(part)).get(60, TimeUnit.SECONDS);
    client.endOutput();
    assertEquals("+OK\r\n".repeat(PART * PARTS), client.rest());
  }
}
