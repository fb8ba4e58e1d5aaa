package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.front.resp.FakeFront.FakeRedisEnd;

/** What passes through a dedicated connection, in both directions, and what is kept from it. */
class DedicatedRouteTest {
  private static final String EXCEEDED =
      "-ERR redis-proxy: rate limit exceeded, try again in a second ";

  private FakeFront front;
  private FakeClient client;
  private FakeRedisEnd redis;

  @AfterEach
  void stop() throws Exception {
    front.close();
  }

  /** With a dedicated connection, over which nothing is under way. */
  private void open(String... settings) throws Exception {
    front = new FakeFront(settings);
    client = front.connect();
    client.asks("TIME");
    redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    redis.heard();
    client.heard();
  }

  /** Another client with a connection, which Redis calls so. */
  private FakeRedisEnd openAnother(FakeClient other, int id) throws Exception {
    other.asks("TIME");
    FakeRedisEnd another = front.connected();
    another.says(":" + id + " *0 ");
    another.heard();
    other.heard();
    return another;
  }

  private String id(FakeClient of) throws Exception {
    return "" + front.loop.call(() -> of.session.client().id());
  }

  // Bytes in

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 13, 40})
  void requestsInPieces_passAsTheyAre(int step) throws Exception {
    open();
    String all =
        FakeClient.array("SET a 1")
            + "lrange l 0 1\r\n"
            + FakeClient.array("ECHO " + "x".repeat(100));
    for (int i = 0; i < all.length(); i += step) {
      client.sends(all.substring(i, Math.min(all.length(), i + step)));
    }
    assertEquals(all.replace("\r\n", " "), rawSent());
    redis.says("+OK *0 $1 x ");
    assertEquals("+OK *0 $1 x ", client.heard());
    assertEquals(List.of("invalidate a"), front.cache.told());
  }

  private String rawSent() throws Exception {
    return front.sockets.sent(0);
  }

  /** Redis might refuse it as soon as it knows how large it is. */
  @Test
  void largeRequest_isPassedOnAsItComes() throws Exception {
    open();
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
    assertEquals("*3 $3 SET $1 k $100000 ", rawSent());
    client.sends("x".repeat(60_000));
    assertEquals(60_000, rawSent().length());
    client.sends("x".repeat(40_000) + "\r\n" + FakeClient.array("PING"));
    assertEquals(40_002 - 1 + "*1 $4 PING ".length(), rawSent().length());
    redis.says("+OK +PONG ");
    assertEquals("+OK +PONG ", client.heard());
    assertEquals(List.of("invalidate k"), front.cache.told());
  }

  @Test
  void largeRequest_thatIsNotWhole_keepsReadsFromTheCache() throws Exception {
    open();
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
    client.sends(FakeClient.array("GET k"));
    assertTrue(rawSent().endsWith("*2 $3 GET $1 k "), "it is part of the value");
    assertEquals(List.of(), front.cache.told());
  }

  @Test
  void requestOfMoreArgumentsThanRedisReads_isPassedOn() throws Exception {
    open();
    client.sends("*2000000\r\n$3\r\nDEL\r\n");
    assertEquals("*2000000 $3 DEL ", rawSent());
    redis.says("-ERR ");
    redis.closes();
    assertEquals("", client.heard(), "which keys it may have written is not known");
    front.cache.fence(true);
    front.settle();
    assertEquals("-ERR ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void inputBehindWhatIsBroken_isPassedOnWhateverItIs() throws Exception {
    open();
    client.sends("*1\r\n!\r\n");
    client.sends("QUIT\r\n");
    assertEquals("*1 ! QUIT ", rawSent());
  }

  // Bytes out

  @Test
  void repliesInPieces_passAsTheyCome() throws Exception {
    open();
    client.asks("LRANGE l 0 1");
    for (String piece : List.of("*", "2 $", "3 a", "bc ", "$-1", " ")) {
      redis.says(piece);
    }
    assertEquals("*2 $3 abc $-1 ", client.heard());
  }

  @Test
  void replyThatIsNoResp_isPassedOn_andSoIsAllBehindIt() throws Exception {
    open();
    client.asks("LRANGE l 0 1");
    redis.says("what ");
    redis.says("is this ");
    assertEquals("what is this ", client.heard());
    assertEquals(List.of(), front.cache.told());
    client.asks("SET a 1");
    redis.says("+OK ");
    assertEquals(List.of("invalidate a"), front.cache.told());
    assertEquals("+OK ", client.heard());
  }

  @Test
  void pushes_passToTheClient() throws Exception {
    open();
    client.asks("SUBSCRIBE c");
    redis.says("*3 $9 subscribe $1 c :1 ");
    redis.says("*3 $7 message $1 c $2 hi ");
    assertEquals("*3 $9 subscribe $1 c :1 *3 $7 message $1 c $2 hi ", client.heard());
    client.asks("GET k");
    assertTrue(redis.heard().endsWith("GET k"), "Redis says that this is not possible now");
    assertEquals(List.of(), front.cache.told());
  }

  @Test
  void clientThatReadsNothing_stopsRedis_andNothingIsLost() throws Exception {
    open("resp.max-pending-bytes", "64KiB");
    client.takes(false);
    client.asks("LRANGE l 0 -1");
    String value = "x".repeat(30_000);
    redis.says("*4 $30000 " + value + " $30000 " + value + " ");
    redis.says("$30000 " + value + " ");
    assertFalse(redis.isRead());
    client.takes(true);
    assertTrue(redis.isRead());
    redis.says("$30000 " + value + " ");
    assertEquals("*4" + " $30000 x".repeat(4) + " ", client.heard().replace(value, "x"));
  }

  @Test
  void redisThatReadsNothing_stopsTheClient_andNothingIsLost() throws Exception {
    open("resp.max-pending-bytes", "64KiB");
    redis.takes(false);
    String request = "LPOP " + "q".repeat(60_000);
    client.asks(request);
    client.asks(request);
    client.asks("TIME");
    assertFalse(client.isRead());
    assertTrue(client.unread() > 0);
    redis.takes(true);
    assertEquals(0, client.unread());
    assertEquals(request + ", " + request + ", TIME", redis.heard());
  }

  @Test
  void tooManyRequestsWithoutAReply_stopTheClient() throws Exception {
    open();
    String[] many = new String[4097];
    Arrays.fill(many, "TIME");
    client.asks(many);
    assertFalse(client.isRead());
    assertEquals(4096, redis.heard().split(", ").length);
    redis.says("*0 ");
    assertEquals("TIME", redis.heard());
    redis.says("*0 ".repeat(4096));
    assertEquals("*0 ".repeat(4097), client.heard());
    assertTrue(client.isRead());
  }

  /** The proxy stops: it answers what it has read, and reads no more. */
  @Test
  void tooManyRequests_whenTheProxyStops_areAllSent() throws Exception {
    open();
    String[] many = new String[5000];
    Arrays.fill(many, "TIME");
    client.asks(many);
    client.isDrained();
    redis.says("*0 ".repeat(5000));
    redis.closes();
    assertEquals(5000, client.heard().split(" ").length);
    assertTrue(client.isLeft());
  }

  // CLIENT REPLY

  @Test
  void clientReplyOff_isKeptFromRedis_andSilencesIt() throws Exception {
    open();
    client.asks("CLIENT REPLY OFF", "SET a 1", "CLIENT REPLY ON", "TIME");
    assertEquals("SET a 1, CLIENT REPLY ON, TIME", redis.heard());
    redis.says("+OK +OK *0 ");
    assertEquals("+OK *0 ", client.heard());
    assertEquals(List.of("invalidate a"), front.cache.told());
  }

  @Test
  void clientReplySkip_silencesOneReply() throws Exception {
    open();
    client.sends("TIME\r\nCLIENT REPLY SKIP\r\nSET a 1\r\nTIME\r\n");
    assertEquals("TIME SET a 1 TIME ", rawSent());
    redis.says("*0 +OK *0 ");
    assertEquals("*0 *0 ", client.heard());
  }

  // Ids

  @Test
  void clientId_isTheSessionsOwn_beforeAndAfter() throws Exception {
    front = new FakeFront();
    client = front.connect();
    client.asks("CLIENT ID");
    String before = client.heard();
    client.asks("TIME");
    redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    client.asks("CLIENT ID");
    redis.says(":7 ");
    assertEquals("*0 " + before, client.heard());
  }

  @Test
  void requestThatNamesASession_namesItsConnectionToRedis() throws Exception {
    open();
    FakeClient other = front.connect();
    openAnother(other, 8);
    client.asks("CLIENT KILL ID " + id(other), "CLIENT UNBLOCK " + id(other));
    assertEquals("CLIENT KILL ID 8, CLIENT UNBLOCK 8", redis.heard());
    client.asks("CLIENT KILL ID 99");
    assertEquals("CLIENT KILL ID 99", redis.heard(), "of another client of Redis");
  }

  @Test
  void sessionWithoutAConnection_isKilledHere() throws Exception {
    open();
    FakeClient other = front.connect();
    client.asks("CLIENT KILL ID " + id(other), "TIME");
    assertEquals("AUTH, TIME", redis.heard(), "Redis refuses the first, which is not told");
    redis.says("-ERR *0 ");
    assertEquals(":1 *0 ", client.heard());
    assertFalse(other.isOpen());
    assertTrue(client.isOpen());
  }

  @Test
  void requestThatNamesItsOwnSession_waitsForTheId() throws Exception {
    front = new FakeFront();
    client = front.connect();
    String own = id(client);
    client.asks("TIME", "CLIENT UNBLOCK " + own, "TIME");
    redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TIME", redis.heard());
    redis.says(":7 ");
    assertEquals("CLIENT UNBLOCK 7, TIME", redis.heard());
    redis.says("*0 :0 *0 ");
    assertEquals("*0 :0 *0 ", client.heard());
  }

  @Test
  void requestThatNamesItsOwnSession_waitsASecond_andNoLonger() throws Exception {
    front = new FakeFront();
    client = front.connect();
    String own = id(client);
    client.asks("TIME", "CLIENT UNBLOCK " + own);
    redis = front.connectedDedicated();
    redis.heard();
    front.pass(999);
    assertEquals("", redis.heard());
    front.pass(1);
    assertEquals("CLIENT UNBLOCK " + own, redis.heard());
  }

  /** It is to get this client's messages, so it needs a connection that gets them. */
  @Test
  void sessionThatMessagesAreRedirectedTo_getsAConnection() throws Exception {
    open();
    FakeClient other = front.connect();
    other.asks("PING");
    client.asks("CLIENT TRACKING ON REDIRECT " + id(other));
    assertEquals("", redis.heard());
    FakeRedisEnd another = front.connected();
    assertEquals("CLIENT ID", another.heard());
    another.says(":8 ");
    assertEquals("CLIENT TRACKING ON REDIRECT 8", redis.heard());
    another.says(">2 $10 invalidate *1 $1 k ");
    assertEquals("+PONG >2 $10 invalidate *1 $1 k ", other.heard());
  }

  @Test
  void sessionThatMessagesAreRedirectedTo_isWaitedForASecondAtMost() throws Exception {
    open();
    FakeClient other = front.connect();
    front.cache.isSlowWith("k");
    other.asks("GET k");
    client.asks("CLIENT TRACKING ON REDIRECT " + id(other));
    assertEquals(0, front.unmade(), "it has something under way");
    front.pass(1_000);
    assertEquals("CLIENT TRACKING ON REDIRECT " + id(other), redis.heard());
    front.cache.answer("k");
    front.settle();
    assertEquals(1, front.unmade());
  }

  @Test
  void repliesThatNameConnections_nameSessions() throws Exception {
    open();
    FakeClient other = front.connect();
    openAnother(other, 8);
    client.asks("CLIENT GETREDIR");
    redis.says(":8 ");
    assertEquals(":" + id(other) + " ", client.heard());
    client.asks("CLIENT GETREDIR");
    redis.says(":9 ");
    assertEquals(":9 ", client.heard());
  }

  @Test
  void sessionWhoseConnectionIsLost_isUnknownToRedis() throws Exception {
    open();
    assertTrue(front.loop.call(() -> front.ids.isConnected(client.session.client().id())));
    redis.closes();
    assertFalse(front.loop.call(() -> front.ids.isConnected(client.session.client().id())));
  }

  // The guard

  private void openGuarded(String... settings) throws Exception {
    String[] all = {"auth.mode", "own", "auth.password", "secret"};
    String[] both = Arrays.copyOf(all, all.length + settings.length);
    System.arraycopy(settings, 0, both, all.length, settings.length);
    front = new FakeFront(both);
    client = front.connect();
    client.asks("AUTH secret", "TIME");
    redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    redis.heard();
    client.heard();
  }

  @Test
  void guard_keepsCredentialsFromRedis() throws Exception {
    openGuarded();
    client.asks("TIME", "AUTH wrong", "AUTH default secret", "TIME");
    assertEquals("TIME, AUTH, AUTH, TIME", redis.heard());
    redis.says("*0 -ERR -ERR *0 ");
    assertEquals(
        "*0 -WRONGPASS invalid username-password pair or user is disabled. +OK *0 ",
        client.heard());
  }

  @Test
  void guard_answersWhatIsInPieces_inItsPlace() throws Exception {
    openGuarded();
    String all = FakeClient.array("AUTH secret") + FakeClient.array("TIME");
    for (char each : all.toCharArray()) {
      client.sends("" + each);
    }
    assertEquals("AUTH, TIME", redis.heard());
    redis.says("-ERR *0 ");
    assertEquals("+OK *0 ", client.heard());
  }

  /** RESET makes a stranger of it: whatever comes behind is not for Redis. */
  @Test
  void guard_whenAClientHasReset_passesNothingOn() throws Exception {
    openGuarded();
    client.asks("RESET", "SET a 1", "AUTH secret", "SET b 2");
    assertEquals("RESET, AUTH, AUTH, SET b 2", redis.heard());
    redis.says("+RESET -ERR -ERR +OK ");
    assertEquals("+RESET -NOAUTH Authentication required. +OK +OK ", client.heard());
    assertEquals(List.of("invalidate b"), front.cache.told());
  }

  @Test
  void guard_keepsTheRestOfALargeRequestToo() throws Exception {
    openGuarded();
    client.asks("RESET");
    redis.says("+RESET ");
    redis.heard();
    client.heard();
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n" + "x".repeat(50_000));
    assertEquals("AUTH", redis.heard());
    client.sends("x".repeat(50_000) + "\r\n" + FakeClient.array("AUTH secret"));
    assertEquals("AUTH", redis.heard());
    redis.says("-ERR -ERR ");
    assertEquals("-NOAUTH Authentication required. +OK ", client.heard());
    assertEquals(List.of(), front.cache.told());
  }

  @Test
  void guard_cutsOffAStrangerWhoseInputIsBroken() throws Exception {
    openGuarded();
    client.asks("RESET");
    redis.says("+RESET ");
    redis.heard();
    client.sends("*1\r\n!\r\n");
    assertFalse(client.isOpen());
    assertEquals("", redis.heard());
  }

  /** The proxy cannot tell which reply to replace. */
  @Test
  void guard_cutsOffAClientWhoseRepliesCannotBeToldApart() throws Exception {
    openGuarded();
    client.asks("MONITOR");
    redis.says("+OK ");
    redis.heard();
    client.asks("AUTH secret");
    assertFalse(client.isOpen());
    assertEquals("", redis.heard());
  }

  @Test
  void guard_takesTheCredentialsOutOfHello() throws Exception {
    openGuarded();
    client.asks("HELLO 3 AUTH default secret SETNAME me");
    assertEquals("HELLO 3 SETNAME me", redis.heard());
    redis.says("%1 $1 a $1 b ");
    assertEquals("%1 $1 a $1 b ", client.heard());
  }

  @Test
  void requestsBeyondTheRate_areRefusedInTheirPlace() throws Exception {
    open("limits.resp-per-client", "3");
    client.asks("TIME", "LPOP q", "SET a 1", "SET b 2");
    assertEquals("TIME, LPOP q, AUTH, AUTH", redis.heard());
    redis.says("*0 $-1 -ERR -ERR ");
    assertEquals("*0 $-1 " + EXCEEDED + EXCEEDED, client.heard());
    assertEquals(List.of("invalidate q"), front.cache.told());
  }

  @Test
  void largeRequestBeyondTheRate_isKeptFromRedisWhole() throws Exception {
    open("limits.resp-per-client", "1");
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n" + "x".repeat(100_000) + "\r\n");
    assertEquals("AUTH", redis.heard());
    redis.says("-ERR ");
    assertEquals(EXCEEDED, client.heard());
    front.pass(1_000);
    client.asks("TIME");
    assertEquals("TIME", redis.heard());
  }

  // The fence of replies

  @Test
  void replyToAScript_waitsForAFence_andRedisIsNotReadMeanwhile() throws Exception {
    open();
    client.asks("EVAL s 0", "TIME");
    redis.says(":1 ");
    assertEquals("", client.heard());
    assertEquals(List.of("fence all"), front.cache.told());
    assertFalse(redis.isRead());
    front.cache.fence(true);
    front.settle();
    assertEquals(":1 ", client.heard());
    assertTrue(redis.isRead());
    redis.says("*0 ");
    assertEquals("*0 ", client.heard());
  }

  @Test
  void connectionLost_whileAReplyIsHeld_isToldBehindIt() throws Exception {
    open();
    client.asks("EVAL s 0", "TIME");
    redis.says(":1 ");
    redis.closes();
    assertEquals("", client.heard());
    front.cache.fence(true);
    front.settle();
    assertEquals(":1 -ERR redis-proxy: Redis was lost ", client.heard());
    assertTrue(client.isLeft());
  }

  /** Over io_uring the last bytes may come without an end of their turn. */
  @Test
  void connectionLost_inTheTurnOfAReplyThatIsHeld_asksForTheFence() throws Exception {
    open();
    client.asks("EVAL s 0");
    redis.saysAndCloses(":1 ");
    assertEquals("", client.heard());
    assertEquals(List.of("fence all"), front.cache.told());
    front.cache.fence(true);
    front.settle();
    assertTrue(client.heard().startsWith(":1 "));
    assertTrue(client.isLeft());
  }

  @Test
  void clientThatGoes_whileAReplyIsHeld_hasAllInvalidated() throws Exception {
    open();
    client.asks("EVAL s 0");
    redis.says(":1 ");
    front.cache.told();
    client.goes();
    assertEquals(List.of("invalidate ?"), front.cache.told());
    assertFalse(redis.isOpen());
  }

  @Test
  void requestThatChangesWhoMayLogIn_waitsUntilRedisWasAsked() throws Exception {
    open();
    client.asks("ACL SETUSER u on");
    redis.says("+OK ");
    assertEquals("", client.heard());
    List<String> told = front.cache.told();
    assertTrue(told.toString().contains("access"), told.toString());
    front.cache.fence(true);
    front.settle();
    assertEquals("+OK ", client.heard());
  }

  // Drain

  @Test
  void drain_endsTheConnectionAtOnce_whenARequestMayWait() throws Exception {
    open();
    client.asks("BLPOP q 0");
    client.ends();
    assertTrue(redis.isEnded(), "or it would take the next job");
    redis.closes();
    assertFalse(client.isOpen());
    assertEquals(List.of("invalidate q"), front.cache.told());
  }

  @Test
  void drain_waitsForRedis_asLongAsItIsNotSilentForASecond() throws Exception {
    open();
    client.asks("LRANGE a 0 1", "LRANGE b 0 1", "LRANGE c 0 1");
    client.ends();
    front.pass(999);
    redis.says("*0 ");
    front.pass(999);
    redis.says("*0 ");
    assertFalse(redis.isEnded());
    front.pass(1_000);
    front.pass(1_000);
    assertTrue(redis.isEnded());
  }

  @Test
  void drain_waitsForAReplyThatHasBegun() throws Exception {
    open();
    client.asks("LRANGE a 0 1");
    client.ends();
    redis.says("*1 $3 a");
    front.pass(1_000);
    front.pass(1_000);
    front.pass(1_000);
    assertFalse(redis.isEnded(), "Redis is in the middle of it");
    redis.says("bc ");
    assertTrue(redis.isEnded());
  }

  @Test
  void drain_beforeThereIsAConnection_endsTheSession() throws Exception {
    front = new FakeFront();
    client = front.connect();
    client.asks("LRANGE l 0 1");
    client.isDrained();
    redis = front.connectedDedicated();
    assertEquals("CLIENT ID, LRANGE l 0 1", redis.heard());
    redis.says(":7 *0 ");
    assertTrue(redis.isEnded());
    redis.closes();
    assertEquals("*0 ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void drain_ofAConnectionOverWhichNothingWasAsked_endsIt() throws Exception {
    open();
    client.isDrained();
    assertTrue(redis.isEnded());
    redis.closes();
    assertEquals("", client.heard());
    assertTrue(client.isLeft());
  }
}
