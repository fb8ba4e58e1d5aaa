package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.front.resp.FakeFront.FakeRedisEnd;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Connections.Use;

/** How sessions borrow dedicated connections and give them back. */
class BorrowingTest {
  private static final String BUSY = "-ERR redis-proxy: all connections to Redis are in use ";

  private FakeFront front;

  @AfterEach
  void stop() throws Exception {
    front.close();
  }

  private void open(String... settings) throws Exception {
    String[] all = new String[settings.length + 2];
    all[0] = "resp.pooling";
    all[1] = "true";
    System.arraycopy(settings, 0, all, 2, settings.length);
    front = new FakeFront(all);
  }

  /** Asks for a list over a new connection, which is then given back. */
  private FakeRedisEnd lent(FakeClient client) throws Exception {
    client.asks("LRANGE l 0 1");
    FakeRedisEnd redis = front.connected();
    assertEquals("CLIENT ID, LRANGE l 0 1", redis.received());
    redis.says(":7 *0 ");
    assertEquals("*0 ", client.received());
    return redis;
  }

  private long used(Use use) throws Exception {
    return front.loop.call(() -> front.node.connections().copy()).used(use);
  }

  private Connections counts() throws Exception {
    return front.loop.call(() -> front.node.connections().copy());
  }

  @Test
  void answeredConnection_isLentToTheNextSession() throws Exception {
    open("redis.max-connections", "1");
    FakeRedisEnd redis = lent(front.connect());
    assertEquals(1, used(Use.IDLE));
    FakeClient next = front.connect();
    next.asks("LRANGE l 0 1");
    assertEquals("LRANGE l 0 1", redis.received(), "its id and its state are known");
    assertEquals(1, used(Use.BORROWED));
    redis.says("*1 $1 x ");
    assertEquals("*1 $1 x ", next.received());
  }

  @Test
  void connectionOpenedInAdvance_isLentAtOnce() throws Exception {
    open();
    FakeRedisEnd first = lent(front.connect());
    FakeRedisEnd second = front.connected();
    assertEquals("", second.received(), "nothing is sent over it before");
    assertEquals(2, used(Use.IDLE));
    front.connect().asks("LRANGE l 0 1");
    front.connect().asks("LRANGE l 0 1");
    assertEquals("CLIENT ID, LRANGE l 0 1", second.received());
    assertEquals("LRANGE l 0 1", first.received());
  }

