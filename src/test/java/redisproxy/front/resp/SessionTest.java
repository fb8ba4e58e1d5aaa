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

/** The states of a session, which route each has for a request, and what leads to another. */
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

  /** A session in DEDICATED, with nothing under way; Redis has told it nothing. */
  private FakeRedisEnd dedicated() throws Exception {
    client.asks("TIME");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TIME", redis.heard());
    redis.says(":7 *0 ");
    assertEquals("*0 ", client.heard());
    cache.told();
    return redis;
  }

  /** A session in READING. */
  private FakeRedisEnd reading() throws Exception {
    FakeRedisEnd redis = dedicated();
    cache.has("r", "0");
    client.asks("GET r");
    passFences();
    assertEquals("$1 0 ", client.heard());
    assertEquals("", redis.heard());
    cache.told();
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
    assertEquals("$1 v $-1 ", client.heard());
    assertEquals(List.of("lookup k", "lookup none"), cache.told());
    assertEquals(0, front.unmade(), "asked Redis for a connection");
    assertEquals(2, front.count(Outcome.HIT));
  }

  @Test
  void ping_whenRouted_isAnsweredHere() throws Exception {
    open();
    client.asks("PING", "PING hi", "ECHO ho");
    assertEquals("+PONG $2 hi $2 ho ", client.heard());
    assertEquals(0, front.unmade());
    assertEquals(3, front.count(Outcome.OWN));
  }

  @Test
  void set_whenRouted_goesOverASharedConnection() throws Exception {
    open();
    client.asks("SET k v");
    FakeRedisEnd shared = front.connected();
    assertEquals("SET k v", shared.heard());
    assertEquals("", client.heard());
    shared.says("+OK ");
    assertEquals("+OK ", client.heard());
    assertEquals(List.of("invalidate k"), cache.told());
    assertEquals(0, front.unmade());
  }

  @Test
  void otherRequest_whenRouted_goesOverADedicatedConnection() throws Exception {
    open();
    client.asks("LRANGE l 0 1");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, LRANGE l 0 1", redis.heard());
    redis.says(":7 *1 $1 x ");
    assertEquals("*1 $1 x ", client.heard());
    assertEquals(1, front.count(Outcome.TUNNEL));
  }

  /** Each route has one of them. */
  @Test
  void requestsOfAllRoutes_areAnsweredInTheirOrder() throws Exception {
    open();
    cache.has("a", "1");
    cache.isSlowWith("b");
    client.asks("SET x 1", "PING", "SET y 2");
    client.asks("LPOP q", "GET a");
    FakeRedisEnd shared = front.connected();
    assertEquals("SET x 1, SET y 2", shared.heard());
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, CLIENT ID", redis.heard(), "the replies before it have not come");
    redis.says("+PONG :7 ");
    shared.says("+OK ");
    assertEquals("+OK +PONG ", client.heard());
    assertEquals("", redis.heard());
    shared.says("+OK ");
    assertEquals("+OK ", client.heard());
    assertEquals("LPOP q, GET a", redis.heard(), "something is on its way: Redis has it all");
    redis.says("$1 j $1 1 ");
    assertEquals("$1 j $1 1 ", client.heard());
  }

  @Test
  void get_whileAnotherWaits_isAnsweredBehindIt() throws Exception {
    open();
    cache.has("a", "1");
    cache.has("b", "2");
    cache.isSlowWith("a");
    client.asks("GET a", "GET b", "PING");
    assertEquals("", client.heard());
    cache.answer("a");
    front.settle();
    assertEquals("$1 1 $1 2 +PONG ", client.heard());
  }

  /** Redis could read the two connections in any order. */
  @Test
  void set_whileAReadIsUnderWay_goesOverADedicatedConnection() throws Exception {
    open();
    cache.has("k", "old");
    cache.isSlowWith("k");
    client.asks("GET k", "SET k new");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID", redis.heard(), "sent before the read was answered");
    redis.says(":7 ");
    cache.answer("k");
    front.settle();
    assertEquals("$3 old ", client.heard());
    assertEquals("SET k new", redis.heard());
  }

  /** The connection is opened while the reply is on its way, and then not needed. */
  @Test
  void get_behindASetThatHasNoReply_waitsForIt() throws Exception {
    open();
    client.asks("SET k v", "GET k");
    FakeRedisEnd shared = front.connected();
    FakeRedisEnd redis = front.connectedDedicated();
    redis.says("+PONG :7 ");
    assertEquals(List.of(), cache.told());
    cache.has("k", "v");
    shared.says("+OK ");
    assertEquals("+OK $1 v ", client.heard());
    assertEquals(List.of("invalidate k", "lookup k"), cache.told());
    assertEquals("PING, CLIENT ID", redis.heard());
  }

  @Test
  void get_behindASetThatIsAnswered_isAnsweredFromTheCache() throws Exception {
    open();
    cache.has("k", "v");
    client.asks("SET k v");
    front.connected().says("+OK ");
    client.asks("GET k");
    assertEquals("+OK $1 v ", client.heard());
    assertEquals(List.of("invalidate k", "lookup k"), cache.told());
    assertEquals(0, front.unmade());
  }

  /** A number tells the client something of what is in Redis. */
  @Test
  void get_behindAnIncr_waitsForAFence() throws Exception {
    open();
    cache.has("k", "5");
    client.asks("INCR k");
    front.connected().says(":5 ");
    client.asks("GET k", "GET k");
    assertEquals(":5 ", client.heard());
    assertEquals(List.of("invalidate k", "fence"), cache.told());
    passFences();
    assertEquals("$1 5 $1 5 ", client.heard());
    assertEquals(List.of("lookup k", "lookup k"), cache.told());
    assertEquals(0, front.unmade());
  }

  @Test
  void get_whenTheFenceDoesNotPass_goesOverADedicatedConnection() throws Exception {
    open();
    client.asks("INCR k");
    front.connected().says(":5 ");
    client.asks("GET k");
    cache.fence(false);
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, CLIENT ID, GET k", redis.heard());
    redis.says("+PONG :7 $1 5 ");
    assertEquals(":5 $1 5 ", client.heard());
  }

  @ParameterizedTest
  @ValueSource(ints = {1, 2, 3, 7, 50})
  void requests_howeverTheyAreSplit_areAnsweredTheSame(int step) throws Exception {
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
    assertEquals("SET a 1", shared.heard());
    shared.says("+OK ");
    assertEquals("$1 v +PONG +OK $1 x ", client.heard());
  }

  // ROUTED: the end

  @Test
  void quit_isAnsweredLast() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k", "QUIT", "PING");
    assertFalse(client.isLeft());
    assertFalse(client.isRead(), "what comes behind it is not read");
    cache.answer("k");
    front.settle();
    assertEquals("$1 v +OK ", client.heard());
    assertTrue(client.isLeft());
    client.goes();
    assertFalse(client.isOpen());
  }

  @Test
  void protocolError_isAnsweredLast() throws Exception {
    open();
    client.sends(FakeClient.array("PING") + "*1\r\n!4\r\nPING\r\n" + FakeClient.array("PING"));
    assertEquals("+PONG -ERR Protocol error: expected '$', got '!' ", client.heard());
    assertTrue(client.isLeft());
    client.asks("PING");
    assertEquals("", client.heard());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST / HTTP/1.1\r\n\r\n", "Host: there\r\n\r\n"})
  void http_whenRouted_isCutOffWithoutAWord(String request) throws Exception {
    open();
    client.sends(request);
    assertEquals("", client.heard());
    assertFalse(client.isOpen());
  }

  /** As with Redis, requests that came before it are done; their replies are lost. */
  @Test
  void http_behindOtherRequests_isCutOffToo() throws Exception {
    open();
    client.sends("SET a 1\r\nPOST / HTTP/1.1\r\nSET b 2\r\n");
    FakeRedisEnd shared = front.connected();
    assertEquals("SET a 1 ", shared.heard());
    assertFalse(client.isOpen());
    shared.says("+OK ");
    assertEquals(List.of("invalidate a"), cache.told());
  }

  @Test
  void clientThatEndsItsSide_whenRouted_getsItsReplies() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k", "PING");
    client.ends();
    assertTrue(client.isOpen() && !client.isLeft());
    cache.answer("k");
    front.settle();
    assertEquals("$1 v +PONG ", client.heard());
    assertFalse(client.isOpen(), "nobody is waited for any more");
  }

  @Test
  void clientThatGoes_whenRouted_isForgotten() throws Exception {
    open();
    cache.isSlowWith("k");
    client.asks("SET a 1");
    client.asks("PING");
    FakeRedisEnd shared = front.connected();
    client.goes();
    shared.says("+OK ");
    assertEquals(List.of("invalidate a"), cache.told());
    FakeClient other = front.connect();
    other.asks("SET b 2");
    shared.says("+OK ");
    assertEquals("+OK ", other.heard());
    assertTrue(shared.isOpen(), "it is for others too");
  }

  @Test
  void clientThatGoes_whileTheCacheIsAsked_isForgotten() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k");
    client.goes();
    cache.answer("k");
    front.settle();
    assertEquals("", client.heard());
    assertEquals(0, client.session.held());
  }

  @Test
  void drain_whenNothingIsUnderWay_endsTheSessionAtOnce() throws Exception {
    open();
    client.isDrained();
    assertTrue(client.isLeft());
    assertEquals("", client.heard());
  }

  @Test
  void drain_whenRouted_answersWhatWasRead() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k");
    client.isDrained();
    assertFalse(client.isRead());
    client.asks("PING");
    assertFalse(client.isLeft());
    cache.answer("k");
    front.settle();
    assertEquals("$1 v ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void lostSharedConnection_endsTheSession_behindWhatWasRead() throws Exception {
    open();
    client.asks("SET a 1", "PING");
    FakeRedisEnd shared = front.connected();
    shared.closes();
    assertEquals(LOST + "+PONG ", client.heard());
    assertTrue(client.isLeft());
    assertEquals(List.of("invalidate a"), cache.told());
  }

  @Test
  void sharedConnectionThatCannotBeMade_endsTheSession() throws Exception {
    open();
    client.asks("SET a 1");
    front.refused();
    assertEquals(UNREACHABLE, client.heard());
    assertTrue(client.isLeft());
  }

  // DEDICATED

  @Test
  void anyRequest_whenDedicated_goesOverTheDedicatedConnection() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("SET a 1", "PING", "INCR a");
    assertEquals("SET a 1, PING, INCR a", redis.heard());
    redis.says("+OK +PONG :2 ");
    assertEquals("+OK +PONG :2 ", client.heard());
    assertEquals(List.of("invalidate a", "invalidate a"), cache.told());
  }

  @Test
  void get_whenDedicatedWithSomethingUnderWay_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LPOP q", "GET k");
    assertEquals("LPOP q, GET k", redis.heard());
    redis.says("$-1 $1 v ");
    assertEquals("$-1 $1 v ", client.heard());
    assertEquals(List.of("invalidate q"), cache.told());
  }

  @Test
  void get_whenDedicatedAndRedisHasToldSomething_waitsForAFence() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    cache.has("k", "v");
    client.asks("LRANGE l 0 1");
    redis.says("*0 ");
    client.asks("GET k");
    assertEquals(List.of("fence"), cache.told());
    assertEquals("*0 ", client.heard());
    cache.fence(true);
    front.settle();
    assertEquals("$1 v ", client.heard());
    assertEquals("LRANGE l 0 1", redis.heard());
  }

  @Test
  void get_whenDedicatedAndTheFenceDoesNotPass_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    redis.says("*0 ");
    redis.heard();
    client.asks("GET k");
    cache.fence(false);
    front.settle();
    assertEquals("GET k", redis.heard());
    redis.says("$1 v ");
    assertEquals("*0 $1 v ", client.heard());
    assertEquals(List.of("fence"), cache.told());
  }

  /** It goes to Redis while the fence is under way only behind it. */
  @Test
  void requestBehindAGetThatWaitsForAFence_waitsToo() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    redis.says("*0 ");
    redis.heard();
    client.asks("GET k");
    client.asks("SET k v");
    assertEquals("", redis.heard());
    cache.fence(true);
    front.settle();
    assertEquals("*0 $-1 ", client.heard());
    assertEquals("SET k v", redis.heard());
    assertEquals(List.of("fence", "lookup k"), cache.told());
  }

  @Test
  void get_inTransaction_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("MULTI");
    redis.says("+OK ");
    client.asks("GET k");
    assertEquals("MULTI, GET k", redis.heard());
    redis.says("+QUEUED ");
    client.asks("EXEC");
    redis.says("*1 $1 v ");
    assertEquals("+OK +QUEUED *1 $1 v ", client.heard());
    assertEquals(List.of(), cache.told());
  }

  @Test
  void get_whenTheProxyIsNotAdmitted_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    front.admits(false);
    client.asks("GET k");
    assertEquals("GET k", redis.heard());
    redis.says("-NOAUTH ");
    front.admits(true);
    client.asks("GET k");
    passFences();
    assertEquals("-NOAUTH $-1 ", client.heard());
  }

  @Test
  void infoOfTheProxy_whenDedicated_isAnsweredInItsTurn() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("INFO redisproxy", "TIME");
    cache.report(ProxyInfoTest.REPORT);
    front.settle();
    assertTrue(client.heard().contains("# redisproxy"));
    assertEquals("TIME", redis.heard(), "it was sent when the answer had left");
    client.asks("INFO redisproxy");
    assertEquals("INFO redisproxy", redis.heard(), "something is under way there");
  }

  @Test
  void quit_whenDedicated_isAnsweredByRedis_andNothingBehindItIsSent() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("TIME", "QUIT", "SET a 1");
    assertEquals("TIME, QUIT", redis.heard());
    redis.says("*0 +OK ");
    redis.closes();
    assertEquals("*0 +OK ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void http_whenDedicated_isCutOff() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.sends("POST / HTTP/1.1\r\nSET a 1\r\n");
    assertFalse(client.isOpen());
    assertEquals("", redis.heard());
  }

  @Test
  void brokenInput_whenDedicated_isForRedisToRefuse() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.sends("*1\r\n!4\r\nPING\r\n");
    assertEquals("*1 !4 PING ", redis.heard());
    redis.says("-ERR ");
    redis.closes();
    assertEquals("-ERR ", client.heard());
    assertTrue(client.isLeft());
    assertTrue(cache.told().contains("invalidate "), "anything may have been written");
  }

  @Test
  void clientThatEndsItsSide_whenDedicated_getsItsReplies_andRedisTheEnd() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    client.ends();
    assertFalse(redis.isEnded(), "Redis drops replies when it sees the end");
    redis.says("*0 ");
    assertTrue(redis.isEnded());
    redis.closes();
    assertEquals("*0 ", client.heard());
    assertFalse(client.isOpen());
  }

  @Test
  void drain_whenDedicated_endsTheConnectionWhenAllIsAnswered() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    client.isDrained();
    client.asks("SET a 1");
    assertEquals("LRANGE l 0 1", redis.heard(), "nothing more is read");
    redis.says("*0 ");
    assertTrue(redis.isEnded());
    redis.closes();
    assertEquals("*0 ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void clientThatGoes_whenDedicatedWithNothingUnderWay_closesTheConnection() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.goes();
    assertFalse(redis.isOpen());
  }

  @Test
  void clientThatGoes_whenDedicated_leavesWhatItWroteToBeInvalidated() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("SET a 1");
    client.goes();
    assertEquals("SET a 1", redis.heard());
    assertTrue(redis.isOpen() && redis.isEnded());
    redis.says("+OK ");
    assertEquals(List.of("invalidate a"), cache.told());
    redis.closes();
  }

  @Test
  void clientThatGoes_leavesRedisTimeToClose_ifItWroteNothing() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("BLPOP q 0");
    client.asks("LRANGE l 0 1");
    client.goes();
    front.pass(60_000);
    assertTrue(redis.isOpen(), "what it wrote is not known yet");
    redis.closes();
    assertEquals(List.of("invalidate q"), cache.told());
    client = front.connect();
    client.asks("LRANGE l 0 1");
    front.settle();
    FakeRedisEnd another = front.connected();
    another.says(":8 ");
    client.goes();
    front.pass(9_999);
    assertTrue(another.isOpen());
    front.pass(1);
    assertFalse(another.isOpen());
  }

  @Test
  void lostDedicatedConnection_withRequestsUnderWay_saysSo() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("SET a 1", "LRANGE l 0 1");
    redis.closes();
    assertEquals(LOST, client.heard());
    assertTrue(client.isLeft());
    assertEquals(List.of("invalidate a"), cache.told());
  }

  @Test
  void lostDedicatedConnection_withNothingUnderWay_endsTheSessionWithoutAWord() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    redis.closes();
    assertEquals("", client.heard());
    assertTrue(client.isLeft());
  }

  /** The client could not tell where a reply to the next request begins. */
  @Test
  void lostDedicatedConnection_withinAReply_cutsTheClientOff() throws Exception {
    open();
    FakeRedisEnd redis = dedicated();
    client.asks("LRANGE l 0 1");
    redis.says("*2 $1 a $");
    redis.closes();
    assertFalse(client.isOpen());
    assertFalse(client.isLeft());
  }

  @Test
  void dedicatedConnectionThatCannotBeMade_isToldAsSuch() throws Exception {
    open();
    client.asks("LPOP q");
    front.refused();
    assertEquals(UNREACHABLE, client.heard());
    assertTrue(client.isLeft());
  }

  /** There are too many clients: that is what Redis says before it closes. */
  @Test
  void dedicatedConnectionThatRedisTurnsAway_saysWhatRedisSaid() throws Exception {
    open();
    client.asks("LPOP q");
    FakeRedisEnd redis = front.connectedDedicated();
    front.sockets.replyLine(0, "-ERR max number of clients reached");
    redis.closes();
    assertEquals("-ERR max number of clients reached ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void lossBeforeEarlierReplies_isToldBehindThem() throws Exception {
    open();
    cache.has("k", "v");
    cache.isSlowWith("k");
    client.asks("GET k", "LPOP q");
    front.refused();
    assertEquals("", client.heard());
    assertFalse(client.isLeft());
    cache.answer("k");
    front.settle();
    assertEquals("$1 v " + UNREACHABLE, client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void clientThatSendsItsLastAndGoes_whileDedicated_isHeard() throws Exception {
    open();
    client.asks("LPOP q", "SET a 1");
    client.goes();
    FakeRedisEnd redis = front.connected();
    assertEquals("CLIENT ID, LPOP q, SET a 1", redis.heard());
    assertTrue(redis.isEnded());
    redis.says(":7 $-1 +OK ");
    assertEquals(List.of("invalidate q", "invalidate a"), cache.told());
  }

  // READING

  @Test
  void gets_whenReading_areAnsweredFromTheCache() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.has("a", "1");
    client.asks("GET a", "GET r");
    assertEquals("$1 1 $1 0 ", client.heard());
    assertEquals(List.of("lookup a", "lookup r"), cache.told());
    assertEquals("", redis.heard());
  }

  @Test
  void otherRequest_whenReading_waitsForTheReadsBeforeIt() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.has("k", "old");
    cache.isSlowWith("k");
    client.asks("GET k", "SET k new", "GET k");
    assertEquals("", redis.heard());
    assertFalse(client.isRead());
    cache.answer("k");
    front.settle();
    assertEquals("$3 old ", client.heard());
    assertEquals("SET k new, GET k", redis.heard());
    redis.says("+OK $3 new ");
    assertEquals("+OK $3 new ", client.heard());
  }

  @Test
  void getThatIsNoUsualOne_whenReading_goesToRedis() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    client.sends("get r\r\n");
    assertEquals("get r ", redis.heard());
    redis.says("$1 0 ");
    assertEquals("$1 0 ", client.heard());
  }

  /** It begins as one; Redis is to say what is wrong with it. */
  @Test
  void getThatIsBroken_whenReading_isForRedisToRefuse() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    client.sends("*2\r\n$3\r\nGET\r\n!1\r\nk\r\n");
    assertEquals("*2 $3 GET !1 k ", redis.heard());
    redis.says("-ERR ");
    redis.closes();
    assertEquals("-ERR ", client.heard());
  }

  @Test
  void getInPieces_whenReading_isAnsweredFromTheCache_onceItsNameIsThere() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    String get = FakeClient.array("GET r");
    client.sends(get.substring(0, 14));
    for (char each : get.substring(14).toCharArray()) {
      client.sends("" + each);
    }
    assertEquals("$1 0 ", client.heard());
    assertEquals("", redis.heard());
  }

  /** It might be any request yet. */
  @Test
  void getInPieces_whenReading_goesToRedis_ifItsNameIsNotThere() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    for (char each : FakeClient.array("GET r").toCharArray()) {
      client.sends("" + each);
    }
    assertEquals("GET r", redis.heard());
    redis.says("$1 0 ");
    client.asks("GET r");
    passFences();
    assertEquals("$1 0 $1 0 ", client.heard());
    assertEquals("", redis.heard());
  }

  @Test
  void clientThatGoes_whenReading_closesTheConnection() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r");
    client.goes();
    assertFalse(redis.isOpen());
    cache.answer("r");
    front.settle();
    assertEquals("", client.heard());
  }

  @Test
  void lostDedicatedConnection_whenReading_answersTheReadsFirst() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r", "SET a 1");
    redis.closes();
    assertTrue(client.isOpen() && !client.isLeft());
    cache.answer("r");
    front.settle();
    assertEquals("$1 0 ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void drain_whenReading_answersTheReads_andEndsTheConnection() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r");
    client.isDrained();
    assertFalse(redis.isEnded());
    cache.answer("r");
    front.settle();
    assertEquals("$1 0 ", client.heard());
    assertTrue(redis.isEnded());
    redis.closes();
    assertTrue(client.isLeft());
  }

  @Test
  void clientThatEndsItsSide_whenReading_getsItsReplies() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    cache.isSlowWith("r");
    client.asks("GET r");
    client.ends();
    cache.answer("r");
    front.settle();
    assertTrue(redis.isEnded());
    redis.closes();
    assertEquals("$1 0 ", client.heard());
    assertFalse(client.isOpen());
  }

  @Test
  void infoOfTheProxy_whenReading_isAnsweredInItsTurn() throws Exception {
    open();
    FakeRedisEnd redis = reading();
    client.asks("INFO redisproxy");
    cache.report(ProxyInfoTest.REPORT);
    front.settle();
    assertTrue(client.heard().startsWith("$"));
    assertEquals("", redis.heard());
    client.asks("GET r");
    assertEquals("$1 0 ", client.heard());
  }

  // ENDING

  @Test
  void sessionThatEnds_cutsOffAClientThatDoesNotGo() throws Exception {
    open();
    client.asks("QUIT");
    assertTrue(client.isLeft() && client.isOpen());
    front.pass(999);
    assertTrue(client.isOpen());
    front.pass(1);
    assertFalse(client.isOpen());
  }

  @Test
  void sessionThatEnds_ignoresWhatTheClientSends() throws Exception {
    open();
    client.asks("QUIT");
    client.asks("SET a 1", "GET k");
    assertEquals("+OK ", client.heard());
    assertEquals(List.of(), cache.told());
    assertEquals(0, front.unmade());
    assertEquals(0, client.unread(), "it is read, to see the client go");
  }

  @Test
  void clientThatReadsNothing_isGivenTimeForItsLastReplies() throws Exception {
    open();
    client.takes(false);
    client.asks("ECHO x", "QUIT");
    front.pass(9_999);
    assertTrue(client.isOpen() && !client.isLeft());
    client.takes(true);
    assertEquals("$1 x +OK ", client.heard());
    assertTrue(client.isLeft());
  }

  @Test
  void clientThatNeverReads_isCutOff() throws Exception {
    open();
    client.takes(false);
    client.asks("ECHO x", "QUIT");
    front.pass(10_000);
    assertFalse(client.isOpen());
  }

  @Test
  void clientThatEndsItsSide_whileTheSessionEnds_isClosed() throws Exception {
    open();
    client.asks("QUIT");
    client.ends();
    assertFalse(client.isOpen());
  }

  // The client's socket

  @Test
  void tlsHello_isCutOff() throws Exception {
    open();
    client.sends("\26\3\1\0");
    assertFalse(client.isOpen());
    assertEquals("", client.heard());
  }

  @Test
  void fault_endsTheSession() throws Exception {
    open();
    front.loop.run(() -> client.connection.broken(new IllegalStateException("as the test wants")));
    front.settle();
    assertFalse(client.isOpen());
  }

  @Test
  void requestBehindOneThatWasLetGo_isNotAnsweredBeforeIt() throws Exception {
    open("resp.max-pending-bytes", "64KiB");
    cache.isSlowWith("x", "y");
    cache.has("x", "1");
    cache.has("y", "2");
    cache.has("big", "x".repeat(70_000));
    cache.has("k", "old");
    // The reply of big fills what may be pending, so the answer to k is let go.
    client.asks("GET x", "GET big", "GET y", "GET k");
    cache.isQuickWith("x");
    cache.answer("x");
    front.settle();
    client.asks("GET k");
    cache.has("k", "new");
    cache.isQuickWith("y");
    cache.answer("y");
    front.settle();
    String heard = client.heard().replace("x".repeat(70_000), "large");
    assertEquals("$1 1 $70000 large $1 2 $3 new $3 new ", heard);
  }
}
