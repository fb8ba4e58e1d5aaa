package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Clients that exceed the rate limit. Each test sends requests faster than the limit refills. */
@InEachShape
class RateLimitIT {
  private static final String EXCEEDED =
      "-ERR redis-proxy: rate limit exceeded, try again in a second\r\n";
  private static final int MANY = 200;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy(EmbeddedRedis redis, String... settings) {
    return opened.proxy(shape, redis.url(), settings);
  }

  private static long exceeded(Supplier<String> reply, int replies) {
    return Stream.generate(reply).limit(replies).filter(EXCEEDED::equals).count();
  }

  @Test
  void cachedReads_beyondTheLimit_areRefusedInOrder() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis, "limits.resp-per-client", "10");
    RespClient client = opened.client(proxy);
    assertEquals("$-1\r\n", client.call("GET", "k"));
    client.send(RespClient.request("GET", "k").repeat(8) + RespClient.request("PING").repeat(MANY));
    for (int i = 0; i < 8; i++) {
      assertEquals("$-1\r\n", client.reply());
    }
    assertEquals("+PONG\r\n", client.reply());
    // The connection stays open, and requests within the limit are answered.
    assertTrue(exceeded(client::reply, MANY - 1) > MANY / 2);
    await().until(() -> client.call("PING").equals("+PONG\r\n"));
  }

  @Test
  void requestsOverADedicatedConnection_beyondTheLimit_areRefusedInOrder() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis, "limits.resp-per-client", "10");
    RespClient direct = opened.client(redis);
    RespClient client = opened.client(proxy);
    // The request that opens the dedicated connection is read twice but counts once.
    String push = RespClient.request("EVAL", "return redis.call('RPUSH', 'list', 'x')", "0");
    client.send(push.repeat(MANY));
    for (int i = 1; i <= 10; i++) {
      assertEquals(":" + i + "\r\n", client.reply());
    }
    long exceeded = exceeded(client::reply, MANY - 10);
    assertTrue(exceeded > MANY / 2);
    assertEquals(":" + (MANY - exceeded) + "\r\n", direct.call("LLEN", "list"));
    await().until(() -> !client.call("LLEN", "list").equals(EXCEEDED));
    // The limit also applies to reads that return to the cache from there.
    client.send(RespClient.request("GET", "k").repeat(MANY));
    assertTrue(exceeded(client::reply, MANY) > MANY / 2);
    // Redis does not get any part of a large refused request either.
    client.send(RespClient.request("RPUSH", "list", "x".repeat(100_000)).repeat(MANY));
    assertTrue(exceeded(client::reply, MANY) > MANY / 2);
  }

  @Test
  void transaction_withARefusedRequest_isAborted() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis, "limits.resp-per-client", "3");
    RespClient client = opened.client(proxy);
    client.send(
        RespClient.request("MULTI")
            + RespClient.request("SET", "a", "1")
            + RespClient.request("SET", "b", "1")
            + RespClient.request("SET", "c", "1"));
    assertEquals("+OK\r\n", client.reply());
    assertEquals("+QUEUED\r\n", client.reply());
    assertEquals("+QUEUED\r\n", client.reply());
    assertEquals(EXCEEDED, client.reply());
    String exec = await().until(() -> client.call("EXEC"), reply -> !reply.equals(EXCEEDED));
    assertTrue(exec.startsWith("-EXECABORT"), exec);
  }

  @Test
  void globalLimit_isSharedByAllClients_andDividedAmongInstances() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis, "limits.resp-global", "30");
    RespClient one = opened.client(proxy);
    RespClient other = opened.client(proxy);
    one.send(RespClient.request("PING").repeat(MANY));
    other.send(RespClient.request("PING").repeat(MANY));
    long exceeded = exceeded(one::reply, MANY) + exceeded(other::reply, MANY);
    assertTrue(exceeded > MANY, "" + exceeded);
    assertTrue(exceeded < 2 * MANY, "" + exceeded);
  }

  @Test
  void http_beyondTheLimit_gets429_andLookup503() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis, "limits.http-per-client", "3");
    assertEquals(404, proxy.http("/keys/k").statusCode());
    HttpResponse<String> last = refused(proxy, "/keys/k");
    assertEquals(429, last.statusCode());
    assertEquals("1", last.headers().firstValue("retry-after").orElse(null));
    assertTrue(last.body().contains("too many requests"), last.body());
    last = refused(proxy, "/lookup?key=k");
    assertEquals(503, last.statusCode());
    assertEquals("{\"key\":\"k\",\"value\":null,\"status\":503}", last.body());
    assertEquals("1", last.headers().firstValue("retry-after").orElse(null));
    await().until(() -> proxy.http("/keys/k").statusCode() == 404);
    // The HTTP limit does not apply to RESP.
    try (RespClient client = proxy.resp()) {
      client.send(RespClient.request("PING").repeat(MANY));
      assertEquals(0, exceeded(client::reply, MANY));
    }
  }

  private static HttpResponse<String> refused(RunningProxy proxy, String path) {
    HttpResponse<String> last = proxy.http(path);
    for (int i = 0; i < MANY && last.statusCode() == 404; i++) {
      last = proxy.http(path);
    }
    return last;
  }
}
