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

/** Who may do what in Redis is changed while the proxy runs. */
@InEachShape
class ChangedAccessIT {
  private static final String OK = "+OK\r\n";
  private static final String NOAUTH = "-NOAUTH Authentication required.\r\n";
  private static final String VALUE = "$1\r\nv\r\n";

  /** It looks often, and tries again soon. */
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

  /** Redis lets those stay in who were; the proxy, which was, does not read on for everybody. */
  @Test
  void passwordThatIsSet_isNoticed_andNothingIsServedWithoutIt() {
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

  /** Both commands come through the proxy, so nobody need notice. */
  @Test
  void passwordThatComesAndGoes_failsNobody() throws Exception {
    startRedis();
    direct.call("SET", "k", "v");
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient admin = opened.client(proxy);
    RespClient client = opened.client(proxy);
    RespClient withConnection = opened.client(proxy);
    assertEquals(":1\r\n", withConnection.call("EVAL", "return 1", "0"));
    // Each database has a link of its own.
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

  /** The reply of the command waits until the proxy knows: from then on nobody is let in. */
  @Test
  void passwordThatIsSetThroughTheProxy_holdsFromItsReplyOn() {
    startRedis();
    direct.call("SET", "k", "v");
    RunningProxy proxy = start();
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
      // As in Redis: a connection that was let in stays in.
      assertEquals(VALUE, withConnection.call("GET", "k"));
      assertEquals(OK, admin.call("ACL", "SETUSER", "default", "nopass"));
    }
  }

  /** Then what is cached may not be for everybody any more. */
  @Test
  void whileNobodyKnowsWhoIsLetIn_nothingIsServedFromTheCache() {
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

  /** What the proxy's user may no longer read is refused; what was read before lapses. */
  @Test
  void rightsThatAreTaken_areToldInTheWordsOfRedis() {
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

  /** Redis tells on while the connection holds, and no more over the next: then age bounds it. */
  @Test
  void trackingThatIsForbidden_leavesTheExpiry() {
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

  /** Right credentials are not called wrong because Redis does not judge now. */
  @Test
  void redisThatDoesNotJudge_saysNothingOfCredentials_andKeepsNoConnection() {
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
