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

/** How the requests of a session without a dedicated connection are routed. */
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
    assertEquals(reply, client.received(), request);
    assertEquals(0, front.pendingConnections(), request);
  }

  /** Asserts that a request goes to Redis unchanged, over a dedicated connection. */
  private void assertForRedis(String request) throws Exception {
    client.asks(request);
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, " + request, redis.received());
  }

  // The local route

  @Test
  void select_ofTheCurrentDatabase_isAnsweredLocally() throws Exception {
    open();
    assertAnswered("+OK ", "SELECT 0");
  }

  @Test
  void clientId_isTheProxysOwn() throws Exception {
    open();
    client.asks("CLIENT ID");
    long id = Long.parseLong(client.received().strip().substring(1));
    assertTrue(id >= 1L << 52, "no Redis reaches it: " + id);
    assertEquals(id, front.loop.call(() -> client.session.client().id()));
    assertAnswered(":" + id + " ", "CLIENT ID");
  }

  @ParameterizedTest
  @ValueSource(strings = {"PING a b", "ECHO", "ECHO a b", "GET", "GET a b", "NOTHING x"})
  void invalidRequest_isRefusedByRedis(String request) throws Exception {
    open();
    assertForRedis(request);
  }

  /** Replies before HELLO are in RESP2, replies after it in RESP3. */
  @Test
  void hello_waitsForAllRepliesBeforeIt() throws Exception {
    open();
    front.cache.isSlowWith("k");
    client.asks("GET k", "HELLO 3", "GET k");
    assertEquals("", client.received());
    assertFalse(client.isRead());
    front.cache.answer("k");
    front.settle();
    String received = client.received();
    assertTrue(received.startsWith("$-1 %7 "), received);
    front.cache.answer("k");
    front.settle();
    assertEquals("_ ", client.received());
  }

  @Test
  void quit_withAnyArguments_endsTheSession() throws Exception {
    open();
    client.asks("QUIT now", "PING");
    assertEquals("+OK ", client.received());
    assertTrue(client.isOutputEnded());
  }

  // resp.tunnel = false

  @Test
  void withoutTunnel_requestsThatNeedRedis_areRefused() throws Exception {
    open("resp.tunnel", "false");
    assertAnswered("-ERR unknown command 'SET', with args beginning with: 'k' 'v'  ", "SET k v");
    assertAnswered("-ERR wrong number of arguments for 'get' command ", "GET");
    assertAnswered("-ERR wrong number of arguments for 'ping' command ", "PING a b");
    assertAnswered("-ERR wrong number of arguments for 'echo' command ", "ECHO");
    assertAnswered("$-1 ", "GET k");
    assertAnswered("+PONG ", "PING");
    assertEquals(4, front.count(Outcome.REFUSED));
    assertTrue(client.isOpen() && !client.isOutputEnded());
  }

  @Test
  void withoutTunnel_tooLargeRequest_endsTheSession() throws Exception {
    open("resp.tunnel", "false");
    client.sends("*2\r\n$3\r\nGET\r\n$100000000\r\n");
    assertEquals("-ERR Protocol error: invalid bulk length ", client.received());
    assertTrue(client.isOutputEnded());
    assertEquals(0, front.pendingConnections());
  }

  // Requests that are too large

  @Test
  void requestWithTooManyBytes_goesToRedis() throws Exception {
    open("resp.max-request-bytes", "64KiB");
    String value = "x".repeat(70_000);
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$70000\r\n");
    FakeRedisEnd redis = front.connectedDedicated();
    client.sends(value + "\r\n");
    assertEquals("CLIENT ID, SET k large", redis.received().replace(value, "large"));
    redis.says(":7 +OK ");
    assertEquals("+OK ", client.received());
    assertEquals(List.of("invalidate k"), front.cache.messages());
  }

  @Test
  void requestWithTooManyArguments_goesToRedis() throws Exception {
    open();
    StringBuilder request = new StringBuilder("DEL");
    for (int i = 0; i < 1024; i++) {
      request.append(" k").append(i % 7);
    }
    assertForRedis(request.toString());
  }

  @Test
  void requestWithTheMostArguments_goesOverASharedConnection() throws Exception {
    open();
    String request = "DEL" + " k".repeat(1023);
    client.asks(request);
    FakeRedisEnd shared = front.connected();
    assertEquals(request, shared.received());
  }

  // Redis needs a password

  @Test
  void whenRedisNeedsAPassword_everyRequestGoesToRedis() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    client.asks("PING", "GET k");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, GET k", redis.received(), "no id is requested before the log-in");
    redis.says("-NOAUTH -NOAUTH ");
    assertEquals("-NOAUTH -NOAUTH ", client.received());
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void whenRedisNeedsAPassword_clientWithTheProxysCredentials_readsFromTheCache() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    front.cache.has("k", "v");
    client.asks("AUTH secret");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("AUTH secret", redis.received());
    redis.says("+OK ");
    assertEquals("CLIENT ID", redis.received());
    redis.says(":7 ");
    client.asks("GET k");
    assertEquals("+OK $1 v ", client.received());
    assertEquals("", redis.received());
  }

  @Test
  void whenRedisNeedsAPassword_clientWithOtherCredentials_readsFromRedis() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    client.asks("AUTH default other");
    FakeRedisEnd redis = front.connectedDedicated();
    redis.says("+OK ");
    redis.says(":7 ");
    redis.received();
    client.asks("GET k");
    assertEquals("GET k", redis.received());
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void whenRedisNeedsAPassword_largeRequestBeforeLogin_isRefused() throws Exception {
    open("redis.url", "redis://:secret@localhost");
    client.sends("*2\r\n$3\r\nGET\r\n$20000\r\n");
    assertEquals("-ERR Protocol error: unauthenticated bulk length ", client.received());
    assertTrue(client.isOutputEnded());
  }

  // The proxy checks credentials

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
  void requestBeforeLogin_isRefusedWithNoauth() throws Exception {
    openWithPassword();
    assertAnswered(NOAUTH, "GET k");
    assertAnswered(NOAUTH, "SET k v");
    assertAnswered(NOAUTH, "LPOP q");
    assertAnswered(NOAUTH, "INFO redisproxy");
    assertAnswered("+RESET ", "RESET");
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void clientThatLogsIn_isServed() throws Exception {
    openWithPassword();
    front.cache.has("k", "v");
    client.asks("AUTH secret", "GET k");
    assertEquals("+OK $1 v ", client.received());
  }

  @Test
  void helloWithCredentials_isAnsweredLocally() throws Exception {
    openWithPassword();
    client.asks("HELLO 3 AUTH default secret", "GET none");
    String received = client.received();
    assertTrue(received.startsWith("%7 $6 server ") && received.endsWith(" _ "), received);
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void wrongPassword_isAnsweredLate_andPausesReading() throws Exception {
    openWithPassword("limits.failed-login-delay", "200ms");
    client.asks("PING", "AUTH wrong", "AUTH secret");
    assertEquals(NOAUTH, client.received());
    assertFalse(client.isRead());
    front.pass(199);
    assertEquals("", client.received());
    front.pass(1);
    assertEquals(
        "-WRONGPASS invalid username-password pair or user is disabled. +OK ", client.received());
    assertTrue(client.isRead());
  }

  @Test
  void wrongPassword_afterAnother_isDelayedLonger() throws Exception {
    openWithPassword("limits.failed-login-delay", "200ms");
    client.asks("AUTH wrong");
    front.pass(200);
    FakeClient other = front.connect();
    other.asks("AUTH wrong");
    front.pass(399);
    assertEquals("", other.received(), "from the same address");
    front.pass(1);
    assertTrue(other.received().startsWith("-WRONGPASS"));
  }

  @Test
  void wrongPassword_whenTheClientDisconnects_isNotAnswered() throws Exception {
    openWithPassword("limits.failed-login-delay", "200ms");
    client.asks("AUTH wrong");
    client.disconnects();
    front.pass(200);
    assertEquals("", client.received());
  }

  @Test
  void wrongPassword_withoutADelay_isAnsweredAtOnce() throws Exception {
    openWithPassword("limits.failed-login-delay", "0s");
    client.asks("AUTH wrong", "PING");
    assertTrue(client.received().endsWith("disabled. " + NOAUTH));
  }

  @Test
  void largeRequest_isRefusedOnlyBeforeLogin() throws Exception {
    openWithPassword();
    String large = "*2\r\n$3\r\nGET\r\n$20000\r\n" + "x".repeat(20_000) + "\r\n";
    FakeClient stranger = front.connect();
    stranger.sends(large);
    assertEquals("-ERR Protocol error: unauthenticated bulk length ", stranger.received());
    assertTrue(stranger.isOutputEnded());
    client.asks("AUTH secret");
    client.sends(large);
    assertEquals("+OK $-1 ", client.received());
  }

  @Test
  void quitBeforeLogin_isAnswered() throws Exception {
    openWithPassword();
    client.asks("QUIT");
    assertEquals("+OK ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void sessionThatLoggedIn_sendsTheProxysCredentialsToRedis() throws Exception {
    openWithPassword("redis.url", "redis://:inner@localhost");
    client.asks("AUTH secret", "LPOP q");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("AUTH inner, CLIENT ID, LPOP q", redis.received());
    redis.says("+OK :7 $-1 ");
    client.asks("AUTH secret", "LPOP q");
    assertEquals("AUTH, LPOP q", redis.received(), "Redis refuses the first");
    redis.says("-ERR $-1 ");
    assertEquals("+OK $-1 +OK $-1 ", client.received());
  }

  // Rates

  @Test
  void requestsBeyondTheRate_areRefused_untilTimeHasPassed() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("PING", "GET k", "GET k", "SET a 1", "LPOP q");
    assertEquals("+PONG $-1 " + EXCEEDED.repeat(3), client.received());
    assertEquals(0, front.pendingConnections());
    front.pass(1_000);
    client.asks("PING");
    assertEquals("+PONG ", client.received());
  }

  /** The request is read again when the connection is open, and counts once. */
  @Test
  void requestForRedis_countsOnce() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("LRANGE l 0 1", "LRANGE l 0 1", "LRANGE l 0 1");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, LRANGE l 0 1, LRANGE l 0 1, AUTH", redis.received());
    redis.says(":7 *0 *0 -ERR ");
    assertEquals("*0 *0 " + EXCEEDED, client.received());
  }

  @Test
  void requestThatWaitsForAQuery_countsOnce() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("INFO", "PING", "PING");
    front.connected().says("$1 i ");
    assertEquals("$1 i +PONG " + EXCEEDED, client.received());
  }

  @Test
  void getBeyondTheRate_withADedicatedConnection_isRefusedLocally() throws Exception {
    open("limits.resp-per-client", "2");
    client.asks("TIME");
    FakeRedisEnd redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    redis.received();
    front.cache.has("k", "v");
    client.asks("GET k", "GET k", "INFO redisproxy");
    front.cache.fence(true);
    front.settle();
    assertEquals("*0 $1 v " + EXCEEDED + EXCEEDED, client.received());
    assertEquals("", redis.received());
  }

  /** Redis refuses SYNC after any other command. */
  @Test
  void sync_isTheFirstRequestToRedis() throws Exception {
    open();
    client.asks("PSYNC ? -1");
    assertEquals("PSYNC ? -1", front.connectedDedicated().received());
    client = front.connect();
    client.asks("SYNC");
    assertEquals("SYNC", front.connected().received());
  }

  // Reads other than GET

  private void openAndCacheReads(String... settings) throws Exception {
    String[] all = new String[settings.length + 2];
    System.arraycopy(settings, 0, all, 2, settings.length);
    all[0] = "cache.commands";
    all[1] = "default";
    open(all);
    front.cache.replies("hget k f", "$1 v ");
    front.cache.replies("lrange l 0 1", "*1 $1 x ");
    front.cache.replies("hlen k", ":7 ");
    front.cache.replies("exists k", ":1 ");
  }

  @Test
  void reads_areAnsweredFromTheCache() throws Exception {
    openAndCacheReads();
    client.asks("HGET k f", "LRANGE l 0 1", "HLEN k", "EXISTS k", "GET none");
    assertEquals("$1 v *1 $1 x :7 :1 $-1 ", client.received());
    assertEquals(
        List.of(
            "lookup hget k f",
            "lookup lrange l 0 1",
            "lookup hlen k",
            "lookup exists k",
            "lookup none"),
        front.cache.messages());
    assertEquals(0, front.pendingConnections());
    assertEquals(5, front.count(Outcome.HIT));
  }

  /** The name's case does not matter, that of an argument does. */
  @Test
  void inlineReads_areAnsweredFromTheCache() throws Exception {
    openAndCacheReads();
    client.sends("hGeT k f\r\nHLEN k\r\nhget k F\r\n");
    assertEquals("$1 v :7 $-1 ", client.received());
    assertEquals(
        List.of("lookup hget k f", "lookup hlen k", "lookup hget k F"), front.cache.messages());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 50})
  void readsInPieces_areAnsweredFromTheCache(int step) throws Exception {
    openAndCacheReads();
    String all = FakeClient.array("HGET k f") + "hlen k\r\n" + FakeClient.array("LRANGE l 0 1");
    for (int i = 0; i < all.length(); i += step) {
      client.sends(all.substring(i, Math.min(all.length(), i + step)));
    }
    assertEquals("$1 v :7 *1 $1 x ", client.received());
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void read_ofAClientThatSpeaksResp3_isLookedUpAsSuch_ifItsReplyDiffers() throws Exception {
    openAndCacheReads();
    front.cache.replies("zscore k m", ",1 ");
    client.asks("HELLO 3", "HGET k f", "HGET k F", "ZSCORE k m");
    assertTrue(client.received().endsWith(" $1 v _ ,1 "));
    client.asks("HELLO 2", "HGET k f", "ZSCORE k m");
    assertEquals(
        List.of(
            "lookup hget k f",
            "lookup hget k F",
            "lookup zscore k m in RESP3",
            "lookup hget k f",
            "lookup zscore k m"),
        front.cache.messages());
  }

  @Test
  void read_usesTheClientsDatabase() throws Exception {
    openAndCacheReads("redis.url", "redis://localhost/3");
    client.asks("HGET k f");
    assertEquals(List.of("lookup 3/hget k f"), front.cache.messages());
  }

  /** A fence would have to wait for the reply to the write. */
  @Test
  void terseRead_behindAWrite_goesOverASharedConnection() throws Exception {
    openAndCacheReads();
    client.asks("INCR n", "EXISTS k");
    FakeRedisEnd shared = front.connected();
    assertEquals("INCR n, EXISTS k", shared.received());
    shared.says(":5 :0 ");
    assertEquals(":5 :0 ", client.received());
    assertEquals(List.of("invalidate n"), front.cache.messages());
  }

  /** Otherwise its reply would close the barrier again, and the next one would go to Redis too. */
  @Test
  void terseRead_whenTheBarrierIsClosed_andNothingIsUnderWay_waitsForAFence() throws Exception {
    openAndCacheReads();
    client.asks("INCR n");
    FakeRedisEnd shared = front.connected();
    shared.says(":5 ");
    client.asks("EXISTS k", "EXISTS k");
    front.cache.fence(true);
    front.settle();
    assertEquals(":5 :1 :1 ", client.received());
    assertEquals(
        List.of("invalidate n", "fence", "lookup exists k", "lookup exists k"),
        front.cache.messages());
  }

  @Test
  void terseRead_whenTheFenceDoesNotPass_goesOverASharedConnection() throws Exception {
    openAndCacheReads();
    client.asks("INCR n");
    FakeRedisEnd shared = front.connected();
    assertEquals("INCR n", shared.received());
    shared.says(":5 ");
    client.asks("EXISTS k");
    front.cache.fence(false);
    assertEquals("EXISTS k", shared.received());
    shared.says(":0 ");
    client.asks("EXISTS k");
    assertEquals("EXISTS k", shared.received());
    assertEquals(List.of("invalidate n", "fence"), front.cache.messages());
  }

  @Test
  void otherRead_whenTheBarrierIsClosed_waitsForAFence() throws Exception {
    openAndCacheReads();
    client.asks("INCR n");
    front.connected().says(":5 ");
    client.asks("HGET k f", "EXISTS k");
    assertEquals(":5 ", client.received());
    assertEquals(List.of("invalidate n", "fence"), front.cache.messages());
    front.cache.fence(true);
    front.settle();
    assertEquals("$1 v :1 ", client.received());
    assertEquals(List.of("lookup hget k f", "lookup exists k"), front.cache.messages());
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void otherRead_whenTheFenceDoesNotPass_goesToRedis() throws Exception {
    openAndCacheReads();
    client.asks("INCR n");
    front.connected().says(":5 ");
    client.asks("HGET k f");
    front.cache.fence(false);
    assertEquals("PING, CLIENT ID, HGET k f", front.connectedDedicated().received());
  }

  @Test
  void readOfSeveralKeys_isLookedUpOnce() throws Exception {
    openAndCacheReads();
    front.cache.isSlowWith("exists k l");
    client.asks("EXISTS k l");
    assertEquals(List.of("lookup exists k l"), front.cache.messages());
  }

  @Test
  void readOfDependentKeys_goesToRedis() throws Exception {
    openAndCacheReads();
    client.asks("SINTERCARD 2 k l");
    assertEquals(List.of(), front.cache.messages());
  }

  @ParameterizedTest
  @ValueSource(strings = {"TTL k", "HGET", "BLPOP k 0"})
  void requestThatIsNoCachedRead_isNotLookedUp(String request) throws Exception {
    openAndCacheReads();
    client.asks(request);
    assertEquals(List.of(), front.cache.messages());
    assertTrue(front.connected().received().endsWith(request));
  }

  /** What it asks for would cost more than it saves. The key does not count. */
  @Test
  void longRead_goesToRedis() throws Exception {
    openAndCacheReads();
    client.asks("HGET " + "k".repeat(2000) + " f");
    assertEquals("$-1 ", client.received());
    assertForRedis("HGET k " + "f".repeat(1024));
  }

  @Test
  void readThatIsLeftOut_goesToRedis() throws Exception {
    open("cache.commands", "-hget");
    client.asks("LRANGE l 0 1");
    assertEquals("$-1 ", client.received());
    assertForRedis("HGET k f");
  }

  @Test
  void withoutTunnel_onlyGetIsAnsweredFromTheCache() throws Exception {
    openAndCacheReads("resp.tunnel", "false");
    assertAnswered("-ERR unknown command 'HGET', with args beginning with: 'k' 'f'  ", "HGET k f");
    assertAnswered("-ERR unknown command 'HLEN', with args beginning with: 'k'  ", "HLEN k");
    assertAnswered("$-1 ", "GET k");
    assertEquals(List.of("lookup k"), front.cache.messages());
  }

  @Test
  void whenRedisNeedsAPassword_everyReadGoesToRedis() throws Exception {
    openAndCacheReads("redis.url", "redis://:secret@localhost");
    client.asks("HGET k f");
    assertEquals("HGET k f", front.connectedDedicated().received());
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void readsBeyondTheRate_areRefused() throws Exception {
    openAndCacheReads("limits.resp-per-client", "2");
    client.asks("HGET k f", "EXISTS k", "HGET k f");
    assertEquals("$1 v :1 " + EXCEEDED, client.received());
  }
}
