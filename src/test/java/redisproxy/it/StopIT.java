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

/** What becomes of requests that have been read when the proxy is stopped, or the client ends. */
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

  /** Redis drops what it has not sent when it sees the end of a connection. */
  private void readSlowly() throws InterruptedException {
    Thread.sleep(500);
    client.bytes(("" + ELEMENTS).length() + 2);
    for (int i = 0; i < ELEMENTS; i++) {
      assertEquals("$" + ELEMENT.length() + "\r\n" + ELEMENT + "\r\n", client.reply());
    }
    assertTrue(client.isClosedByServer());
  }

  @Test
  void largeReplyOverADedicatedConnection_isWhole_thoughTheProxyStops() throws Exception {
    client.send(request("LRANGE", "list", "0", "-1"));
    // It has begun, so the request has been read.
    assertEquals('*', client.read());
    CompletableFuture<Void> stopping = CompletableFuture.runAsync(proxy::close);
    readSlowly();
    stopping.get(20, TimeUnit.SECONDS);
  }

  @Test
  void largeReplyOverADedicatedConnection_isWhole_thoughTheClientEndedItsSide() throws Exception {
    client.send(request("LRANGE", "list", "0", "-1")).endOutput();
    assertEquals('*', client.read());
    readSlowly();
  }

  /** A command that blocks is not waited for. */
  @Test
  void blockedClient_isLetGo_wellBeforeItsTime() throws Exception {
    client.send(request("BLPOP", "none", "0"));
    direct.awaitBlocked(1);
    long asked = System.nanoTime();
    proxy.close();
    assertTrue(client.isClosedByServer());
    assertTrue(System.nanoTime() - asked < TimeUnit.SECONDS.toNanos(5));
  }
}
