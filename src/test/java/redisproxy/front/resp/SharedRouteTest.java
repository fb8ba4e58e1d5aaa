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

/** What goes over a connection that sessions share, and what does not. */
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
    assertEquals(request, shared.heard());
    return shared;
  }

  private void renew() throws Exception {
    front.loop.run(front.node::renew);
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET k v", "SET k v EX 1", "INCR k", "DEL a b", "MSET a 1 b 2", "TTL k"})
  void shortRequest_isForwarded(String request) throws Exception {
    shared(request).says(":1 ");
    assertEquals(":1 ", client.heard());
    assertEquals(1, front.count(Outcome.TRUNK));
    assertEquals(0, front.count(Outcome.TUNNEL));
  }

  @ParameterizedTest
  @ValueSource(strings = {"SET k v GET", "LPOP q", "LRANGE l 0 1", "BLPOP q 0", "MULTI", "WHO k"})
  void requestWithALongReplyOrState_isNot(String request) throws Exception {
    client.asks(request);
    assertEquals("CLIENT ID, " + request, front.connectedDedicated().heard());
    assertEquals(0, front.count(Outcome.TRUNK));
  }

  @Test
  void longRequest_isNotForwarded() throws Exception {
    String atMost = "SET k " + "x".repeat(16 * 1024 - 30);
    assertEquals(16 * 1024, FakeClient.array(atMost).length());
    FakeRedisEnd shared = shared(atMost);
    shared.says("+OK ");
    client.asks(atMost + "x");
    assertEquals("PING, CLIENT ID, " + atMost + "x", front.connectedDedicated().heard());
  }

  @Test
  void requestInAnotherDatabase_isNotForwarded() throws Exception {
    client.asks("SELECT 1");
    front.connected().says("+OK ");
    client.asks("SET k v");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("SELECT 1, CLIENT ID, SET k v", redis.heard());
    redis.says("+OK :7 +OK ");
    assertEquals("+OK +OK ", client.heard());
  }

  @Test
  void requestsOfManySessions_shareOneConnection_andAreAnsweredEach() throws Exception {
    FakeClient other = front.connect();
    FakeRedisEnd shared = shared("INCR a");
    other.asks("INCR b");
    client.asks("INCR c");
    assertEquals("INCR b, INCR c", shared.heard());
    shared.says(":1 :2 :3 ");
    assertEquals(":1 :3 ", client.heard());
    assertEquals(":2 ", other.heard());
  }

  @Test
  void requestsOfASessionThatSpeaksResp3_goOverAConnectionThatDoes() throws Exception {
    shared("INCR a");
    FakeClient other = front.connect();
    other.asks("HELLO 3");
    other.heard();
    other.asks("INCR b");
    FakeRedisEnd third = front.connected();
    assertEquals("HELLO 3, INCR b", third.heard());
    third.says("%1 $1 a $1 b :2 ");
    assertEquals(":2 ", other.heard());
  }

  /** An error might tell what kind of value there is. */
  @ParameterizedTest
  @ValueSource(strings = {":1 ", "$-1 ", "-WRONGTYPE "})
  void replyThatTellsSomething_closesTheReadBarrier(String reply) throws Exception {
    shared("SET k v").says(reply);
    client.heard();
    front.cache.told();
    client.asks("GET k");
    assertEquals(List.of("fence"), front.cache.told());
  }

  @Test
  void simpleStringThatTellsWhetherAKeyWasThere_closesTheReadBarrier() throws Exception {
    shared("SET k v NX").says("+OK ");
    front.cache.told();
    client.asks("GET k");
    assertEquals(List.of("fence"), front.cache.told());
  }

  @Test
  void replyThatTellsNothing_leavesTheReadBarrierOpen() throws Exception {
    shared("SET k v").says("+OK ");
    front.cache.told();
    client.asks("GET k");
    assertEquals(List.of("lookup k"), front.cache.told());
  }

  @Test
  void barrierThatAFenceHasOpened_staysOpen() throws Exception {
    shared("INCR k").says(":1 ");
    client.asks("GET k");
    front.cache.fence(true);
    front.settle();
    front.cache.told();
    client.asks("GET k");
    assertEquals(List.of("lookup k"), front.cache.told());
    assertEquals(":1 $-1 $-1 ", client.heard());
  }

  /** Redis could read the new connection first. */
  @Test
  void requestBehindOneOnAConnectionThatWasReplaced_waitsForItsReply() throws Exception {
    FakeRedisEnd old = shared("SET k 1");
    renew();
    client.asks("SET k 2", "PING");
    assertEquals(0, front.unmade());
    assertFalse(client.isRead());
    old.says("+OK ");
    FakeRedisEnd renewed = front.connected();
    assertEquals("SET k 2", renewed.heard());
    assertEquals("", old.heard());
    renewed.says("+OK ");
    assertEquals("+OK +OK +PONG ", client.heard());
  }

  @Test
  void requestOfAnotherSession_doesNotWaitForIt() throws Exception {
    shared("SET k 1");
    renew();
    FakeClient other = front.connect();
    other.asks("SET k 2");
    assertEquals("SET k 2", front.connected().heard());
  }

  @Test
  void lostConnection_endsAllSessionsThatWaitForIt_andNoOthers() throws Exception {
    FakeClient waits = front.connect();
    FakeClient waitsNot = front.connect();
    FakeRedisEnd shared = shared("INCR a");
    waits.asks("INCR b", "INCR c");
    waitsNot.asks("PING");
    shared.closes();
    assertEquals(LOST, client.heard());
    assertEquals(LOST + LOST, waits.heard());
    assertEquals("+PONG ", waitsNot.heard());
    assertTrue(client.isLeft() && waits.isLeft());
    assertFalse(waitsNot.isLeft());
    waitsNot.asks("INCR d");
    assertEquals("INCR d", front.connected().heard());
  }

  @Test
  void lostConnection_isNothingToAClientThatIsGone() throws Exception {
    FakeRedisEnd shared = shared("INCR a");
    client.goes();
    shared.closes();
    assertEquals("", client.heard());
    assertEquals(List.of("invalidate a"), front.cache.told());
  }

  /** WAIT asks for the writes of its own connection. */
  @Test
  void dedicatedConnectionBehindIt_isToldSomethingFirst() throws Exception {
    shared("SET k v").says("+OK ");
    client.asks("WAIT 1 0");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("PING, CLIENT ID, WAIT 1 0", redis.heard());
    redis.says("+PONG :7 :1 ");
    assertEquals("+OK :1 ", client.heard());
  }

  @Test
  void requestBehindAReadThatIsUnderWay_isNotForwarded() throws Exception {
    front.cache.isSlowWith("k");
    client.asks("GET k", "TTL k");
    front.cache.answer("k");
    front.settle();
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, TTL k", redis.heard());
  }

  @Test
  void repliesInPieces_arriveWhole() throws Exception {
    FakeRedisEnd shared = shared("INCR a");
    shared.says(":1");
    assertEquals("", client.heard());
    shared.says("2 ");
    assertEquals(":12 ", client.heard());
  }
}
