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

/** The states of a session, the routes of requests in each state, and the transitions. */
class SessionTest {
  private static final String LOST = "-ERR redis-proxy: Redis was lost ";
  private static final String UNREACHABLE = "-ERR redis-proxy: Redis cannot be reached ";

  private FakeFront front;
  private FakeCache cache;
  private FakeClient client;

  @AfterEach
  void stop() throws Exception {
    front.close();
  }

  private void open(String... settings) throws Exception {
    front = new FakeFront(settings);
    cache = front.cache;
    client = front.connect();
  }

  /** Opens a session in DEDICATED, with nothing under way. Its replies have revealed nothing. */
  private FakeRedisEnd dedicated() throws Exception {
    client.asks("TIME");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TIME", redis.received());
    redis.says(":7 *0 ");
    assertEquals("*0 ", client.received());
    cache.messages();
    return redis;
  }

  /** Opens a session in READING. */
  private FakeRedisEnd reading() throws Exception {
    FakeRedisEnd redis = dedicated();
    cache.has("r", "0");
    client.asks("GET r");
    passFences();
    assertEquals("$1 0 ", client.received());
    assertEquals("", redis.received());
    cache.messages();
    return redis;
  }

  private void passFences() throws Exception {
    while (cache.fences() > 0) {
      cache.fence(true);
      front.settle();
    }
  }

  // ROUTED

  @Test
  void get_whenRouted_isAnsweredFromTheCache() throws Exception {
    open();
    cache.has("k", "v");
    client.asks("GET k", "GET none");
    assertEquals("$1 v $-1 ", client.received());
    assertEquals(List.of("lookup k", "lookup none"), cache.messages());
    assertEquals(0, front.pendingConnections(), "it requested a connection to Redis");
    assertEquals(2, front.count(Outcome.HIT));
  }

  @Test
  void ping_whenRouted_isAnsweredLocally() throws Exception {
    open();
    client.asks("PING", "PING hi", "ECHO ho");
    assertEquals("+PONG $2 hi $2 ho ", client.received());
    assertEquals(0, front.pendingConnections());
    assertEquals(3, front.count(Outcome.LOCAL));
  }

