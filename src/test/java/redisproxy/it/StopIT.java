package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.request;

import java.util.concurrent.CompletableFuture;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/**
 * How requests that were read are answered when the proxy stops, or the client closes its output.
 */
@InEachShape
class StopIT {
  private static final String ELEMENT = "x".repeat(1024 * 1024);
  private static final int ELEMENTS = 32;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.redis();
    direct = opened.client(redis);
    for (int i = 0; i < ELEMENTS; i++) {
      direct.call("RPUSH", "list", ELEMENT);
    }
    proxy = opened.proxy(shape, redis.url());
    client = opened.client(proxy);
  }

  /**
   * Redis drops unsent replies when it sees the end of a connection, so read slowly to expose that.
   */
  private void readSlowly() throws InterruptedException {
    Thread.sleep(500);
    client.bytes(("" + ELEMENTS).length() + 2);
    for (int i = 0; i < ELEMENTS; i++) {
      assertEquals("$" + ELEMENT.length() + "\r\n" + ELEMENT + "\r\n", client.reply());
    }
    assertTrue(client.isClosedByServer());
  }

  @Test
  void largeReplyOverADedicatedConnection_whenTheProxyStops_isWhole() throws Exception {
    client.send(request("LRANGE", "list", "0", "-1"));
    // The reply has begun, so the proxy has read the request.
    assertEquals('*', client.read());
    CompletableFuture<Void> stopping = CompletableFuture.runAsync(proxy::close);
    readSlowly();
    stopping.get(20, TimeUnit.SECONDS);
  }

  @Test
  void largeReplyOverADedicatedConnection_whenTheClientClosesItsOutput_isWhole() throws Exception {
    client.send(request("LRANGE", "list", "0", "-1")).endOutput();
    assertEquals('*', client.read());
    readSlowly();
  }

  /** The proxy does not wait for a blocking command. */
  @Test
  void blockedClient_isClosedQuicklyWhenTheProxyStops() throws Exception {
    client.send(request("BLPOP", "none", "0"));
    direct.awaitBlocked(1);
    long asked = System.nanoTime();
    proxy.close();
    assertTrue(client.isClosedByServer());
    assertTrue(System.nanoTime() - asked < TimeUnit.SECONDS.toNanos(5));
  }
}
