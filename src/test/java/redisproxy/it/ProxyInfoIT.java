package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** The proxy's own section of INFO. */
@InEachShape
class ProxyInfoIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private static void assertOwn(String reply, String... lines) {
    assertTrue(reply.contains("# redisproxy\r\n"), reply);
    for (String line : lines) {
      assertTrue(reply.contains("\r\n" + line + "\r\n"), reply);
    }
  }

  @Test
  void section_isTheProxysOwn_onEveryRouteAndInBothVersionsOfResp() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    client.call("GET", "k");
    assertOwn(client.call("INFO", "redisproxy"), "misses:1", "redis_reachable:1", "trust:verified");
    assertTrue(client.call("INFO", "server").contains("redis_version"));
    assertTrue(client.call("INFO").contains("redis_version"));
    client.call("KEYS", "none");
    assertOwn(client.call("info", "RedisProxy"), "misses:1");
    assertEquals("*0\r\n", client.call("KEYS", "none"));
    client.call("HELLO", "3");
    String verbatim = client.call("INFO", "redisproxy");
    assertTrue(verbatim.startsWith("=") && verbatim.contains("\r\ntxt:# redisproxy"), verbatim);
    client.call("MULTI");
    assertEquals("+QUEUED\r\n", client.call("INFO", "redisproxy"));
  }

  @Test
  void section_needsTheRightToReadFromTheCache() {
    EmbeddedRedis redis = opened.redis("requirepass s3cret");
    RunningProxy proxy = opened.proxy(shape, redis.url(), "redis.password", "s3cret");
    RespClient client = opened.client(proxy);
    assertEquals("-NOAUTH Authentication required.\r\n", client.call("INFO", "redisproxy"));
    client.call("AUTH", "s3cret");
    assertOwn(client.call("INFO", "redisproxy"), "redis_reachable:1");
  }

  @Test
  void section_withoutDedicatedConnections_needsLogin() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy =
        opened.proxy(
            shape, redis.url(), "resp.tunnel", "false", "auth.mode", "own", "auth.password", "pw");
    RespClient client = opened.client(proxy);
    assertTrue(client.call("INFO", "redisproxy").startsWith("-NOAUTH"));
    client.call("AUTH", "pw");
    assertOwn(client.call("INFO", "redisproxy"), "hits:0");
    assertTrue(client.call("INFO", "server").startsWith("-ERR unknown command"));
  }
}