  @Test
  void set_whenRouted_goesOverASharedConnection() throws Exception {
    open();
    client.asks("SET k v");
    FakeRedisEnd shared = front.connected();
    assertEquals("SET k v", shared.received());
    assertEquals("", client.received());
    shared.says("+OK ");
    assertEquals("+OK ", client.received());
    assertEquals(List.of("invalidate k"), cache.messages());
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void otherRequest_whenRouted_goesOverADedicatedConnection() throws Exception {
    open();
    client.asks("LRANGE l 0 1");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, LRANGE l 0 1", redis.received());
    redis.says(":7 *1 $1 x ");
    assertEquals("*1 $1 x ", client.received());
    assertEquals(1, front.count(Outcome.DEDICATED));
  }

  /** Redis from 7.2 on sends no reply to a wrong password while it has other replies to send. */
  @Test
  void logIn_isSentWhenAllEarlierRequestsAreAnswered() throws Exception {
    open();
    client.asks("AUTH no x", "TIME", "HELLO 3 AUTH no x", "HELLO 3", "TIME");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID", redis.received());
    redis.says(":7 ");
    assertEquals("AUTH no x, TIME", redis.received());
    redis.says("-WRONGPASS ");
    assertEquals("", redis.received());
    redis.says("*0 ");
    assertEquals("HELLO 3 AUTH no x, HELLO 3, TIME", redis.received());
    redis.says("-WRONGPASS %0 *0 ");
    assertEquals("-WRONGPASS *0 -WRONGPASS %0 *0 ", client.received());
  }

  @Test
  void logIn_ofAClientThatHasLeft_isSentAtOnce() throws Exception {
    open();
    client.asks("TIME", "AUTH default x", "SET k v");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TIME", redis.received());
    client.disconnects();
    assertEquals("AUTH default x, SET k v", redis.received());
  }

  @Test
  void logIn_ofAClientThatHasEndedItsOutput_isStillAnswered() throws Exception {
    open();
    client.asks("TIME", "AUTH no x", "TIME");
    client.endsOutput();
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TIME", redis.received());
    redis.says(":7 *0 ");
    assertEquals("AUTH no x, TIME", redis.received());
    redis.says("-WRONGPASS *0 ");
    assertEquals("*0 -WRONGPASS *0 ", client.received());
  }

  /** One request for each route. */
  @Test
  void requestsOfAllRoutes_areAnsweredInOrder() throws Exception {
    open();
    cache.has("a", "1");
    cache.isSlowWith("b");
    client.asks("SET x 1", "PING", "SET y 2");
    client.asks("LPOP q", "GET a");
    FakeRedisEnd shared = front.connected();
    assertEquals("SET x 1, SET y 2", shared.received());
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, CLIENT ID", redis.received(), "the earlier replies have not arrived");
    redis.says("+PONG :7 ");
    shared.says("+OK ");
    assertEquals("+OK +PONG ", client.received());
    assertEquals("", redis.received());
    shared.says("+OK ");
    assertEquals("+OK ", client.received());
    assertEquals("LPOP q, GET a", redis.received(), "a request is under way, so both go to Redis");
    redis.says("$1 j $1 1 ");
    assertEquals("$1 j $1 1 ", client.received());
  }

  @Test
  void get_whileAnotherWaits_isAnsweredAfterIt() throws Exception {
    open();
    cache.has("a", "1");
    cache.has("b", "2");
    cache.isSlowWith("a");
    client.asks("GET a", "GET b", "PING");
    assertEquals("", client.received());
    cache.answer("a");
    front.settle();
    assertEquals("$1 1 $1 2 +PONG ", client.received());
  }

  /** Redis may read the two connections in any order. */
  @Test
  void set_whileAReadIsUnderWay_goesOverADedicatedConnection() throws Exception {
    open();
    cache.has("k", "old");
    cache.isSlowWith("k");
    client.asks("GET k", "SET k new");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID", redis.received(), "nothing else is sent before the read is answered");
    redis.says(":7 ");
    cache.answer("k");
    front.settle();
    assertEquals("$3 old ", client.received());
    assertEquals("SET k new", redis.received());
  }

  /** The dedicated connection opens while the reply is under way, and is then not needed. */
  @Test
  void get_afterAnUnansweredSet_waitsForItsReply() throws Exception {
    open();
    client.asks("SET k v", "GET k");
    FakeRedisEnd shared = front.connected();
    FakeRedisEnd redis = front.connectedDedicated();
    redis.says("+PONG :7 ");
    assertEquals(List.of(), cache.messages());
    cache.has("k", "v");
    shared.says("+OK ");
    assertEquals("+OK $1 v ", client.received());
    assertEquals(List.of("invalidate k", "lookup k"), cache.messages());
    assertEquals("PING, CLIENT ID", redis.received());
  }

  @Test
  void get_afterAnAnsweredSet_isAnsweredFromTheCache() throws Exception {
    open();
    cache.has("k", "v");
    client.asks("SET k v");
    front.connected().says("+OK ");
    client.asks("GET k");
    assertEquals("+OK $1 v ", client.received());
    assertEquals(List.of("invalidate k", "lookup k"), cache.messages());
    assertEquals(0, front.pendingConnections());
  }

  /** A number reveals data of Redis to the client. */
  @Test
  void get_afterAnIncr_waitsForAFence() throws Exception {
    open();
    cache.has("k", "5");
    client.asks("INCR k");
    front.connected().says(":5 ");
    client.asks("GET k", "GET k");
    assertEquals(":5 ", client.received());
    assertEquals(List.of("invalidate k", "fence"), cache.messages());
    passFences();
    assertEquals("$1 5 $1 5 ", client.received());
    assertEquals(List.of("lookup k", "lookup k"), cache.messages());
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void get_whenTheFenceDoesNotPass_goesOverADedicatedConnection() throws Exception {
    open();
    client.asks("INCR k");
    front.connected().says(":5 ");
    client.asks("GET k");
    cache.fence(false);
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, CLIENT ID, GET k", redis.received());
    redis.says("+PONG :7 $1 5 ");
    assertEquals(":5 $1 5 ", client.received());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 50})
  void requests_inPieces_getTheSameReplies(int step) throws Exception {
    open();
    cache.has("k", "v");
    String all =
        FakeClient.array("GET k")
            + "PING\r\n"
            + FakeClient.array("SET a 1")
            + FakeClient.array("ECHO x");
    for (int i = 0; i < all.length(); i += step) {
      client.sends(all.substring(i, Math.min(all.length(), i + step)));
    }
    FakeRedisEnd shared = front.connected();
    assertEquals("SET a 1", shared.received());
    shared.says("+OK ");
    assertEquals("$1 v +PONG +OK $1 x ", client.received());
  }

  // ROUTED: the end of the session

  @Test
  void quit_isAnsweredLast() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k", "QUIT", "PING");
    assertFalse(client.isOutputEnded());
    assertFalse(client.isRead(), "requests after it are not read");
    cache.answer("k");
    front.settle();
    assertEquals("$1 v +OK ", client.received());
    assertTrue(client.isOutputEnded());
    client.disconnects();
    assertFalse(client.isOpen());
  }

