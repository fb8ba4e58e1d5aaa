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

/** What is relayed over a dedicated connection, in both directions, and what is not. */
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

  /** Opens a session with an idle dedicated connection. */
  private void open(String... settings) throws Exception {
    front = new FakeFront(settings);
    client = front.connect();
    client.asks("TIME");
    redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    redis.received();
    client.received();
  }

  /** Opens another client's dedicated connection, with this id in Redis. */
  private FakeRedisEnd openAnother(FakeClient other, int id) throws Exception {
    other.asks("TIME");
    FakeRedisEnd another = front.connected();
    another.says(":" + id + " *0 ");
    another.received();
    other.received();
    return another;
  }

  private String id(FakeClient of) throws Exception {
    return "" + front.loop.call(() -> of.session.client().id());
  }

  // Bytes in

  @ParameterizedTest
  @ValueSource(ints = {1, 5, 13, 40})
  void requestsInPieces_areRelayedUnchanged(int step) throws Exception {
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
    assertEquals("+OK *0 $1 x ", client.received());
    assertEquals(List.of("invalidate a"), front.cache.messages());
  }

  private String rawSent() throws Exception {
    return front.sockets.sent(0);
  }

  /** Redis may refuse the request as soon as it knows its size. */
  @Test
  void largeRequest_isRelayedAsItArrives() throws Exception {
    open();
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
    assertEquals("*3 $3 SET $1 k $100000 ", rawSent());
    client.sends("x".repeat(60_000));
    assertEquals(60_000, rawSent().length());
    client.sends("x".repeat(40_000) + "\r\n" + FakeClient.array("PING"));
    assertEquals(40_002 - 1 + "*1 $4 PING ".length(), rawSent().length());
    redis.says("+OK +PONG ");
    assertEquals("+OK +PONG ", client.received());
    assertEquals(List.of("invalidate k"), front.cache.messages());
  }

  @Test
  void largeRequest_whileIncomplete_preventsReadsFromTheCache() throws Exception {
    open();
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n");
    client.sends(FakeClient.array("GET k"));
    assertTrue(rawSent().endsWith("*2 $3 GET $1 k "), "it is part of the value");
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void requestWithTooManyArgumentsForRedis_isRelayed() throws Exception {
    open();
    client.sends("*2000000\r\n$3\r\nDEL\r\n");
    assertEquals("*2000000 $3 DEL ", rawSent());
    redis.says("-ERR ");
    redis.closes();
    assertEquals("", client.received(), "the keys that it may have written are not known");
    front.cache.fence(true);
    front.settle();
    assertEquals("-ERR ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void inputAfterAnInvalidRequest_isRelayedUnparsed() throws Exception {
    open();
    client.sends("*1\r\n!\r\n");
    client.sends("QUIT\r\n");
    assertEquals("*1 ! QUIT ", rawSent());
  }

  // Bytes out

  @Test
  void repliesInPieces_areRelayedAsTheyArrive() throws Exception {
    open();
    client.asks("LRANGE l 0 1");
    for (String piece : List.of("*", "2 $", "3 a", "bc ", "$-1", " ")) {
      redis.says(piece);
    }
    assertEquals("*2 $3 abc $-1 ", client.received());
  }

  @Test
  void replyThatIsNotResp_isRelayed_andSoIsEverythingAfterIt() throws Exception {
    open();
    client.asks("LRANGE l 0 1");
    redis.says("what ");
    redis.says("is this ");
    assertEquals("what is this ", client.received());
    assertEquals(List.of(), front.cache.messages());
    client.asks("SET a 1");
    redis.says("+OK ");
    assertEquals(List.of("invalidate a"), front.cache.messages());
    assertEquals("+OK ", client.received());
  }

  @Test
  void pushes_areRelayed() throws Exception {
    open();
    client.asks("SUBSCRIBE c");
    redis.says("*3 $9 subscribe $1 c :1 ");
    redis.says("*3 $7 message $1 c $2 hi ");
    assertEquals("*3 $9 subscribe $1 c :1 *3 $7 message $1 c $2 hi ", client.received());
    client.asks("GET k");
    assertTrue(redis.received().endsWith("GET k"), "Redis says that this is not possible now");
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void clientThatReadsNothing_pausesRedis_andLosesNothing() throws Exception {
    open("resp.max-pending-bytes", "64KiB");
    client.reads(false);
    client.asks("LRANGE l 0 -1");
    String value = "x".repeat(30_000);
    redis.says("*4 $30000 " + value + " $30000 " + value + " ");
    redis.says("$30000 " + value + " ");
    assertFalse(redis.isRead());
    client.reads(true);
    assertTrue(redis.isRead());
    redis.says("$30000 " + value + " ");
    assertEquals("*4" + " $30000 x".repeat(4) + " ", client.received().replace(value, "x"));
  }

  @Test
  void redisThatReadsNothing_pausesTheClient_andLosesNothing() throws Exception {
    open("resp.max-pending-bytes", "64KiB");
    redis.reads(false);
    String request = "LPOP " + "q".repeat(60_000);
    client.asks(request);
    client.asks(request);
    client.asks("TIME");
    assertFalse(client.isRead());
    assertTrue(client.unread() > 0);
    redis.reads(true);
    assertEquals(0, client.unread());
    assertEquals(request + ", " + request + ", TIME", redis.received());
  }

  @Test
  void tooManyOutstandingRequests_pauseTheClient() throws Exception {
    open();
    String[] many = new String[4097];
    Arrays.fill(many, "TIME");
    client.asks(many);
    assertFalse(client.isRead());
    assertEquals(4096, redis.received().split(", ").length);
    redis.says("*0 ");
    assertEquals("TIME", redis.received());
    redis.says("*0 ".repeat(4096));
    assertEquals("*0 ".repeat(4097), client.received());
    assertTrue(client.isRead());
  }

  /** When the proxy stops, it answers the requests it has read, and reads no more. */
  @Test
  void tooManyOutstandingRequests_whenTheProxyStops_areAllSent() throws Exception {
    open();
    String[] many = new String[5000];
    Arrays.fill(many, "TIME");
    client.asks(many);
    client.drain();
    redis.says("*0 ".repeat(5000));
    redis.closes();
    assertEquals(5000, client.received().split(" ").length);
    assertTrue(client.isOutputEnded());
  }

  // CLIENT REPLY

  @Test
  void clientReplyOff_isNotRelayed_andDropsReplies() throws Exception {
    open();
    client.asks("CLIENT REPLY OFF", "SET a 1", "CLIENT REPLY ON", "TIME");
    assertEquals("SET a 1, CLIENT REPLY ON, TIME", redis.received());
    redis.says("+OK +OK *0 ");
    assertEquals("+OK *0 ", client.received());
    assertEquals(List.of("invalidate a"), front.cache.messages());
  }

  @Test
  void clientReplySkip_dropsOneReply() throws Exception {
    open();
    client.sends("TIME\r\nCLIENT REPLY SKIP\r\nSET a 1\r\nTIME\r\n");
    assertEquals("TIME SET a 1 TIME ", rawSent());
    redis.says("*0 +OK *0 ");
    assertEquals("*0 *0 ", client.received());
  }

  // Ids

  @Test
  void clientId_isTheSame_withAndWithoutADedicatedConnection() throws Exception {
    front = new FakeFront();
    client = front.connect();
    client.asks("CLIENT ID");
    String before = client.received();
    client.asks("TIME");
    redis = front.connectedDedicated();
    redis.says(":7 *0 ");
    client.asks("CLIENT ID");
    redis.says(":7 ");
    assertEquals("*0 " + before, client.received());
  }

  @Test
  void requestWithASessionId_isSentWithTheConnectionId() throws Exception {
    open();
    FakeClient other = front.connect();
    openAnother(other, 8);
    client.asks("CLIENT KILL ID " + id(other), "CLIENT UNBLOCK " + id(other));
    assertEquals("CLIENT KILL ID 8, CLIENT UNBLOCK 8", redis.received());
    client.asks("CLIENT KILL ID 99");
    assertEquals("CLIENT KILL ID 99", redis.received(), "the id of another client of Redis");
  }

  @Test
  void sessionWithoutAConnection_isKilledByTheProxy() throws Exception {
    open();
    FakeClient other = front.connect();
    client.asks("CLIENT KILL ID " + id(other), "TIME");
    assertEquals("AUTH, TIME", redis.received(), "Redis refuses the first; its reply is replaced");
    redis.says("-ERR *0 ");
    assertEquals(":1 *0 ", client.received());
    assertFalse(other.isOpen());
    assertTrue(client.isOpen());
  }

  @Test
  void requestWithItsOwnSessionId_waitsForTheConnectionId() throws Exception {
    front = new FakeFront();
    client = front.connect();
    String own = id(client);
    client.asks("TIME", "CLIENT UNBLOCK " + own, "TIME");
    redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TIME", redis.received());
    redis.says(":7 ");
    assertEquals("CLIENT UNBLOCK 7, TIME", redis.received());
    redis.says("*0 :0 *0 ");
    assertEquals("*0 :0 *0 ", client.received());
  }

  @Test
  void requestWithItsOwnSessionId_waitsOneSecondAtMost() throws Exception {
    front = new FakeFront();
    client = front.connect();
    String own = id(client);
    client.asks("TIME", "CLIENT UNBLOCK " + own);
    redis = front.connectedDedicated();
    redis.received();
    front.pass(999);
    assertEquals("", redis.received());
    front.pass(1);
    assertEquals("CLIENT UNBLOCK " + own, redis.received());
  }

  /** The other session must receive this client's messages, so it needs a connection. */
  @Test
  void redirectTarget_getsAConnection() throws Exception {
    open();
    FakeClient other = front.connect();
    other.asks("PING");
    client.asks("CLIENT TRACKING ON REDIRECT " + id(other));
    assertEquals("", redis.received());
    FakeRedisEnd another = front.connected();
    assertEquals("CLIENT ID", another.received());
    another.says(":8 ");
    assertEquals("CLIENT TRACKING ON REDIRECT 8", redis.received());
    another.says(">2 $10 invalidate *1 $1 k ");
    assertEquals("+PONG >2 $10 invalidate *1 $1 k ", other.received());
  }

  @Test
  void redirectTarget_isAwaitedOneSecondAtMost() throws Exception {
    open();
    FakeClient other = front.connect();
    front.cache.isSlowWith("k");
    other.asks("GET k");
    client.asks("CLIENT TRACKING ON REDIRECT " + id(other));
    assertEquals(0, front.pendingConnections(), "it has something under way");
    front.pass(1_000);
    assertEquals("CLIENT TRACKING ON REDIRECT " + id(other), redis.received());
    front.cache.answer("k");
    front.settle();
    assertEquals(1, front.pendingConnections());
  }

  @Test
  void connectionIdsInReplies_becomeSessionIds() throws Exception {
    open();
    FakeClient other = front.connect();
    openAnother(other, 8);
    client.asks("CLIENT GETREDIR");
    redis.says(":8 ");
    assertEquals(":" + id(other) + " ", client.received());
    client.asks("CLIENT GETREDIR");
    redis.says(":9 ");
    assertEquals(":9 ", client.received());
  }

  @Test
  void lostConnection_removesItsId() throws Exception {
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
    redis.received();
    client.received();
  }

  @Test
  void guard_keepsCredentialsFromRedis() throws Exception {
    openGuarded();
    client.asks("TIME", "AUTH wrong", "AUTH default secret", "TIME");
    assertEquals("TIME, AUTH, AUTH, TIME", redis.received());
    redis.says("*0 -ERR -ERR *0 ");
    assertEquals(
        "*0 -WRONGPASS invalid username-password pair or user is disabled. +OK *0 ",
        client.received());
  }

  @Test
  void guard_answersRequestsInPieces_inOrder() throws Exception {
    openGuarded();
    String all = FakeClient.array("AUTH secret") + FakeClient.array("TIME");
    for (char each : all.toCharArray()) {
      client.sends("" + each);
    }
    assertEquals("AUTH, TIME", redis.received());
    redis.says("-ERR *0 ");
    assertEquals("+OK *0 ", client.received());
  }

  /** After RESET the client must log in again, so its next requests are not relayed. */
  @Test
  void guard_afterReset_relaysNothing() throws Exception {
    openGuarded();
    client.asks("RESET", "SET a 1", "AUTH secret", "SET b 2");
    assertEquals("RESET, AUTH, AUTH, SET b 2", redis.received());
    redis.says("+RESET -ERR -ERR +OK ");
    assertEquals("+RESET -NOAUTH Authentication required. +OK +OK ", client.received());
    assertEquals(List.of("invalidate b"), front.cache.messages());
  }

  @Test
  void guard_withholdsAllOfALargeRequest() throws Exception {
    openGuarded();
    client.asks("RESET");
    redis.says("+RESET ");
    redis.received();
    client.received();
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n" + "x".repeat(50_000));
    assertEquals("AUTH", redis.received());
    client.sends("x".repeat(50_000) + "\r\n" + FakeClient.array("AUTH secret"));
    assertEquals("AUTH", redis.received());
    redis.says("-ERR -ERR ");
    assertEquals("-NOAUTH Authentication required. +OK ", client.received());
    assertEquals(List.of(), front.cache.messages());
  }

  @Test
  void guard_whenInputBeforeLoginIsInvalid_disconnects() throws Exception {
    openGuarded();
    client.asks("RESET");
    redis.says("+RESET ");
    redis.received();
    client.sends("*1\r\n!\r\n");
    assertFalse(client.isOpen());
    assertEquals("", redis.received());
  }

  /** The proxy cannot tell which reply to replace. */
  @Test
  void guard_whenRepliesCannotBeMatched_disconnects() throws Exception {
    openGuarded();
    client.asks("MONITOR");
    redis.says("+OK ");
    redis.received();
    client.asks("AUTH secret");
    assertFalse(client.isOpen());
    assertEquals("", redis.received());
  }

  @Test
  void guard_removesCredentialsFromHello() throws Exception {
    openGuarded();
    client.asks("HELLO 3 AUTH default secret SETNAME me");
    assertEquals("HELLO 3 SETNAME me", redis.received());
    redis.says("%1 $1 a $1 b ");
    assertEquals("%1 $1 a $1 b ", client.received());
  }

  @Test
  void requestsBeyondTheRate_areRefusedInOrder() throws Exception {
    open("limits.resp-per-client", "3");
    client.asks("TIME", "LPOP q", "SET a 1", "SET b 2");
    assertEquals("TIME, LPOP q, AUTH, AUTH", redis.received());
    redis.says("*0 $-1 -ERR -ERR ");
    assertEquals("*0 $-1 " + EXCEEDED + EXCEEDED, client.received());
    assertEquals(List.of("invalidate q"), front.cache.messages());
  }

  @Test
  void largeRequestBeyondTheRate_isWithheldCompletely() throws Exception {
    open("limits.resp-per-client", "1");
    client.sends("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$100000\r\n" + "x".repeat(100_000) + "\r\n");
    assertEquals("AUTH", redis.received());
    redis.says("-ERR ");
    assertEquals(EXCEEDED, client.received());
    front.pass(1_000);
    client.asks("TIME");
    assertEquals("TIME", redis.received());
  }

  // Replies that wait for a fence

  @Test
  void replyToAScript_waitsForAFence_andPausesReadingFromRedis() throws Exception {
    open();
    client.asks("EVAL s 0", "TIME");
    redis.says(":1 ");
    assertEquals("", client.received());
    assertEquals(List.of("fence all"), front.cache.messages());
    assertFalse(redis.isRead());
    front.cache.fence(true);
    front.settle();
    assertEquals(":1 ", client.received());
    assertTrue(redis.isRead());
    redis.says("*0 ");
    assertEquals("*0 ", client.received());
  }

  @Test
  void connectionLost_whileAReplyIsHeld_isReportedAfterIt() throws Exception {
    open();
    client.asks("EVAL s 0", "TIME");
    redis.says(":1 ");
    redis.closes();
    assertEquals("", client.received());
    front.cache.fence(true);
    front.settle();
    assertEquals(":1 -ERR redis-proxy: Redis was lost ", client.received());
    assertTrue(client.isOutputEnded());
  }

  /** With io_uring, the last bytes may arrive without a receivedAll. */
  @Test
  void connectionLost_inTheTurnOfAHeldReply_requestsTheFence() throws Exception {
    open();
    client.asks("EVAL s 0");
    redis.saysAndCloses(":1 ");
    assertEquals("", client.received());
    assertEquals(List.of("fence all"), front.cache.messages());
    front.cache.fence(true);
    front.settle();
    assertTrue(client.received().startsWith(":1 "));
    assertTrue(client.isOutputEnded());
  }

  @Test
  void clientThatDisconnects_whileAReplyIsHeld_causesInvalidation() throws Exception {
    open();
    client.asks("EVAL s 0");
    redis.says(":1 ");
    front.cache.messages();
    client.disconnects();
    assertEquals(List.of("invalidate ?"), front.cache.messages());
    assertFalse(redis.isOpen());
  }

  @Test
  void replyToAnAclChange_waitsForAnAccessCheck() throws Exception {
    open();
    client.asks("ACL SETUSER u on");
    redis.says("+OK ");
    assertEquals("", client.received());
    List<String> messages = front.cache.messages();
    assertTrue(messages.toString().contains("access"), messages.toString());
    front.cache.fence(true);
    front.settle();
    assertEquals("+OK ", client.received());
  }

  // Drain

  @Test
  void drain_whenARequestMayBlock_endsTheConnectionAtOnce() throws Exception {
    open();
    client.asks("BLPOP q 0");
    client.endsOutput();
    assertTrue(redis.isOutputEnded(), "otherwise it would take the next job");
    redis.closes();
    assertFalse(client.isOpen());
    assertEquals(List.of("invalidate q"), front.cache.messages());
  }

  @Test
  void drain_endsTheConnection_afterRedisIsSilentForASecond() throws Exception {
    open();
    client.asks("LRANGE a 0 1", "LRANGE b 0 1", "LRANGE c 0 1");
    client.endsOutput();
    front.pass(999);
    redis.says("*0 ");
    front.pass(999);
    redis.says("*0 ");
    assertFalse(redis.isOutputEnded());
    front.pass(1_000);
    front.pass(1_000);
    assertTrue(redis.isOutputEnded());
  }

  @Test
  void drain_whenAReplyIsIncomplete_waitsForIt() throws Exception {
    open();
    client.asks("LRANGE a 0 1");
    client.endsOutput();
    redis.says("*1 $3 a");
    front.pass(1_000);
    front.pass(1_000);
    front.pass(1_000);
    assertFalse(redis.isOutputEnded(), "the reply is incomplete");
    redis.says("bc ");
    assertTrue(redis.isOutputEnded());
  }

  @Test
  void drain_beforeTheConnectionOpens_endsTheSession() throws Exception {
    front = new FakeFront();
    client = front.connect();
    client.asks("LRANGE l 0 1");
    client.drain();
    redis = front.connectedDedicated();
    assertEquals("CLIENT ID, LRANGE l 0 1", redis.received());
    redis.says(":7 *0 ");
    assertTrue(redis.isOutputEnded());
    redis.closes();
    assertEquals("*0 ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void drain_whenNothingIsOutstanding_endsTheConnection() throws Exception {
    open();
    client.drain();
    assertTrue(redis.isOutputEnded());
    redis.closes();
    assertEquals("", client.received());
    assertTrue(client.isOutputEnded());
  }
}
