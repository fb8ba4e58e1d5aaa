package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Base64;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Redis is down, frozen, back again, or not up at the start. */
@InEachShape
class OutageIT {
  private static final String UNREACHABLE = "-ERR redis-proxy: Redis cannot be reached\r\n";

  private static final String REFUSED =
      "-ERR redis-proxy: Redis refuses the proxy's credentials\r\n";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @Test
  void firstRead_whenRedisGreetsLate_isAnswered() {
    FakeRedis redis =
        opened.add(
            new FakeRedis(command -> command.get(0).equals("pttl") ? ":-1\r\n" : "$4\r\nblue\r\n"));
    redis.greetsAfterMs = 500;
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals("$4\r\nblue\r\n", client.call("GET", "color"));
  }

  @Test
  void redisDown_cachedKeysAreServedAndOthersFailAtOnce() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "cached", "v");
    }
    client.call("GET", "cached");
    redis.stop();
    assertEquals("$1\r\nv\r\n", client.call("GET", "cached"));
    assertEquals("v", proxy.http("/keys/cached").body());
    await().untilAsserted(() -> assertEquals(UNREACHABLE, client.call("GET", "other")));
    var down = proxy.http("/keys/other");
    assertEquals(503, down.statusCode());
    assertEquals("1", down.headers().firstValue("retry-after").orElse(null));
    assertTrue(down.body().contains("Redis cannot be reached"));
    assertEquals("+PONG\r\n", client.call("PING"));
    assertEquals(200, proxy.admin("/health/live").statusCode());
    assertTrue(proxy.admin("/health/ready").body().contains("degraded"));
    redis.restart();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "other", "back");
    }
    await().untilAsserted(() -> assertEquals("$4\r\nback\r\n", client.call("GET", "other")));
    assertEquals("back", proxy.http("/keys/other").body());
    await()
        .untilAsserted(
            () -> assertTrue(proxy.admin("/health/ready").body().contains("\"status\":\"ready\"")));
  }

  /** A firewall or a load balancer cuts connections like this. Redis stays up. */
  @Test
  void cutConnections_failNoRead() throws Exception {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient direct = opened.client(redis);
    RespClient client = opened.client(proxy);
    // A connection that ends sooner counts as closed by the server.
    Thread.sleep(150);
    for (int round = 0; round < 10; round++) {
      long until = System.nanoTime() + TimeUnit.MILLISECONDS.toNanos(250);
      assertTrue(direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes").charAt(0) == ':');
      for (int i = 0; System.nanoTime() - until < 0; i++) {
        String key = "none:" + round + ":" + i;
        assertEquals("$-1\r\n", client.call("GET", key));
        assertEquals(404, proxy.http("/keys/" + key).statusCode());
      }
    }
  }

  @Test
  void redisDownAtTheStart_isFoundLater() {
    EmbeddedRedis redis = opened.redis();
    redis.stop();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    assertEquals(UNREACHABLE, client.call("GET", "k"));
    assertEquals(503, proxy.admin("/health/ready").statusCode());
    assertEquals(200, proxy.admin("/health/live").statusCode());
    redis.restart();
    await().untilAsserted(() -> assertEquals("$-1\r\n", client.call("GET", "k")));
    assertEquals(200, proxy.admin("/health/ready").statusCode());
  }

  @Test
  void redisFrozen_isATimeoutFirst() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy =
        opened.proxy(
            shape, redis.url(), "redis.load-timeout", "200ms", "redis.connect-timeout", "200ms");
    RespClient client = opened.client(proxy);
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "cached", "v");
      direct.call("SET", "other", "w");
    }
    client.call("GET", "cached");
    redis.pause();
    try {
      assertEquals(
          "-ERR redis-proxy: Redis did not answer within 200 ms\r\n", client.call("GET", "x"));
      assertEquals(504, proxy.http("/keys/y").statusCode());
      assertEquals("$1\r\nv\r\n", client.call("GET", "cached"));
      // At last the proxy gives up the connection. Then reads fail at once instead of at a
      // deadline.
      await().untilAsserted(() -> assertEquals(UNREACHABLE, client.call("GET", "z")));
    } finally {
      redis.resume();
    }
    await().untilAsserted(() -> assertEquals("$1\r\nw\r\n", client.call("GET", "other")));
  }

  @Test
  void password_isUsed_andAWrongOneOpensFewConnections() throws InterruptedException {
    EmbeddedRedis redis = opened.redis("requirepass s3cret");
    try (RespClient direct = new RespClient(redis)) {
      direct.call("AUTH", "s3cret");
      direct.call("SET", "k", "v");
      try (RunningProxy proxy = RunningProxy.start(shape, redis.url(), "redis.password", "s3cret");
          RespClient client = proxy.resp()) {
        httpBasic(proxy);
        // If Redis requires a password, the proxy's clients need it too, even for cached keys.
        assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
        assertTrue(client.call("AUTH", "wrong").startsWith("-WRONGPASS"));
        assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
        assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
        assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
      }
      try (RunningProxy proxy =
              RunningProxy.start(
                  shape,
                  redis.url(),
                  "redis.password",
                  "wrong",
                  "redis.username",
                  "default",
                  "redis.backoff-max",
                  "100ms",
                  "auth.mode",
                  "own",
                  "resp.tunnel",
                  "false");
          RespClient client = proxy.resp()) {
        for (int i = 0; i < 20; i++) {
          String reply = client.call("GET", "k");
          assertTrue(reply.equals(REFUSED) || i == 0 && reply.equals(UNREACHABLE), reply);
          Thread.sleep(50);
        }
        String clients = direct.call("INFO", "clients");
        assertTrue(
            clients.matches("(?s).*connected_clients:[1-3]\\r.*"), "sockets left: " + clients);
      }
      try (RunningProxy proxy = RunningProxy.start(shape, redis.url());
          RespClient client = proxy.resp()) {
        assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
        assertEquals(503, proxy.http("/keys/k").statusCode());
        assertTrue(proxy.admin("/health/ready").body().contains("NOAUTH"));
      }
    }
  }

  private static String basic(String credentials) {
    return "Basic " + Base64.getEncoder().encodeToString(credentials.getBytes());
  }

  private static void httpBasic(RunningProxy proxy) {
    String right = basic("default:s3cret");
    await()
        .untilAsserted(
            () -> assertEquals("v", proxy.http("/keys/k", "authorization", right).body()));
    assertEquals("v", proxy.http("/keys/k", "authorization", basic(":s3cret")).body());
    var none = proxy.http("/keys/k");
    assertEquals(401, none.statusCode());
    assertEquals(
        "Basic realm=\"redis-proxy\"", none.headers().firstValue("www-authenticate").orElse(null));
    for (String wrong : new String[] {"default:wrong", "someone:s3cret", "default", ":"}) {
      assertEquals(401, proxy.http("/keys/k", "authorization", basic(wrong)).statusCode());
    }
    assertEquals(401, proxy.http("/keys/k", "authorization", "Basic !").statusCode());
    assertEquals(401, proxy.http("/lookup?key=k").statusCode());
    assertEquals("v", proxy.http("/keys/k", "authorization", right).body());
  }
}
