package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.front.resp.FakeFront.FakeRedisEnd;
import redisproxy.metrics.Outcome;

/** Which requests go over a shared connection, and which do not. */
class SharedRouteTest {
  private static final String LOST = "-ERR redis-proxy: Redis was lost ";

  private FakeFront front;
  private FakeClient client;

  @BeforeEach
  void open() throws Exception {
    front = new FakeFront();
    client = front.connect();
  }

  @AfterEach
  void stop() throws Exception {
    front.close();
  }

  private FakeRedisEnd shared(String request) throws Exception {
    client.asks(request);
    FakeRedisEnd shared = front.connected();
    assertEquals(request, shared.received());
    return shared;
  }

  private void renew() throws Exception {
    front.loop.run(front.node::renew);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET k v", "SET k v EX 1", "INCR k", "DEL a b", "MSET a 1 b 2", "TTL k"})
  void shortRequest_isForwarded(String request) throws Exception {
    shared(request).says(":1 ");
    assertEquals(":1 ", client.received());
    assertEquals(1, front.count(Outcome.SHARED));
    assertEquals(0, front.count(Outcome.DEDICATED));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET k v GET", "LPOP q", "LRANGE l 0 1", "BLPOP q 0", "MULTI", "WHO k"})
  void requestWithALongReplyOrState_isNotForwarded(String request) throws Exception {
    client.asks(request);
    assertEquals("CLIENT ID, " + request, front.connectedDedicated().received());
    assertEquals(0, front.count(Outcome.SHARED));
  }

  @Test
  void longRequest_isNotForwarded() throws Exception {
    String atMost = "SET k " + "x".repeat(16 * 1024 - 30);
    assertEquals(16 * 1024, FakeClient.array(atMost).length());
    FakeRedisEnd shared = shared(atMost);
    shared.says("+OK ");
    client.asks(atMost + "x");
    assertEquals("PING, CLIENT ID, " + atMost + "x", front.connectedDedicated().received());
  }

  @Test
  void requestInAnotherDatabase_isNotForwarded() throws Exception {
    client.asks("SELECT 1");
    front.connected().says("+OK ");
    client.asks("SET k v");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("SELECT 1, CLIENT ID, SET k v", redis.received());
    redis.says("+OK :7 +OK ");
    assertEquals("+OK +OK ", client.received());
  }

  @Test
  void requestsOfManySessions_shareOneConnection() throws Exception {
    FakeClient other = front.connect();
    FakeRedisEnd shared = shared("INCR a");
    other.asks("INCR b");
    client.asks("INCR c");
    assertEquals("INCR b, INCR c", shared.received());
    shared.says(":1 :2 :3 ");
    assertEquals(":1 :3 ", client.received());
    assertEquals(":2 ", other.received());
  }

  @Test
  void requestsInResp3_goOverAResp3Connection() throws Exception {
    shared("INCR a");
    FakeClient other = front.connect();
    other.asks("HELLO 3");
    other.received();
    other.asks("INCR b");
    FakeRedisEnd third = front.connected();
    assertEquals("HELLO 3, INCR b", third.received());
    third.says("%1 $1 a $1 b :2 ");
    assertEquals(":2 ", other.received());
  }

  /** An error may reveal the type of the value. */
  @ParameterizedTest
  @ValueSource(strings = {":1 ", "$-1 ", "-WRONGTYPE "})
  void replyThatRevealsData_closesTheReadBarrier(String reply) throws Exception {
    shared("SET k v").says(reply);
    client.received();
    front.cache.messages();
    client.asks("GET k");
    assertEquals(List.of("fence"), front.cache.messages());
  }

  @Test
  void simpleStringThatRevealsAKey_closesTheReadBarrier() throws Exception {
    shared("SET k v NX").says("+OK ");
    front.cache.messages();
    client.asks("GET k");
    assertEquals(List.of("fence"), front.cache.messages());
  }

  @Test
  void replyThatRevealsNothing_keepsTheReadBarrierOpen() throws Exception {
    shared("SET k v").says("+OK ");
    front.cache.messages();
    client.asks("GET k");
    assertEquals(List.of("lookup k"), front.cache.messages());
  }

  @Test
  void barrier_openedByAFence_staysOpen() throws Exception {
    shared("INCR k").says(":1 ");
    client.asks("GET k");
    front.cache.fence(true);
    front.settle();
    front.cache.messages();
    client.asks("GET k");
    assertEquals(List.of("lookup k"), front.cache.messages());
    assertEquals(":1 $-1 $-1 ", client.received());
  }

  /** Redis might read the new connection first. */
  @Test
  void request_afterOneOnAReplacedConnection_waitsForItsReply() throws Exception {
    FakeRedisEnd old = shared("SET k 1");
    renew();
    client.asks("SET k 2", "PING");
    assertEquals(0, front.pendingConnections());
    assertFalse(client.isRead());
    old.says("+OK ");
    FakeRedisEnd renewed = front.connected();
    assertEquals("SET k 2", renewed.received());
    assertEquals("", old.received());
    renewed.says("+OK ");
    assertEquals("+OK +OK +PONG ", client.received());
  }

  @Test
  void request_ofAnotherSession_doesNotWaitForTheReplacedConnection() throws Exception {
    shared("SET k 1");
    renew();
    FakeClient other = front.connect();
    other.asks("SET k 2");
    assertEquals("SET k 2", front.connected().received());
  }

  @Test
  void lostConnection_endsOnlySessionsWithOutstandingRequests() throws Exception {
    FakeClient waits = front.connect();
    FakeClient waitsNot = front.connect();
    FakeRedisEnd shared = shared("INCR a");
    waits.asks("INCR b", "INCR c");
    waitsNot.asks("PING");
    shared.closes();
    assertEquals(LOST, client.received());
    assertEquals(LOST + LOST, waits.received());
    assertEquals("+PONG ", waitsNot.received());
    assertTrue(client.isOutputEnded() && waits.isOutputEnded());
    assertFalse(waitsNot.isOutputEnded());
    waitsNot.asks("INCR d");
    assertEquals("INCR d", front.connected().received());
  }

  @Test
  void lostConnection_whenTheClientIsGone_isIgnored() throws Exception {
    FakeRedisEnd shared = shared("INCR a");
    client.disconnects();
    shared.closes();
    assertEquals("", client.received());
    assertEquals(List.of("invalidate a"), front.cache.messages());
  }

  /** WAIT waits for the writes of its own connection. */
  @Test
  void dedicatedConnection_afterASharedWrite_beginsWithPing() throws Exception {
    shared("SET k v").says("+OK ");
    client.asks("WAIT 1 0");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, CLIENT ID, WAIT 1 0", redis.received());
    redis.says("+PONG :7 :1 ");
    assertEquals("+OK :1 ", client.received());
  }

  @Test
  void request_whileAReadIsUnderWay_isNotForwarded() throws Exception {
    front.cache.isSlowWith("k");
    client.asks("GET k", "TTL k");
    front.cache.answer("k");
    front.settle();
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TTL k", redis.received());
  }

  @Test
  void repliesInPieces_arriveComplete() throws Exception {
    FakeRedisEnd shared = shared("INCR a");
    shared.says(":1");
    assertEquals("", client.received());
    shared.says("2 ");
    assertEquals(":12 ", client.received());
  }
}