  @Test
  void protocolError_isAnsweredLast() throws Exception {
    open();
    client.sends(FakeClient.array("PING") + "*1\r\n!4\r\nPING\r\n" + FakeClient.array("PING"));
    assertEquals("+PONG -ERR Protocol error: expected '$', got '!' ", client.received());
    assertTrue(client.isOutputEnded());
    client.asks("PING");
    assertEquals("", client.received());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST / HTTP/1.1\r\n\r\n", "Host: there\r\n\r\n"})
  void http_whenRouted_isDisconnectedWithoutAReply(String request) throws Exception {
    open();
    client.sends(request);
    assertEquals("", client.received());
    assertFalse(client.isOpen());
  }

  /** As in Redis, earlier requests are executed, but their replies are lost. */
  @Test
  void http_afterOtherRequests_isDisconnected() throws Exception {
    open();
    client.sends("SET a 1\r\nPOST / HTTP/1.1\r\nSET b 2\r\n");
    FakeRedisEnd shared = front.connected();
    assertEquals("SET a 1 ", shared.received());
    assertFalse(client.isOpen());
    shared.says("+OK ");
    assertEquals(List.of("invalidate a"), cache.messages());
  }

  @Test
  void clientThatEndsItsOutput_whenRouted_getsItsReplies() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k", "PING");
    client.endsOutput();
    assertTrue(client.isOpen() && !client.isOutputEnded());
    cache.answer("k");
    front.settle();
    assertEquals("$1 v +PONG ", client.received());
    assertFalse(client.isOpen(), "the proxy waits for nothing more");
  }

  @Test
  void clientThatDisconnects_whenRouted_keepsTheSharedConnectionOpen() throws Exception {
    open();
    cache.isSlowWith("k");
    client.asks("SET a 1");
    client.asks("PING");
    FakeRedisEnd shared = front.connected();
    client.disconnects();
    shared.says("+OK ");
    assertEquals(List.of("invalidate a"), cache.messages());
    FakeClient other = front.connect();
    other.asks("SET b 2");
    shared.says("+OK ");
    assertEquals("+OK ", other.received());
    assertTrue(shared.isOpen(), "other sessions use it too");
  }

