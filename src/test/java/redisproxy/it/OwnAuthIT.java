package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import org.junit.jupiter.params.provider.ValueSource;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.Jedis;
import redis.clients.jedis.RedisProtocol;
import redisproxy.dev.EmbeddedRedis;

/** Mode own: the proxy checks clients itself, in front of a Redis with and without a password. */
@InEachShape
class OwnAuthIT {
  private static final String NOAUTH = "-NOAUTH Authentication required.\r\n";
  private static final String WRONGPASS =
      "-WRONGPASS invalid username-password pair or user is disabled.\r\n";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy own(EmbeddedRedis redis, String redisPassword, String... settings) {
    List<String> usual = List.of("auth.mode", "own", "redis.password", redisPassword);
    return opened.proxy(shape, redis.url(), RunningProxy.settings(usual, settings));
  }

  private static void set(EmbeddedRedis redis, String password, String key, String value) {
    try (RespClient direct = new RespClient(redis)) {
      if (!password.isEmpty()) {
        direct.call("AUTH", password);
      }
      assertEquals("+OK\r\n", direct.call("SET", key, value));
    }
  }

  private EmbeddedRedis redis(String password) {
    return password.isEmpty() ? opened.redis() : opened.redis("requirepass " + password);
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "behind"})
  void session_readsAndWrites_afterLogin(String redisPassword) {
    EmbeddedRedis redis = redis(redisPassword);
    RunningProxy proxy = own(redis, redisPassword, "auth.password", "s3cret");
    RespClient client = opened.client(proxy);
    set(redis, redisPassword, "k", "v");
    assertEquals(NOAUTH, client.call("GET", "k"));
    assertEquals(NOAUTH, client.call("SET", "k", "w"));
    assertEquals(NOAUTH, client.call("PING"));
    try (RespClient other = proxy.resp()) {
      assertEquals(
          "-ERR Protocol error: unauthenticated bulk length\r\n",
          other.call("AUTH", "x".repeat(1_000_000)));
      assertTrue(other.isClosedByServer());
    }
    assertEquals(WRONGPASS, client.call("AUTH", "behind"));
    assertEquals(WRONGPASS, client.call("AUTH", "someone", "s3cret"));
    assertEquals(NOAUTH, client.call("GET", "k"));
    assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertTrue(proxy.stat("hits") > 0, "a logged-in session reads from the cache");
    // This uses the dedicated connection, which the proxy has logged in.
    assertEquals("+OK\r\n", client.call("SET", "k", "w"));
    assertEquals("$1\r\nw\r\n", client.call("GET", "k"));
    assertEquals("$7\r\ndefault\r\n", client.call("ACL", "WHOAMI"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "behind"})
  void dedicatedConnection_keepsLoginFromRedis_andAnswersInOrder(String redisPassword) {
    EmbeddedRedis redis = redis(redisPassword);
    RunningProxy proxy = own(redis, redisPassword, "auth.password", "s3cret");
    RespClient client = opened.client(proxy);
    client.call("AUTH", "s3cret");
    client.call("SET", "k", "v");
    String pipeline =
        RespClient.request("APPEND", "k", "w")
            + RespClient.request("AUTH", "wrong")
            + RespClient.request("AUTH")
            + RespClient.request("AUTH", "default", "s3cret")
            + RespClient.request("AUTH", "a", "b", "c")
            + RespClient.request("CLIENT", "REPLY", "SKIP")
            + RespClient.request("AUTH", "skipped")
            + RespClient.request("GET", "k");
    client.send(pipeline);
    assertEquals(":2\r\n", client.reply());
    assertEquals(WRONGPASS, client.reply());
    assertEquals("-ERR wrong number of arguments for 'auth' command\r\n", client.reply());
    assertEquals("+OK\r\n", client.reply());
    assertEquals("-ERR syntax error\r\n", client.reply());
    assertEquals("$2\r\nvw\r\n", client.reply());
    assertEquals(WRONGPASS, client.call("AUTH", "x".repeat(1_000_000)));
    assertEquals(WRONGPASS, client.call("HELLO", "3", "AUTH", "default", "wrong"));
    assertEquals("$2\r\nvw\r\n", client.call("GET", "k"));
    String hello =
        client.call(
            "HELLO", "3", "AUTH", "default", "s3cret", "SETNAME", "me", "AUTH", "default",
            "s3cret");
    assertTrue(hello.startsWith("%7\r\n") && hello.contains("proto\r\n:3\r\n"), hello);
    assertEquals("$2\r\nme\r\n", client.call("CLIENT", "GETNAME"));
  }

  @Test
  void loginWithinMulti_isRefusedAndEndsTheTransaction() {
    EmbeddedRedis redis = redis("behind");
    RunningProxy proxy = own(redis, "behind", "auth.password", "s3cret");
    RespClient client = opened.client(proxy);
    client.call("AUTH", "s3cret");
    client.send(
        RespClient.request("MULTI")
            + RespClient.request("SET", "k", "v")
            + RespClient.request("AUTH", "s3cret")
            + RespClient.request("EXEC"));
    assertEquals("+OK\r\n", client.reply());
    assertEquals("+QUEUED\r\n", client.reply());
    assertEquals("-ERR redis-proxy: logging in within MULTI is not possible\r\n", client.reply());
    assertTrue(client.reply().startsWith("-EXECABORT"));
    assertEquals("$-1\r\n", client.call("GET", "k"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"", "behind"})
  void reset_logsTheClientOut_butNotTheProxy(String redisPassword) {
    EmbeddedRedis redis = redis(redisPassword);
    RunningProxy proxy =
        own(redis, redisPassword, "auth.password", "s3cret", "resp.pooling", "false");
    RespClient client = opened.client(proxy);
    assertEquals("+RESET\r\n", client.call("RESET"));
    client.call("AUTH", "s3cret");
    client.send(
        RespClient.request("SET", "k", "v")
            + RespClient.request("RESET")
            + RespClient.request("GET", "k")
            + RespClient.request("SET", "k", "x".repeat(100_000))
            + RespClient.request("RESET")
            + RespClient.request("AUTH", "s3cret")
            + RespClient.request("GET", "k")
            + RespClient.request("RESET", "x")
            + RespClient.request("GET", "k"));
    assertEquals("+OK\r\n", client.reply());
    assertEquals("+RESET\r\n", client.reply());
    assertEquals(NOAUTH, client.reply());
    assertEquals(NOAUTH, client.reply());
    assertEquals("+RESET\r\n", client.reply());
    assertEquals("+OK\r\n", client.reply());
    assertEquals("$1\r\nv\r\n", client.reply());
    assertEquals("-ERR wrong number of arguments for 'reset' command\r\n", client.reply());
    assertEquals("$1\r\nv\r\n", client.reply());
    client.call("RESET");
    // Invalid RESP is not forwarded either, because Redis could parse it differently.
    client.send("*1\r\nGET\r\n*1\r\n$8\r\nFLUSHALL\r\n");
    assertTrue(client.isClosedByServer());
    RespClient anybody = opened.client(own(redis(redisPassword), redisPassword));
    anybody.call("SET", "k", "v");
    assertEquals("+RESET\r\n", anybody.call("RESET"));
    assertEquals("$1\r\nv\r\n", anybody.call("GET", "k"));
  }

  @Test
  void loginWhileMonitoring_endsTheSession() {
    for (String[] request : new String[][] {{"AUTH", "s3cret"}, {"RESET"}}) {
      EmbeddedRedis redis = redis("behind");
      RespClient client = opened.client(own(redis, "behind", "auth.password", "s3cret"));
      client.call("AUTH", "s3cret");
      assertEquals("+OK\r\n", client.call("MONITOR"));
      client.send(RespClient.request(request));
      assertTrue(client.isClosedByServer());
    }
  }

  /**
   * Runs each session against the proxy and against a Redis with the same password. Leaves out
   * RESET: before Redis 7 it needed a login.
   */
  @Test
  void clientsWithoutLogin_getTheSameRepliesAsFromRedis() {
    EmbeddedRedis redis = redis("behind");
    EmbeddedRedis direct = redis("s3cret");
    RunningProxy proxy = own(redis, "behind", "auth.password", "s3cret");
    for (String session :
        List.of(
            "AUTH\r\n",
            "AUTH a b c\r\n",
            "AUTH x\r\n",
            "AUTH x s3cret\r\n",
            "AUTH \"\" s3cret\r\n",
            "AUTH DEFAULT s3cret\r\n",
            "AUTH default s3cret\r\nPING\r\n",
            "AUTH s3cret\r\nAUTH wrong\r\nPING\r\n",
            "HELLO\r\n",
            "HELLO 3\r\n",
            "HELLO x\r\n",
            "HELLO 1\r\n",
            "HELLO +3\r\n",
            "HELLO -1\r\n",
            "HELLO 99999999999999999999\r\n",
            "HELLO AUTH default s3cret\r\n",
            "HELLO 3 AUTH\r\n",
            "HELLO 3 AUTH default\r\n",
            "HELLO 3 AUTH default wrong\r\n",
            "HELLO 3 AUTH default s3cret foo\r\nPING\r\n",
            "HELLO 3 SETNAME\r\n",
            "HELLO 3 SETNAME AUTH\r\n",
            "HELLO 4 AUTH default s3cret\r\nPING\r\n",
            "HELLO 3 foo\r\n",
            "RESET x\r\n",
            "GET k\r\nPING\r\nECHO x\r\nSET k v\r\n",
            "QUIT\r\n",
            "*2\r\n$4\r\nAUTH\r\n$1000000\r\n",
            "*2\r\n$4\r\nECHO\r\n$16385\r\n",
            "*11\r\n",
            "*1000000\r\n")) {
      String told = told(proxy.resp(), session);
      assertEquals(told(new RespClient(direct), session), told);
    }
  }

  /** Returns all bytes until the server closes. */
  private static String told(RespClient client, String session) {
    try (client) {
      client.send(session).endOutput();
      StringBuilder told = new StringBuilder();
      for (int b = client.read(); b >= 0; b = client.read()) {
        told.append((char) b);
      }
      return told.toString();
    }
  }

  @Test
  void withoutAPassword_noLoginIsRequired() {
    EmbeddedRedis redis = redis("behind");
    RunningProxy proxy = own(redis, "behind");
    EmbeddedRedis open = redis("");
    RespClient direct = opened.client(open);
    RespClient client = opened.client(proxy);
    for (String[] request :
        new String[][] {
          {"AUTH", "x"}, {"AUTH", "default", "x"}, {"AUTH", "x", "x"}, {"AUTH"},
          {"SET", "k", "v"}, {"AUTH", "x"}, {"AUTH", "default", "x"}, {"AUTH", "x", "x"},
          {"GET", "k"}
        }) {
      assertEquals(direct.call(request), client.call(request));
    }
    assertEquals("v", proxy.http("/keys/k").body());
  }

  @Test
  void http_needsTheSameCredentials() {
    EmbeddedRedis redis = redis("behind");
    RunningProxy proxy =
        own(redis, "behind", "auth.username", "müller", "auth.password", "s:3cret");
    set(redis, "behind", "k", "v");
    assertEquals("v", proxy.http("/keys/k", "authorization", basic("müller:s:3cret")).body());
    var none = proxy.http("/keys/k");
    assertEquals(401, none.statusCode());
    assertEquals(
        "Basic realm=\"redis-proxy\"", none.headers().firstValue("www-authenticate").orElse(null));
    for (String wrong :
        List.of("müller:", "müller:s", "default:s:3cret", ":s:3cret", "default:behind", "x")) {
      assertEquals(401, proxy.http("/keys/k", "authorization", basic(wrong)).statusCode());
    }
    try (RespClient client = proxy.resp()) {
      assertEquals(WRONGPASS, client.call("AUTH", "s:3cret"));
      assertEquals("+OK\r\n", client.call("AUTH", "m\u00c3\u00bcller", "s:3cret"));
    }
  }

  private static String basic(String credentials) {
    return "Basic "
        + Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.UTF_8));
  }

  @ParameterizedTest
  @EnumSource(RedisProtocol.class)
  void jedis_logsIn(RedisProtocol protocol) {
    EmbeddedRedis redis = redis("behind");
    RunningProxy proxy = own(redis, "behind", "auth.password", "s3cret");
    Jedis jedis =
        opened.add(
            new Jedis(
                "127.0.0.1",
                proxy.respPort(),
                DefaultJedisClientConfig.builder()
                    .protocol(protocol)
                    .user("default")
                    .password("s3cret")
                    .clientName("app")
                    .build()));
    assertEquals("OK", jedis.set("k", "v"));
    assertEquals("v", jedis.get("k"));
    assertEquals("app", jedis.clientGetname());
  }

  @Test
  void withoutDedicatedConnections_loginIsChecked() {
    EmbeddedRedis redis = redis("behind");
    RunningProxy proxy = own(redis, "behind", "auth.password", "s3cret", "resp.tunnel", "false");
    RespClient client = opened.client(proxy);
    set(redis, "behind", "k", "v");
    assertEquals(NOAUTH, client.call("GET", "k"));
    assertTrue(
        client
            .call("HELLO", "2", "AUTH", "default", "s3cret", "SETNAME", "x")
            .startsWith(
                "-ERR unknown command 'HELLO', with args beginning with: '2' 'SETNAME' 'x'"));
    assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
  }
}
