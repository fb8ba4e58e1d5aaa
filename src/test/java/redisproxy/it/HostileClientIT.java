package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;

import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/**
 * Clients that request more than their share, or end early. The test controls how slow Redis is.
 */
@InEachShape
class HostileClientIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @Test
  void clientThatEndedItsOutput_isAnsweredAndThenClosed() {
    FakeRedis redis =
        opened.add(
            new FakeRedis(
                command -> command.get(0).equalsIgnoreCase("PTTL") ? ":-1\r\n" : bulk("blue")));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    for (int i = 0; i < 20; i++) {
      try (RespClient client = proxy.resp()) {
        client.send("GET color" + i + "\r\nGET color\r\nPING\r\n").endOutput();
        assertEquals(bulk("blue"), client.reply());
        assertEquals(bulk("blue"), client.reply());
        assertEquals("+PONG\r\n", client.reply());
        assertTrue(client.isClosedByServer());
      }
    }
  }

  @Test
  void largeValueBeyondTheLimit_isRefusedAtOnce() {
    CountDownLatch over = new CountDownLatch(1);
    FakeRedis redis =
        opened.add(
            new FakeRedis(
                command -> {
                  if (command.get(0).equals("GET")) {
                    await(over);
                  }
                  return command.get(0).equalsIgnoreCase("PTTL") ? ":-1\r\n" : bulk("x".repeat(11));
                }));
    RunningProxy proxy = opened.proxy(shape, redis.url(), "cache.max-value-bytes", "10");
    List<RespClient> clients = new ArrayList<>();
    for (int i = 0; i < 64; i++) {
      clients.add(proxy.resp().send("GET large\r\n"));
    }
    Awaitility.await()
        .until(() -> redis.commands.stream().filter(c -> c.get(0).equals("GET")).count() == 64);
    try (RespClient client = proxy.resp()) {
      client.send("GET large\r\n");
      assertEquals(
          "-ERR redis-proxy: too many large values are being streamed\r\n", client.reply());
    }
    over.countDown();
    clients.forEach(RespClient::close);
  }

  /** A malicious web page can make a browser send chosen bytes to this port. */
  @Test
  void httpOnTheRespPort_isCutOff_anywhereInThePipeline() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient direct = opened.client(redis);
    for (String before :
        new String[] {"", "GET k\r\n", RespClient.request("PING").repeat(3), "EVAL x 0\r\n"}) {
      for (String http : new String[] {"POST / HTTP/1.1\r\n", "X: y\r\nHost: x\r\n"}) {
        try (RespClient client = proxy.resp()) {
          client.send(before + http + RespClient.request("SET", "written", "1"));
          client.rest();
        } catch (UncheckedIOException reset) {
          // The proxy closed with requests unread.
        }
        assertEquals("$-1\r\n", direct.call("GET", "written"), before + http);
      }
    }
  }

  /** Before a client has logged in, the proxy limits its requests as Redis does, on each route. */
  @Test
  void clientBeforeLogin_isLimitedAsByRedis() {
    EmbeddedRedis redis = opened.redis("requirepass s3cret");
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.password", "s3cret");
    String letIn = RespClient.request("AUTH", "s3cret") + RespClient.request("RESET");
    for (String before : List.of("", RespClient.request("AUTH", "wrong"), letIn)) {
      for (String request :
          List.of(
              "*1000000\r\n",
              "*11\r\n",
              "*11\r\n$3\r\nSET\r\n",
              "*2\r\n$4\r\nAUTH\r\n$16385\r\n",
              "*1\r\n$536870912\r\n")) {
        try (RespClient direct = new RespClient(redis);
            RespClient client = proxy.resp()) {
          assertEquals(play(direct, before, request), play(client, before, request), request);
        }
      }
    }
  }

  /**
   * Reads the replies to the first requests before sending the last, so that the login has taken
   * effect.
   */
  private static String play(RespClient client, String before, String request) {
    client.send(before);
    for (int i = before.split("\\*", -1).length; i > 1; i--) {
      client.reply();
    }
    return client.send(request).rest();
  }

  /** Redis versions differ in what they refuse at once. The proxy must reply like its Redis. */
  @Test
  void requestRefusedByRedisAtItsFirstLine_isRefusedAtOnce() {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        RunningProxy proxy = RunningProxy.start(shape, redis.url())) {
      for (String before : List.of("", "GET a\r\n", "LRANGE l 0 -1\r\n")) {
        for (String request :
            List.of(
                "*1048576\r\n",
                "*1048577\r\n",
                "*2147483647\r\n",
                "*2147483647\r\n$3\r\nGET",
                "*2147483647\r\n$3\r\nGET\r\n$1\r\nk\r\n",
                "*2147483648\r\n",
                "*2\r\n$3\r\nGET\r\n$536870913\r\n")) {
          try (RespClient direct = new RespClient(redis.host(), redis.port()).timeout(200);
              RespClient client = proxy.resp()) {
            String refusal = refusal(direct, before, request);
            if (refusal.isEmpty()) {
              client.timeout(200);
            }
            assertEquals(refusal, refusal(client, before, request), before + request);
          }
        }
      }
    }
  }

  /** The bytes before the server closes; empty if it goes on reading. */
  private static String refusal(RespClient client, String before, String request) {
    try {
      return client.send(before + request).rest();
    } catch (UncheckedIOException goesOn) {
      return "";
    }
  }

  /** The positions of so many arguments would take more memory than the arguments. */
  @Test
  void tooManyArguments_areRefusedAtOnce_orPassedOnToRedis() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy alone = opened.proxy(shape, redis.url(), "resp.tunnel", "false");
    RespClient reader = opened.client(alone);
    reader.send("*1000000\r\n");
    assertEquals("-ERR Protocol error: invalid multibulk length\r\n", reader.reply());
    assertTrue(reader.isClosedByServer());
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals("+OK\r\n", client.call("SET", "k1999", "v"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k1999"));
    String[] del = new String[2001];
    Arrays.setAll(del, i -> i == 0 ? "DEL" : "k" + i);
    assertEquals(":1\r\n", client.call(del));
    assertEquals("$-1\r\n", client.call("GET", "k1999"));
  }

  private static void await(CountDownLatch latch) {
    try {
      latch.await();
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }
}
