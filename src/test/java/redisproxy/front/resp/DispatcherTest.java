package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.front.resp.FakeFront.FakeRedisEnd;
import redisproxy.metrics.Outcome;

/** What becomes of each request of a session that has no dedicated connection. */
class DispatcherTest {
  private static final String NOAUTH = "-NOAUTH Authentication required. ";
  private static final String EXCEEDED =
      "-ERR redis-proxy: rate limit exceeded, try again in a second ";

  private FakeFront front;
  private FakeClient client;

  @AfterEach
  void stop() throws Exception {
    front.close();
  }

  private void open(String... settings) throws Exception {
    front = new FakeFront(settings);
    client = front.connect();
  }

  private void assertAnswered(String reply, String request) throws Exception {
    client.asks(request);
    assertEquals(reply, client.heard(), request);
    assertEquals(0, front.unmade(), request);
  }

  /** It goes to Redis as it is, over a dedicated connection. */
  private void assertForRedis(String request) throws Exception {
    client.asks(request);
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, " + request, redis.heard());
  }

  // The local route

  @Test
  void select_ofTheDatabaseTheClientIsIn_isAnsweredHere() throws Exception {
    open();
    assertAnswered("+OK ", "SELECT 0");
  }

  @Test
  void clientId_isTheProxysOwn() throws Exception {
    open();
    client.asks("CLIENT ID");
    long id = Long.parseLong(client.heard().strip().substring(1));
    assertTrue(id >= 1L << 52, "no Redis reaches it: " + id);
    assertEquals(id, front.loop.call(() -> client.session.client().id()));
    assertAnswered(":" + id + " ", "CLIENT ID");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PING a b", "ECHO", "ECHO a b", "GET", "GET a b", "NOTHING x"})
  void requestThatIsWrong_isForRedisToRefuse(String request) throws Exception {
    open();
    assertForRedis(request);
  }

  /** Its replies before are in RESP2, those behind it in RESP3. */
  @Test
  void hello_waitsForAllRepliesBeforeIt() throws Exception {
    open();
    front.cache.isSlowWith("k");
    client.asks("GET k", "HELLO 3", "GET k");
    assertEquals("", client.heard());
    assertFalse(client.isRead());
    front.cache.answer("k");
    front.settle();
    String heard = client.heard();
    assertTrue(heard.startsWith("$-1 %7 "), heard);
    front.cache.answer("k");
    front.settle();
    assertEquals("_ ", client.heard());
  }

  @Test
  void quit_isTheLast_whateverItsArguments() throws Exception {
    open();
    client.asks("QUIT now", "PING");
    assertEquals("+OK ", client.heard());
    assertTrue(client.isLeft());
  }

  // Without a tunnel

  @Test
  void withoutATunnel_whatTheCacheCannotAnswer_isRefused() throws Exception {
    open("resp.tunnel", "false");
    assertAnswered("-ERR unknown command 'SET', with args beginning with: 'k' 'v'  ", "SET k v");
    assertAnswered("-ERR wrong number of arguments for 'get' command ", "GET");
    assertAnswered("-ERR wrong number of arguments for 'ping' command ", "PING a b");
    assertAnswered("-ERR wrong number of arguments for 'echo' command ", "ECHO");
    assertAnswered("$-1 ", "GET k");
    assertAnswered("+PONG ", "PING");
    assertEquals(4, front.count(Outcome.REFUSED));
    assertTrue(client.isOpen() && !client.isLeft());
  }

  @Test
  void withoutATunnel_requestsTooLarge_endTheSession() throws Exception {
    open("resp.tunnel", "false");
    client.sends("*2\r\n$3\r\nGET\r\n$100000000\r\n");
    assertEquals("-ERR Protocol error: invalid bulk length ", client.heard());
    assertTrue(client.isLeft());
    assertEquals(0, front.unmade());
  }

  // Requests that are too large

  @Test
  void requestOfMoreBytesThanOneMayHave_isForRedis() throws Exception {
    open("resp.max-request-bytes", "64KiB");
    String value = "x".repeat(70_000);
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$70000\r\n");
    FakeRedisEnd redis = front.connectedDedicated();
    client.sends(value + "\r\n");
    assertEquals("CLIENT ID, SET k large", redis.heard().replace(value, "large"));
    redis.says(":7 +OK ");
    assertEquals("+OK ", client.heard());
    assertEquals(List.of("invalidate k"), front.cache.told());
  }

  @Test
  void requestOfMoreArgumentsThanAnyAnsweredHereHas_isForRedis() throws Exception {
    open();
    StringBuilder request = new StringBuilder("DEL");
    for (int i = 0; i < 1024; i++) {
      request.append(" k").append(i % 7);
    }
    assertForRedis(request.toString());
  }

  @Test
  void requestOfAsManyArgumentsAsMayBe_goesOverASharedConnection() throws Exception {
    open();
    String request = "DEL" + " k".repeat(1023);
    client.asks(request);
    FakeRedisEnd shared = front.connected();
    assertEquals(request, shared.heard());
  }

  // Where Redis asks for a password

  @Test
  void whereRedisAsksForAPassword_itAnswersEverything() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    client.asks("PING", "GET k");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, GET k", redis.heard(), "no id is asked for before it has logged in");
    redis.says("-NOAUTH -NOAUTH ");
    assertEquals("-NOAUTH -NOAUTH ", client.heard());
    assertEquals(List.of(), front.cache.told());
  }