  @Test
  void session_whileAllConnectionsAreLent_waits() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("LRANGE a 0 1");
    FakeClient second = front.connect();
    FakeClient third = front.connect();
    second.asks("LRANGE b 0 1", "LRANGE b 0 2");
    third.asks("LRANGE c 0 1");
    assertEquals("LRANGE a 0 1", redis.received());
    assertEquals(2, counts().waiting());
    redis.says("*0 ");
    assertEquals("LRANGE b 0 1, LRANGE b 0 2", redis.received());
    redis.says("*0 *0 ");
    assertEquals("LRANGE c 0 1", redis.received());
    assertEquals(0, counts().waiting());
    assertEquals("*0 *0 ", second.received());
  }

  @Test
  void session_whenNoConnectionIsFreeInTime_getsAnErrorAndGoesOn() throws Exception {
    open("redis.max-connections", "1", "redis.load-timeout", "500ms");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("LRANGE a 0 1");
    FakeClient other = front.connect();
    other.asks("ECHO x", "LRANGE b 0 1", "ECHO y");
    front.pass(499);
    assertEquals("$1 x ", other.received());
    front.pass(1);
    assertEquals(BUSY + "$1 y ", other.received());
    redis.says("*0 ");
    other.asks("LRANGE b 0 1");
    assertEquals("LRANGE a 0 1, LRANGE b 0 1", redis.received());
    assertTrue(other.isOpen());
  }

  @Test
  void sessionThatLeavesWhileItWaits_getsNoConnection() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("LRANGE a 0 1");
    FakeClient other = front.connect();
    other.asks("LRANGE b 0 1");
    other.disconnects();
    assertEquals(0, counts().waiting());
    redis.says("*0 ");
    assertEquals("LRANGE a 0 1", redis.received());
    assertEquals(1, used(Use.IDLE));
  }

  /** A session that keeps its connection does not delay others. */
  @ParameterizedTest
  @CsvSource({
    "MULTI, +OK, TRANSACTION",
    "WATCH k, +OK, WATCH",
    "SUBSCRIBE c, *3 $9 subscribe $1 c :1, SUBSCRIPTION",
    "BLPOP q 0, '', BLOCKING",
    "CLIENT TRACKING ON, +OK, STATE",
    "MONITOR, +OK, UNKNOWN",
  })
  void pinnedConnection_doesNotCount(String request, String reply, Use use) throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks(request);
    if (!reply.isEmpty()) {
      redis.says(reply + " ");
    }
    assertEquals(1, used(use));
    assertEquals(0, used(Use.BORROWED));
    FakeClient other = front.connect();
    other.asks("LRANGE l 0 1");
    assertEquals(request, redis.received());
    assertEquals("CLIENT ID, LRANGE l 0 1", front.connected().received());
    client.disconnects();
    if (redis.isOpen()) {
      assertTrue(redis.isOutputEnded());
      redis.closes();
    }
    assertEquals(0, used(use));
  }

  @Test
  void unpinnedConnection_whileThePoolIsFull_isClosed() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("MULTI");
    redis.says("+OK ");
    FakeClient other = front.connect();
    other.asks("LRANGE l 0 1");
    assertEquals("CLIENT ID, LRANGE l 0 1", front.connected().received());
    client.asks("EXEC");
    redis.says("*0 ");
    assertEquals("+OK *0 ", client.received());
    assertFalse(redis.isOpen());
    assertTrue(client.isOpen());
    assertEquals(1, used(Use.BORROWED));
  }

  /** Redis has executed a part of the transaction's requests, or may do so. */
  @Test
  void clientThatLeavesWithinATransaction_takesItsConnectionAlong() throws Exception {
    open();
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("MULTI");
    redis.says("+OK ");
    client.disconnects();
    assertFalse(redis.isOpen());
    assertEquals(0, used(Use.TRANSACTION));
  }

  @Test
  void clientThatLeavesBeforeItsReply_takesItsConnectionAlong() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("LRANGE l 0 1");
    redis.says("*2 $1 x ");
    client.disconnects();
    assertTrue(redis.isOutputEnded());
    redis.says("$1 y ");
    redis.closes();
    assertEquals(0, used(Use.IDLE));
    assertEquals(0, used(Use.BORROWED));
  }

  @Test
  void lentConnection_isBroughtIntoTheStateOfTheSession() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("HELLO 3");
    client.received();
    client.asks("LRANGE l 0 1");
    assertEquals("HELLO 3, LRANGE l 0 1", redis.received());
    redis.says("%0 *0 ");
    assertEquals("*0 ", client.received());
    FakeClient other = front.connect();
    other.asks("LRANGE l 0 1");
    assertEquals("HELLO 2, LRANGE l 0 1", redis.received());
  }

  /** The next session must not have the name of the last one. */
  @Test
  void nameOfASession_isOnAPinnedConnectionOnly() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("CLIENT SETNAME n", "LRANGE l 0 1");
    assertEquals("LRANGE l 0 1", redis.received());
    redis.says("*0 ");
    client.asks("MULTI");
    assertEquals("CLIENT SETNAME n, MULTI", redis.received());
    redis.says("+OK +OK ");
    client.asks("DISCARD");
    redis.received();
    redis.says("+OK ");
    assertEquals("CLIENT SETNAME ", redis.received());
    FakeClient other = front.connect();
    other.asks("LRANGE l 0 1");
    assertEquals("", redis.received(), "Redis has not taken the name away yet");
    redis.says("+OK ");
    assertEquals("LRANGE l 0 1", redis.received());
  }

  @Test
  void nameThatRedisDoesNotTakeAway_endsTheConnection() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("CLIENT SETNAME n", "MULTI", "DISCARD");
    redis.says("+OK +OK +OK ");
    redis.says("-ERR no ");
    assertFalse(redis.isOpen());
    assertTrue(client.isOpen());
    assertEquals(0, used(Use.BORROWED));
  }

  /** What follows may have been executed in another database. */
  @Test
  void refusedState_endsTheSession() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("HELLO 3", "LRANGE l 0 1");
    client.received();
    redis.says("-NOPERM no *0 ");
    assertFalse(client.isOpen());
  }

  @Test
  void stateRefusedForNow_isSentAgain() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("HELLO 3");
    client.received();
    client.asks("LRANGE l 0 1", "LRANGE l 0 2");
    redis.received();
    redis.says("-BUSY ");
    client.asks("LRANGE l 0 3");
    assertEquals("HELLO 3, LRANGE l 0 3", redis.received());
    assertTrue(client.isOpen());
  }

  @Test
  void connectionLostAtRest_endsNoSession() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    lent(client).closes();
    assertEquals(0, used(Use.IDLE));
    assertTrue(client.isOpen());
    client.asks("LRANGE l 0 1");
    assertEquals("CLIENT ID, LRANGE l 0 1", front.connected().received());
  }

  @Test
  void unusedConnections_areClosed() throws Exception {
    open();
    FakeRedisEnd redis = lent(front.connect());
    front.pass(9_000);
    assertTrue(redis.isOpen());
    front.pass(2_000);
    assertFalse(redis.isOpen());
    assertEquals(0, used(Use.IDLE));
  }

  @Test
  void connectionsFromBeforeARenewal_areNotLent() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    FakeRedisEnd redis = lent(client);
    client.asks("LRANGE l 0 1");
    front.loop.run(front.node::renew);
    redis.says("*0 ");
    assertEquals("*0 ", client.received());
    assertFalse(redis.isOpen());
    assertTrue(client.isOpen());
    assertEquals(0, used(Use.IDLE) + used(Use.BORROWED));
  }

  /** KILL must not hit the session that has the connection by then. */
  @Test
  void killById_isAnsweredByTheProxy_whileTheConnectionIsLent() throws Exception {
    open("redis.max-connections", "1");
    FakeClient victim = front.connect();
    FakeRedisEnd lent = lent(victim);
    victim.asks("LRANGE l 0 1");
    lent.received();
    FakeClient killer = front.connect();
    String id = "" + front.loop.call(() -> victim.session.client().id());
    killer.asks("CLIENT KILL ID " + id);
    FakeRedisEnd other = front.connected();
    assertEquals("CLIENT ID, AUTH", other.received());
    other.says(":8 -ERR ");
    assertEquals(":1 ", killer.received());
    assertFalse(victim.isOpen());
  }

  /** SCRIPT KILL may end what keeps all connections busy. */
  @Test
  void scriptKill_doesNotWait() throws Exception {
    open("redis.max-connections", "1");
    FakeClient client = front.connect();
    lent(client);
    client.asks("EVAL s 0");
    front.connect().asks("SCRIPT KILL");
    assertEquals("CLIENT ID, SCRIPT KILL", front.connected().received());
  }
}