  @Test
  void clientThatDisconnects_duringALookup_getsNoReply() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k");
    client.disconnects();
    cache.answer("k");
    front.settle();
    assertEquals("", client.received());
    assertEquals(0, client.session.held());
  }

  @Test
  void drain_whenIdle_endsTheSessionAtOnce() throws Exception {
    open();
    client.drain();
    assertTrue(client.isOutputEnded());
    assertEquals("", client.received());
  }

  @Test
  void drain_whenRouted_answersTheRequestsRead() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k");
    client.drain();
    assertFalse(client.isRead());
    client.asks("PING");
    assertFalse(client.isOutputEnded());
    cache.answer("k");
    front.settle();
    assertEquals("$1 v ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void lostSharedConnection_endsTheSession_afterTheRequestsRead() throws Exception {
    open();
    client.asks("SET a 1", "PING");
    FakeRedisEnd shared = front.connected();
    shared.closes();
    assertEquals(LOST + "+PONG ", client.received());
    assertTrue(client.isOutputEnded());
    assertEquals(List.of("invalidate a"), cache.messages());
  }

  @Test
  void sharedConnectionThatFails_endsTheSession() throws Exception {
    open();
    client.asks("SET a 1");
    front.refused();
    assertEquals(UNREACHABLE, client.received());
    assertTrue(client.isOutputEnded());
  }

  // DEDICATED

  @Test
  void anyRequest_whenDedicated_goesOverTheDedicatedConnection() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("SET a 1", "PING", "INCR a");
    assertEquals("SET a 1, PING, INCR a", redis.received());
    redis.says("+OK +PONG :2 ");
    assertEquals("+OK +PONG :2 ", client.received());
    assertEquals(List.of("invalidate a", "invalidate a"), cache.messages());
  }

  @Test
  void get_whenDedicatedWithSomethingUnderWay_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LPOP q", "GET k");
    assertEquals("LPOP q, GET k", redis.received());
    redis.says("$-1 $1 v ");
    assertEquals("$-1 $1 v ", client.received());
    assertEquals(List.of("invalidate q"), cache.messages());
  }

  @Test
  void get_whenDedicatedAndDataWasRevealed_waitsForAFence() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    cache.has("k", "v");
    client.asks("LRANGE l 0 1");
    redis.says("*0 ");
    client.asks("GET k");
    assertEquals(List.of("fence"), cache.messages());
    assertEquals("*0 ", client.received());
    cache.fence(true);
    front.settle();
    assertEquals("$1 v ", client.received());
    assertEquals("LRANGE l 0 1", redis.received());
  }

  @Test
  void get_whenDedicatedAndTheFenceDoesNotPass_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    redis.says("*0 ");
    redis.received();
    client.asks("GET k");
    cache.fence(false);
    front.settle();
    assertEquals("GET k", redis.received());
    redis.says("$1 v ");
    assertEquals("*0 $1 v ", client.received());
    assertEquals(List.of("fence"), cache.messages());
  }

  /** The request must not reach Redis before the GET is answered. */
  @Test
  void request_afterAGetThatWaitsForAFence_waitsToo() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    redis.says("*0 ");
    redis.received();
    client.asks("GET k");
    client.asks("SET k v");
    assertEquals("", redis.received());
    cache.fence(true);
    front.settle();
    assertEquals("*0 $-1 ", client.received());
    assertEquals("SET k v", redis.received());
    assertEquals(List.of("fence", "lookup k"), cache.messages());
  }

  @Test
  void get_inTransaction_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("MULTI");
    redis.says("+OK ");
    client.asks("GET k");
    assertEquals("MULTI, GET k", redis.received());
    redis.says("+QUEUED ");
    client.asks("EXEC");
    redis.says("*1 $1 v ");
    assertEquals("+OK +QUEUED *1 $1 v ", client.received());
    assertEquals(List.of(), cache.messages());
  }

  @Test
  void get_whenTheProxyIsNotAdmitted_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    front.admits(false);
    client.asks("GET k");
    assertEquals("GET k", redis.received());
    redis.says("-NOAUTH ");
    front.admits(true);
    client.asks("GET k");
    passFences();
    assertEquals("-NOAUTH $-1 ", client.received());
  }

  @Test
  void infoOfTheProxy_whenDedicated_isAnsweredInOrder() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("INFO redisproxy", "TIME");
    cache.report(ProxyInfoTest.REPORT);
    front.settle();
    assertTrue(client.received().contains("# redisproxy"));
    assertEquals("TIME", redis.received(), "it is sent after the answer has left");
    client.asks("INFO redisproxy");
    assertEquals(
        "INFO redisproxy", redis.received(), "a request is under way, so it goes to Redis");
  }

  @Test
  void quit_whenDedicated_isAnsweredByRedis_andLaterRequestsAreNotSent() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("TIME", "QUIT", "SET a 1");
    assertEquals("TIME, QUIT", redis.received());
    redis.says("*0 +OK ");
    redis.closes();
    assertEquals("*0 +OK ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void http_whenDedicated_isDisconnected() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.sends("POST / HTTP/1.1\r\nSET a 1\r\n");
    assertFalse(client.isOpen());
    assertEquals("", redis.received());
  }

  @Test
  void invalidInput_whenDedicated_isRefusedByRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.sends("*1\r\n!4\r\nPING\r\n");
    assertEquals("*1 !4 PING ", redis.received());
    redis.says("-ERR ");
    redis.closes();
    assertEquals("-ERR ", client.received());
    assertTrue(client.isOutputEnded());
    assertTrue(cache.messages().contains("invalidate "), "anything may have been written");
  }

  @Test
  void clientThatEndsItsOutput_whenDedicated_getsItsReplies() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    client.endsOutput();
    assertFalse(redis.isOutputEnded(), "Redis drops replies when it sees the end");
    redis.says("*0 ");
    assertTrue(redis.isOutputEnded());
    redis.closes();
    assertEquals("*0 ", client.received());
    assertFalse(client.isOpen());
  }

  @Test
  void drain_whenDedicated_endsTheConnectionAfterAllReplies() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    client.drain();
    client.asks("SET a 1");
    assertEquals("LRANGE l 0 1", redis.received(), "nothing more is read");
    redis.says("*0 ");
    assertTrue(redis.isOutputEnded());
    redis.closes();
    assertEquals("*0 ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void clientThatDisconnects_whenDedicatedAndIdle_closesTheConnection() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.disconnects();
    assertFalse(redis.isOpen());
  }

  @Test
  void clientThatDisconnects_whenDedicated_stillHasItsWritesInvalidated() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("SET a 1");
    client.disconnects();
    assertEquals("SET a 1", redis.received());
    assertTrue(redis.isOpen() && redis.isOutputEnded());
    redis.says("+OK ");
    assertEquals(List.of("invalidate a"), cache.messages());
    redis.closes();
  }

  @Test
  void clientThatDisconnects_givesRedisTimeToClose_ifItWroteNothing() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("BLPOP q 0");
    client.asks("LRANGE l 0 1");
    client.disconnects();
    front.pass(60_000);
    assertTrue(redis.isOpen(), "its writes are not known yet");
    redis.closes();
    assertEquals(List.of("invalidate q"), cache.messages());
    client = front.connect();
    client.asks("LRANGE l 0 1");
    front.settle();
    FakeRedisEnd another = front.connected();
    another.says(":8 ");
    client.disconnects();
    front.pass(9_999);
    assertTrue(another.isOpen());
    front.pass(1);
    assertFalse(another.isOpen());
  }

  @Test
  void lostDedicatedConnection_withOutstandingRequests_isReported() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("SET a 1", "LRANGE l 0 1");
    redis.closes();
    assertEquals(LOST, client.received());
    assertTrue(client.isOutputEnded());
    assertEquals(List.of("invalidate a"), cache.messages());
  }

  @Test
  void lostDedicatedConnection_whenIdle_endsTheSessionWithoutAReply() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    redis.closes();
    assertEquals("", client.received());
    assertTrue(client.isOutputEnded());
  }

  /** The client could not find the beginning of the next reply. */
  @Test
  void lostDedicatedConnection_withinAReply_disconnectsTheClient() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    redis.says("*2 $1 a $");
    redis.closes();
    assertFalse(client.isOpen());
    assertFalse(client.isOutputEnded());
  }

  @Test
  void dedicatedConnectionThatFails_isReported() throws Exception {
    open();
    client.asks("LPOP q");
    front.refused();
    assertEquals(UNREACHABLE, client.received());
    assertTrue(client.isOutputEnded());
  }

  /** With too many clients, Redis sends this error and closes. */
  @Test
  void dedicatedConnectionThatRedisRejects_relaysTheError() throws Exception {
    open();
    client.asks("LPOP q");
    FakeRedisEnd redis = front.connectedDedicated();
    front.sockets.replyLine(0, "-ERR max number of clients reached");
    redis.closes();
    assertEquals("-ERR max number of clients reached ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void lossBeforeEarlierReplies_isReportedAfterThem() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k", "LPOP q");
    front.refused();
    assertEquals("", client.received());
    assertFalse(client.isOutputEnded());
    cache.answer("k");
    front.settle();
    assertEquals("$1 v " + UNREACHABLE, client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void lastRequests_ofAClientThatDisconnects_reachRedis() throws Exception {
    open();
    client.asks("LPOP q", "SET a 1");
    client.disconnects();
    FakeRedisEnd redis = front.connected();
    assertEquals("CLIENT ID, LPOP q, SET a 1", redis.received());
    assertTrue(redis.isOutputEnded());
    redis.says(":7 $-1 +OK ");
    assertEquals(List.of("invalidate q", "invalidate a"), cache.messages());
  }

  // READING

  @Test
  void gets_whenReading_areAnsweredFromTheCache() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.has("a", "1");
    client.asks("GET a", "GET r");
    assertEquals("$1 1 $1 0 ", client.received());
    assertEquals(List.of("lookup a", "lookup r"), cache.messages());
    assertEquals("", redis.received());
  }

  @Test
  void otherRequest_whenReading_waitsForEarlierReads() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.has("k", "old");
    cache.isSlowWith("k");
    client.asks("GET k", "SET k new", "GET k");
    assertEquals("", redis.received());
    assertFalse(client.isRead());
    cache.answer("k");
    front.settle();
    assertEquals("$3 old ", client.received());
    assertEquals("SET k new, GET k", redis.received());
    redis.says("+OK $3 new ");
    assertEquals("+OK $3 new ", client.received());
  }

  @Test
  void inlineGet_whenReading_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    client.sends("get r\r\n");
    assertEquals("get r ", redis.received());
    redis.says("$1 0 ");
    assertEquals("$1 0 ", client.received());
  }

  /** The request begins like a GET. Redis reports the error. */
  @Test
  void invalidGet_whenReading_isRefusedByRedis() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    client.sends("*2\r\n$3\r\nGET\r\n!1\r\nk\r\n");
    assertEquals("*2 $3 GET !1 k ", redis.received());
    redis.says("-ERR ");
    redis.closes();
    assertEquals("-ERR ", client.received());
  }

  @Test
  void getInPieces_whenReading_isAnsweredFromTheCache_ifItsNameIsComplete() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    String get = FakeClient.array("GET r");
    client.sends(get.substring(0, 14));
    for (char each : get.substring(14).toCharArray()) {
      client.sends("" + each);
    }
    assertEquals("$1 0 ", client.received());
    assertEquals("", redis.received());
  }

  /** Without its name, the request may still be any command. */
  @Test
  void getInPieces_whenReading_goesToRedis_ifItsNameIsIncomplete() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    for (char each : FakeClient.array("GET r").toCharArray()) {
      client.sends("" + each);
    }
    assertEquals("GET r", redis.received());
    redis.says("$1 0 ");
    client.asks("GET r");
    passFences();
    assertEquals("$1 0 $1 0 ", client.received());
    assertEquals("", redis.received());
  }

  @Test
  void clientThatDisconnects_whenReading_closesTheConnection() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r");
    client.disconnects();
    assertFalse(redis.isOpen());
    cache.answer("r");
    front.settle();
    assertEquals("", client.received());
  }

  @Test
  void lostDedicatedConnection_whenReading_answersTheReadsFirst() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r", "SET a 1");
    redis.closes();
    assertTrue(client.isOpen() && !client.isOutputEnded());
    cache.answer("r");
    front.settle();
    assertEquals("$1 0 ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void drain_whenReading_answersTheReads_andEndsTheConnection() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r");
    client.drain();
    assertFalse(redis.isOutputEnded());
    cache.answer("r");
    front.settle();
    assertEquals("$1 0 ", client.received());
    assertTrue(redis.isOutputEnded());
    redis.closes();
    assertTrue(client.isOutputEnded());
  }

  @Test
  void clientThatEndsItsOutput_whenReading_getsItsReplies() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r");
    client.endsOutput();
    cache.answer("r");
    front.settle();
    assertTrue(redis.isOutputEnded());
    redis.closes();
    assertEquals("$1 0 ", client.received());
    assertFalse(client.isOpen());
  }

  @Test
  void infoOfTheProxy_whenReading_isAnsweredInOrder() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    client.asks("INFO redisproxy");
    cache.report(ProxyInfoTest.REPORT);
    front.settle();
    assertTrue(client.received().startsWith("$"));
    assertEquals("", redis.received());
    client.asks("GET r");
    assertEquals("$1 0 ", client.received());
  }

  // ENDING

  @Test
  void endingSession_disconnectsAClientThatStays() throws Exception {
    open();
    client.asks("QUIT");
    assertTrue(client.isOutputEnded() && client.isOpen());
    front.pass(999);
    assertTrue(client.isOpen());
    front.pass(1);
    assertFalse(client.isOpen());
  }

  @Test
  void endingSession_ignoresInput() throws Exception {
    open();
    client.asks("QUIT");
    client.asks("SET a 1", "GET k");
    assertEquals("+OK ", client.received());
    assertEquals(List.of(), cache.messages());
    assertEquals(0, front.pendingConnections());
    assertEquals(0, client.unread(), "it is read, to notice that the client closes");
  }

  @Test
  void clientThatReadsNothing_hasTimeForItsLastReplies() throws Exception {
    open();
    client.reads(false);
    client.asks("ECHO x", "QUIT");
    front.pass(9_999);
    assertTrue(client.isOpen() && !client.isOutputEnded());
    client.reads(true);
    assertEquals("$1 x +OK ", client.received());
    assertTrue(client.isOutputEnded());
  }

  @Test
  void clientThatNeverReads_isDisconnected() throws Exception {
    open();
    client.reads(false);
    client.asks("ECHO x", "QUIT");
    front.pass(10_000);
    assertFalse(client.isOpen());
  }

  @Test
  void clientThatEndsItsOutput_whileTheSessionEnds_isClosed() throws Exception {
    open();
    client.asks("QUIT");
    client.endsOutput();
    assertFalse(client.isOpen());
  }

  // The client's socket

  @Test
  void tlsHello_isDisconnected() throws Exception {
    open();
    client.sends("\26\3\1\0");
    assertFalse(client.isOpen());
    assertEquals("", client.received());
  }

  @Test
  void fault_endsTheSession() throws Exception {
    open();
    front.loop.run(() -> client.connection.broken(new IllegalStateException("as the test wants")));
    front.settle();
    assertFalse(client.isOpen());
  }

  @Test
  void request_afterADroppedAnswer_isAnsweredAfterIt() throws Exception {
    open("resp.max-pending-bytes", "64KiB");
    cache.isSlowWith("x", "y");
    cache.has("x", "1");
    cache.has("y", "2");
    cache.has("big", "x".repeat(70_000));
    cache.has("k", "old");
    // The reply to big fills the limit of pending bytes, so the answer to k is dropped.
    client.asks("GET x", "GET big", "GET y", "GET k");
    cache.isQuickWith("x");
    cache.answer("x");
    front.settle();
    client.asks("GET k");
    cache.has("k", "new");
    cache.isQuickWith("y");
    cache.answer("y");
    front.settle();
    String received = client.received().replace("x".repeat(70_000), "large");
    assertEquals("$1 1 $70000 large $1 2 $3 new $3 new ", received);
  }

  // Reads other than GET, with a dedicated connection

  private FakeRedisEnd readingReplies() throws Exception {
    open("cache.commands", "default");
    cache.replies("hget k f", "$1 v ");
    cache.replies("hlen k", ":7 ");
    cache.replies("lrange l 0 1", "*1 $1 x ");
    return dedicated();
  }

  /** Like a GET. */
  @Test
  void read_whenDedicated_isAnsweredFromTheCache_afterAFence() throws Exception {
    FakeRedisEnd redis = readingReplies();
    client.asks("HGET k f", "LRANGE l 0 1");
    assertEquals(List.of("fence"), cache.messages());
    passFences();
    assertEquals("$1 v *1 $1 x ", client.received());
    assertEquals(List.of("lookup hget k f", "lookup lrange l 0 1"), cache.messages());
    client.asks("HLEN k", "GET none");
    assertEquals(":7 $-1 ", client.received());
    assertEquals("", redis.received());
  }

  @Test
  void inlineRead_whenReading_isAnsweredFromTheCache() throws Exception {
    FakeRedisEnd redis = readingReplies();
    client.sends("hget k f\r\nHLEN k\r\n");
    passFences();
    assertEquals("$1 v :7 ", client.received());
    assertEquals("", redis.received());
  }

  @Test
  void otherRequest_whenReading_waitsForTheReadsBeforeIt() throws Exception {
    FakeRedisEnd redis = readingReplies();
    cache.isSlowWith("hget k f");
    client.asks("HGET k f", "LPOP q", "HLEN k");
    passFences();
    assertEquals("", redis.received());
    cache.answer("hget k f");
    front.settle();
    assertEquals("$1 v ", client.received());
    assertEquals("LPOP q, HLEN k", redis.received(), "a request is under way, so both go to Redis");
    redis.says("$1 j :8 ");
    assertEquals("$1 j :8 ", client.received());
  }

  @Test
  void read_whileARequestIsUnderWay_goesToRedis() throws Exception {
    FakeRedisEnd redis = readingReplies();
    client.asks("LPOP q");
    client.asks("HGET k f");
    assertEquals("LPOP q, HGET k f", redis.received());
    assertEquals(List.of(), cache.messages());
  }

  /** Wherever each of them is answered, no reply is lost, and their order stays. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 13, 29, 50})
  void readsInPieces_whenReading_areAnsweredInOrder(int step) throws Exception {
    FakeRedisEnd redis = readingReplies();
    String all =
        FakeClient.array("HGET k f")
            + "hlen k\r\n"
            + FakeClient.array("LRANGE l 0 1")
            + FakeClient.array("GET none");
    StringBuilder received = new StringBuilder();
    for (int i = 0; i < all.length(); i += step) {
      client.sends(all.substring(i, Math.min(all.length(), i + step)));
      passFences();
    }
    received.append(client.received());
    for (String asked = redis.received(); !asked.isEmpty(); asked = redis.received()) {
      for (String request : asked.split(", | (?=\\*)")) {
        redis.says(replyOfRedis(request));
      }
      passFences();
      received.append(client.received());
    }
    assertEquals("$1 v :7 *1 $1 x $-1 ", received.toString());
  }

  private static String replyOfRedis(String request) {
    String name = request.toLowerCase(java.util.Locale.ROOT);
    return name.contains("hget")
        ? "$1 v "
        : name.contains("hlen") ? ":7 " : name.contains("lrange") ? "*1 $1 x " : "$-1 ";
  }
}