  @Test
  void whereRedisAsksForAPassword_whoHasTheProxysOwn_readsFromTheCache() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    front.cache.has("k", "v");
    client.asks("AUTH secret");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("AUTH secret", redis.heard());
    redis.says("+OK ");
    assertEquals("CLIENT ID", redis.heard());
    redis.says(":7 ");
    client.asks("GET k");
    assertEquals("+OK $1 v ", client.heard());
    assertEquals("", redis.heard());
  }

  @Test
  void whereRedisAsksForAPassword_whoHasAnother_doesNot() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    client.asks("AUTH default other");
    FakeRedisEnd redis = front.connectedDedicated();
    redis.says("+OK ");
    redis.says(":7 ");
    redis.heard();
    client.asks("GET k");
    assertEquals("GET k", redis.heard());
    assertEquals(List.of(), front.cache.told());
  }

  @Test
  void strangerToRedis_hasItsLargeRequestRefused() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    client.sends("*2\r\n$3\r\nGET\r\n$20000\r\n");
    assertEquals("-ERR Protocol error: unauthenticated bulk length ", client.heard());
    assertTrue(client.isLeft());
  }

  // Where the proxy judges clients

  private void openWithPassword(String... settings) throws Exception {
    String[] all = new String[settings.length + 4];
    System.arraycopy(settings, 0, all, 4, settings.length);
    all[0] = "auth.mode";
    all[1] = "own";
    all[2] = "auth.password";
    all[3] = "secret";
    open(all);
  }

  @Test
  void stranger_isToldToLogIn_whateverItAsks() throws Exception {
    openWithPassword();
    assertAnswered(NOAUTH, "GET k");
    assertAnswered(NOAUTH, "SET k v");
    assertAnswered(NOAUTH, "LPOP q");
    assertAnswered(NOAUTH, "INFO redisproxy");
    assertAnswered("+RESET ", "RESET");
    assertEquals(List.of(), front.cache.told());
  }

  @Test
  void strangerThatLogsIn_isServed() throws Exception {
    openWithPassword();
    front.cache.has("k", "v");
    client.asks("AUTH secret", "GET k");
    assertEquals("+OK $1 v ", client.heard());
  }

  @Test
  void helloWithCredentials_isAnsweredHere() throws Exception {
    openWithPassword();
    client.asks("HELLO 3 AUTH default secret", "GET none");
    String heard = client.heard();
    assertTrue(heard.startsWith("%7 $6 server ") && heard.endsWith(" _ "), heard);
    assertEquals(0, front.unmade());
  }

  @Test
  void wrongPassword_isAnsweredLate_andNothingIsReadMeanwhile() throws Exception {
    openWithPassword("limits.failed-login-delay", "200ms");
    client.asks("PING", "AUTH wrong", "AUTH secret");
    assertEquals(NOAUTH, client.heard());
    assertFalse(client.isRead());
    front.pass(199);
    assertEquals("", client.heard());
    front.pass(1);
    assertEquals(
        "-WRONGPASS invalid username-password pair or user is disabled. +OK ", client.heard());
    assertTrue(client.isRead());
  }

  @Test
  void wrongPassword_isAnsweredTheLater_theMoreHaveBeenWrong() throws Exception {
    openWithPassword("limits.failed-login-delay", "200ms");
    client.asks("AUTH wrong");
    front.pass(200);
    FakeClient other = front.connect();
    other.asks("AUTH wrong");
    front.pass(399);
    assertEquals("", other.heard(), "from the same address");
    front.pass(1);
    assertTrue(other.heard().startsWith("-WRONGPASS"));
  }

  @Test
  void wrongPassword_ofAClientThatGoes_isAnsweredNobody() throws Exception {
    openWithPassword("limits.failed-login-delay", "200ms");
    client.asks("AUTH wrong");
    client.goes();
    front.pass(200);
    assertEquals("", client.heard());
  }

  @Test
  void wrongPassword_whereNothingIsDelayed_isAnsweredAtOnce() throws Exception {
    openWithPassword("limits.failed-login-delay", "0s");
    client.asks("AUTH wrong", "PING");
    assertTrue(client.heard().endsWith("disabled. " + NOAUTH));
  }

  @Test
  void stranger_hasItsLargeRequestRefused_andOthersDoNot() throws Exception {
    openWithPassword();
    String large = "*2\r\n$3\r\nGET\r\n$20000\r\n" + "x".repeat(20_000) + "\r\n";
    FakeClient stranger = front.connect();
    stranger.sends(large);
    assertEquals("-ERR Protocol error: unauthenticated bulk length ", stranger.heard());
    assertTrue(stranger.isLeft());
    client.asks("AUTH secret");
    client.sends(large);
    assertEquals("+OK $-1 ", client.heard());
  }

  @Test
  void quitOfAStranger_isAnswered() throws Exception {
    openWithPassword();
    client.asks("QUIT");
    assertEquals("+OK ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void sessionThatLoggedIn_sendsRedisTheProxysCredentials_andNotItsOwn() throws Exception {
    openWithPassword("redis.url", "redis://:inner@localhost");
    client.asks("AUTH secret", "LPOP q");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("AUTH inner, CLIENT ID, LPOP q", redis.heard());
    redis.says("+OK :7 $-1 ");
    client.asks("AUTH secret", "LPOP q");
    assertEquals("AUTH, LPOP q", redis.heard(), "Redis refuses the first");
    redis.says("-ERR $-1 ");
    assertEquals("+OK $-1 +OK $-1 ", client.heard());
  }

  // Rates

  @Test
  void requestsBeyondTheRate_areRefused_untilTimeHasPassed() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("PING", "GET k", "GET k", "SET a 1", "LPOP q");
    assertEquals("+PONG $-1 " + EXCEEDED.repeat(3), client.heard());
    assertEquals(0, front.unmade());
    front.pass(1_000);
    client.asks("PING");
    assertEquals("+PONG ", client.heard());
  }

  /** It is read again when the connection is there, and counts once. */
  @Test
  void requestForRedis_countsOnce() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("LRANGE l 0 1", "LRANGE l 0 1", "LRANGE l 0 1");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, LRANGE l 0 1, LRANGE l 0 1, AUTH", redis.heard());
    redis.says(":7 *0 *0 -ERR ");
    assertEquals("*0 *0 " + EXCEEDED, client.heard());
  }

  @Test
  void requestThatWaitsForAnAnswerOfRedis_countsOnce() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("INFO", "PING", "PING");
    front.connected().says("$1 i ");
    assertEquals("$1 i +PONG " + EXCEEDED, client.heard());
  }

  @Test
  void getBeyondTheRate_whenThereIsADedicatedConnection_isRefusedHere() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("TIME");
    FakeRedisEnd redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    redis.heard();
    front.cache.has("k", "v");
    client.asks("GET k", "GET k", "INFO redisproxy");
    front.cache.fence(true);
    front.settle();
    assertEquals("*0 $1 v " + EXCEEDED + EXCEEDED, client.heard());
    assertEquals("", redis.heard());
  }

  /** SYNC is refused by Redis when anything was said before it. */
  @Test
  void sync_isTheFirstThatRedisHears() throws Exception {
    open();
    client.asks("PSYNC ? -1");
    assertEquals("PSYNC ? -1", front.connectedDedicated().heard());
    client = front.connect();
    client.asks("SYNC");
    assertEquals("SYNC", front.connected().heard());
  }
}
