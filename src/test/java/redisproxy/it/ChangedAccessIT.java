package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** Redis's access rules change while the proxy runs. */
@InEachShape
class ChangedAccessIT {
  private static final String OK = "+OK\r\n";
  private static final String NOAUTH = "-NOAUTH Authentication required.\r\n";
  private static final String VALUE = "$1\r\nv\r\n";

  /** Settings with which the proxy probes often and retries soon. */
  private static final List<String> PROMPT =
      List.of("coherence.heartbeat", "100ms", "redis.backoff-max", "200ms");

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RespClient direct;

  private void startRedis(String... config) {
    redis = opened.redis(config);
    direct = opened.client(redis);
  }

  private RunningProxy start(String... settings) {
    return opened.proxy(shape, redis.url(), RunningProxy.settings(PROMPT, settings));
  }

  /** Redis keeps open connections logged in. The proxy must not go on reading for all clients. */
  @Test
  void newPassword_isNoticed_andNothingIsServedWithoutIt() {
    startRedis();
    direct.call("SET", "k", "v");
    RunningProxy proxy = start();
    RespClient client = opened.client(proxy);
    assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    assertEquals(OK, client.call("SET", "other", "v"));
    direct.call("CONFIG", "SET", "requirepass", "s3cret");
    await().untilAsserted(() -> assertEquals(NOAUTH, client.call("GET", "k")));
    assertEquals(503, proxy.http("/keys/k").statusCode());
    RespClient writer = opened.client(proxy);
    assertEquals("-NOAUTH Authentication required.\r\n", writer.call("SET", "k", "w"));
    RespClient knows = opened.client(proxy);
    assertEquals(OK, knows.call("AUTH", "s3cret"));
    assertEquals("$1\r\nv\r\n", knows.call("GET", "k"));
    direct.call("CONFIG", "SET", "requirepass", "");
    await().untilAsserted(() -> assertEquals("$1\r\nv\r\n", client.call("GET", "k")));
    await().untilAsserted(() -> assertEquals("v", proxy.http("/keys/k").body()));
  }

  /** Both commands come through the proxy, so it can react before any client is affected. */
  @Test
  void passwordSetAndRemovedThroughTheProxy_failsNoRequest() throws Exception {
    startRedis();
    direct.call("SET", "k", "v");
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient admin = opened.client(proxy);
    RespClient client = opened.client(proxy);
    RespClient withConnection = opened.client(proxy);
    assertEquals(":1\r\n", withConnection.call("EVAL", "return 1", "0"));
    // Each database has its own link.
    RespClient elsewhere = opened.client(proxy);
    assertEquals(OK, elsewhere.call("SELECT", "5"));
    for (String[] change :
        new String[][] {
          {"ACL SETUSER default >pw", "ACL SETUSER default nopass"},
          {"CONFIG SET requirepass pw", "CONFIG SET requirepass "}
        }) {
      assertEquals(VALUE, client.call("GET", "k"));
      assertEquals("$-1\r\n", elsewhere.call("GET", "before"));
      assertEquals(OK, admin.call(change[0].split(" ")));
      Thread.sleep(20);
      assertEquals(OK, admin.call(change[1].split(" ", -1)));
      for (int i = 0; i < 100; i++) {
        assertEquals(VALUE, client.call("GET", "k"));
        assertEquals(VALUE, withConnection.call("GET", "k"));
        assertEquals(200, proxy.http("/keys/k").statusCode());
        assertEquals("$-1\r\n", client.call("GET", "none:" + i));
        assertEquals("$-1\r\n", elsewhere.call("GET", "none:" + i));
      }
      assertEquals(VALUE, opened.client(proxy).call("GET", "k"));
    }
  }

  /** The command's reply waits until the proxy has probed Redis. After it, no client gets in. */
  @Test
  void passwordSetThroughTheProxy_appliesFromItsReplyOn() {
    startRedis();
    direct.call("SET", "k", "v");
    RunningProxy proxy = start("resp.pooling", "false");
    RespClient admin = opened.client(proxy);
    RespClient client = opened.client(proxy);
    RespClient withConnection = opened.client(proxy);
    assertEquals(":1\r\n", withConnection.call("EVAL", "return 1", "0"));
    for (int i = 0; i < 20; i++) {
      assertEquals(VALUE, client.call("GET", "k"));
      if (i % 2 == 0) {
        assertEquals(OK, admin.call("ACL", "SETUSER", "default", ">pw"));
      } else {
        admin.send("MULTI\r\nACL SETUSER default >pw\r\nEXEC\r\n");
        assertEquals(OK + "+QUEUED\r\n*1\r\n" + OK, admin.reply() + admin.reply() + admin.reply());
      }
      assertEquals(NOAUTH, client.call("GET", "k"));
      assertEquals(503, proxy.http("/keys/k").statusCode());
      try (RespClient stranger = proxy.resp()) {
        assertEquals(NOAUTH, stranger.call("GET", "k"));
        assertEquals(NOAUTH, stranger.call("PING"));
        assertEquals(OK, stranger.call("AUTH", "pw"));
        assertEquals(VALUE, stranger.call("GET", "k"));
      }
      // As in Redis, a connection that was let in stays in.
      assertEquals(VALUE, withConnection.call("GET", "k"));
      assertEquals(OK, admin.call("ACL", "SETUSER", "default", "nopass"));
    }
  }

