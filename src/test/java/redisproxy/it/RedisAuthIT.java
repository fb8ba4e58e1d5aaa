package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Mode redis: Redis checks the clients. */
@InEachShape
class RedisAuthIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;

  /** The proxy's user is app, so the client can stay logged in as the default user meanwhile. */
  @BeforeEach
  void start() {
    redis = opened.redis("requirepass s3cret");
    try (RespClient direct = new RespClient(redis)) {
      direct.call("AUTH", "s3cret");
      direct.call("SET", "k", "v");
      direct.call("ACL", "SETUSER", "app", "on", ">first", "~*", "+@all");
      direct.call("ACL", "SETUSER", "guest", "on", ">guest", "~g*", "+get", "+ping");
    }
    proxy = opened.proxy(shape, redis.url(), "redis.username", "app", "redis.password", "first");
    client = opened.client(proxy);
  }

  private int http(String credentials) {
    return http(proxy, credentials);
  }

  private static int http(RunningProxy proxy, String credentials) {
    byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
    String header = "Basic " + Base64.getEncoder().encodeToString(bytes);
    return proxy.http("/keys/k", "authorization", header).statusCode();
  }

  @Test
  void passwordChangedThroughTheProxy_appliesAtOnceOverHttp() {
    assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
    for (int i = 0; i < 10; i++) {
      String before = i == 0 ? "first" : "p" + (i - 1);
      // Repeat to reach every instance of the HTTP verticle.
      for (int j = 0; j < 4; j++) {
        assertEquals(200, http("app:" + before));
      }
      client.call("ACL", "SETUSER", "app", "resetpass", ">p" + i);
      for (int j = 0; j < 4; j++) {
        assertEquals(401, http("app:" + before));
      }
    }
  }

  @Test
  void passwordChangedWithinExec_appliesAtOnceOverHttp() {
    client.call("AUTH", "s3cret");
    assertEquals(200, http("app:first"));
    client.call("MULTI");
    client.call("SET", "other", "x");
    client.call("ACL", "SETUSER", "app", "resetpass", ">second");
    assertEquals(200, http("app:first"));
    assertTrue(client.call("EXEC").startsWith("*2\r\n+OK"));
    assertEquals(401, http("app:first"));
    assertEquals(200, http("app:second"));
  }

  @Test
  void requirepassChangedThroughTheProxy_appliesAtOnceOverHttp() {
    RunningProxy byDefault = opened.proxy(shape, redis.url(), "redis.password", "s3cret");
    RespClient other = opened.client(byDefault);
    other.call("AUTH", "s3cret");
    assertEquals(200, http(byDefault, "default:s3cret"));
    assertEquals("+OK\r\n", other.call("CONFIG", "SET", "requirepass", "new"));
    assertEquals(401, http(byDefault, "default:s3cret"));
    assertEquals(200, http(byDefault, "default:new"));
  }

  @Test
  void cachedKey_isServedOnlyToClientsThatRedisLetsRead() {
    assertEquals(200, http("app:first"));
    assertEquals(200, http("app:first"));
    assertTrue(proxy.stat("hits") > 0);
    assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
    assertTrue(client.call("AUTH", "app", "wrong").startsWith("-WRONGPASS"));
    assertEquals("-NOAUTH Authentication required.\r\n", client.call("GET", "k"));
    client.call("AUTH", "guest", "guest");
    try (RespClient direct = new RespClient(redis)) {
      direct.call("AUTH", "guest", "guest");
      assertTrue(direct.call("GET", "k").startsWith("-NOPERM"));
      assertEquals(direct.call("GET", "k"), client.call("GET", "k"));
      assertEquals(direct.call("SET", "g", "v"), client.call("SET", "g", "v"));
    }
    assertEquals(401, http("guest:guest"));
    assertEquals(401, http("app:wrong"));
    assertEquals("+OK\r\n", client.call("AUTH", "app", "first"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
  }
}