  /** Without an answer from Redis, cached values may not be for all clients any more. */
  @Test
  void whileAccessIsUnknown_nothingIsServedFromTheCache() {
    AtomicReference<String> pong = new AtomicReference<>("+PONG\r\n");
    FakeRedis fake =
        opened.add(
            new FakeRedis(
                command ->
                    switch (command.get(0).toLowerCase()) {
                      case "getrange" -> VALUE;
                      case "pttl" -> ":-1\r\n";
                      case "ping" -> pong.get();
                      default -> OK;
                    }));
    RunningProxy proxy =
        opened.proxy(
            shape,
            fake.url(),
            "coherence.mode",
            "expiry",
            "redis.load-timeout",
            "300ms",
            "redis.backoff-max",
            "100ms");
    RespClient admin = opened.client(proxy);
    RespClient client = opened.client(proxy);
    assertEquals(VALUE, client.call("GET", "k"));
    assertEquals(OK, admin.call("ACL", "SETUSER", "default", ">pw"));
    assertEquals(VALUE, client.call("GET", "k"));
    pong.set("");
    fake.turnsAwayWith = "-LOADING Redis is loading the dataset in memory\r\n";
    assertEquals(OK, admin.call("ACL", "SETUSER", "default", ">pw2"));
    for (int i = 0; i < 10; i++) {
      assertEquals('-', client.call("GET", "k").charAt(0));
    }
    fake.turnsAwayWith = null;
    pong.set("+PONG\r\n");
    await().untilAsserted(() -> assertEquals(VALUE, client.call("GET", "k")));
  }

  /** Reads without a right are refused. Values that were read before stay until they expire. */
  @Test
  void revokedRights_areReportedInRedissWords() {
    startRedis("user app on >pw ~* +@all");
    direct.call("SET", "k", "v");
    direct.call("SET", "other", "v");
    RunningProxy proxy =
        start("redis.username", "app", "redis.password", "pw", "cache.expiry", "3s");
    RespClient client = opened.client(proxy);
    assertEquals(OK, client.call("AUTH", "app", "pw"));
    await().untilAsserted(() -> assertEquals("$1\r\nv\r\n", client.call("GET", "k")));
    direct.call("ACL", "SETUSER", "app", "-get", "-getrange");
    String read = client.call("GET", "other");
    assertTrue(read.startsWith("-NOPERM"), read);
    assertEquals(502, http(proxy, "/keys/other"));
    await().untilAsserted(() -> assertTrue(client.call("GET", "k").startsWith("-NOPERM")));
    direct.call("ACL", "SETUSER", "app", "+get", "+getrange");
    await().untilAsserted(() -> assertEquals("$1\r\nv\r\n", client.call("GET", "other")));
  }

  /** The next feed connection gets no invalidations, so only the expiry bounds the age. */
  @Test
  void forbiddenTracking_leavesOnlyTheExpiry() {
    startRedis("user app on >pw ~* +@all");
    RunningProxy proxy = start("redis.username", "app", "redis.password", "pw");
    proxy.awaitTracking();
    direct.call("ACL", "SETUSER", "app", "-client");
    direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    await().untilAsserted(() -> assertEquals("expiry", proxy.coherence()));
    direct.call("ACL", "SETUSER", "app", "+client");
    proxy.awaitTracking();
  }

  private static int http(RunningProxy proxy, String path) {
    String basic = Base64.getEncoder().encodeToString("app:pw".getBytes(StandardCharsets.US_ASCII));
    return proxy.http(path, "authorization", "Basic " + basic).statusCode();
  }

  /** If Redis cannot check credentials now, right ones must not be reported as wrong. */
  @Test
  void redisThatCannotCheckCredentials_gives503_andKeepsNoConnection() {
    FakeRedis fake =
        opened.add(
            new FakeRedis(
                command ->
                    switch (command.get(0).toLowerCase()) {
                      case "getrange" -> "$1\r\nv\r\n";
                      case "pttl" -> ":-1\r\n";
                      default -> OK;
                    }));
    RunningProxy proxy =
        opened.proxy(
            shape,
            fake.url(),
            "redis.password",
            "pw",
            "redis.username",
            "app",
            "redis.load-timeout",
            "500ms",
            "coherence.mode",
            "expiry");
    fake.turnsAwayWith = "-ERR max number of clients reached\r\n";
    assertEquals(503, http(proxy, "/keys/k"));
    fake.turnsAwayWith = null;
    fake.silentAuth = true;
    int before = fake.connections();
    for (int i = 0; i < 8; i++) {
      assertEquals(503, http(proxy, "/keys/k"));
    }
    await()
        .untilAsserted(() -> assertTrue(fake.connections() < before + 4, "" + fake.connections()));
    fake.silentAuth = false;
    await().untilAsserted(() -> assertEquals(200, http(proxy, "/keys/k")));
  }
}
