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

/** Queries of a session without a dedicated connection. */
class ServerQueriesTest {
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

  private FakeRedisEnd queried(String request) throws Exception {
    client.asks(request);
    FakeRedisEnd redis = front.connected();
    assertEquals(request, redis.received());
    return redis;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INFO",
        "INFO server",
        "COMMAND",
        "command Count",
        "COMMAND DOCS get",
        "COMMAND GETKEYSANDFLAGS GET k"
      })
  void query_isAnsweredOverASharedConnection(String request) throws Exception {
    queried(request).says("$1 x ");
    assertEquals("$1 x ", client.received());
  }

  @ParameterizedTest
  @ValueSource(strings = {"COMMAND WHAT", "CLIENT LIST", "SCRIPT LOAD x", "CONFIG GET x", "DBSIZE"})
  void otherRequest_goesOverADedicatedConnection(String request) throws Exception {
    client.asks(request);
    assertEquals("CLIENT ID, " + request, front.connectedDedicated().received());
  }

  @Test
  void longQuery_goesOverADedicatedConnection() throws Exception {
    // Each argument counts with its header and its line end.
    String atMost = "INFO " + "x".repeat(1024 - 4 - 2 * 6);
    queried(atMost);
    FakeClient other = front.connect();
    other.asks(atMost + "x");
    assertEquals("CLIENT ID, " + atMost + "x", front.connectedDedicated().received());
  }

  @Test
  void requestsAfterAQuery_waitForItsAnswer() throws Exception {
    client.asks("PING", "INFO", "PING", "INFO");
    FakeRedisEnd redis = front.connected();
    assertEquals("INFO", redis.received(), "one at a time");
    assertEquals("+PONG ", client.received());
    assertFalse(client.isRead());
    redis.says("$1 a ");
    assertEquals("$1 a +PONG ", client.received());
    redis.says("$1 b ");
    assertEquals("$1 b ", client.received());
    assertTrue(client.isRead());
  }

  @Test
  void queriesOfManySessions_shareAConnection() throws Exception {
    FakeClient other = front.connect();
    FakeRedisEnd redis = queried("INFO");
    other.asks("COMMAND COUNT");
    assertEquals("COMMAND COUNT", redis.received());
    redis.says("$1 a :7 ");
    assertEquals("$1 a ", client.received());
    assertEquals(":7 ", other.received());
  }

  /** An answer may be too long to be kept. */
  @Test
  void queryWithoutAnAnswer_goesOverADedicatedConnection() throws Exception {
    FakeRedisEnd redis = queried("INFO");
    redis.says("$2000000 " + "x".repeat(2_000_000) + " ");
    assertEquals("CLIENT ID, INFO", front.connectedDedicated().received());
    assertEquals("", client.received());
  }

  @Test
  void query_whenRedisIsUnreachable_repeatsTheLastAnswer() throws Exception {
    FakeRedisEnd redis = queried("COMMAND COUNT");
    redis.says(":7 ");
    redis.closes();
    client.asks("COMMAND COUNT");
    front.refused();
    assertEquals(":7 :7 ", client.received());
  }

  @Test
  void query_whenTheClientIsGone_isNotAnswered() throws Exception {
    FakeRedisEnd redis = queried("INFO");
    client.disconnects();
    redis.says("$1 a ");
    assertEquals("", client.received());
  }

  // SELECT

  @Test
  void databaseThatExists_isSelected() throws Exception {
    queried("SELECT 5").says("+OK ");
    client.asks("GET k");
    assertEquals("+OK $-1 ", client.received());
    assertEquals(List.of("lookup 5/k"), front.cache.messages());
  }

  @Test
  void databaseThatExists_isQueriedOnce() throws Exception {
    queried("SELECT 5").says("+OK ");
    client.asks("SELECT 0", "SELECT 5");
    FakeClient other = front.connect();
    other.asks("SELECT 5", "GET k");
    assertEquals("+OK +OK +OK ", client.received());
    assertEquals("+OK $-1 ", other.received());
    assertEquals(List.of("lookup 5/k"), front.cache.messages());
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void databaseThatDoesNotExist_doesNotChangeTheDatabase() throws Exception {
    queried("SELECT 99").says("-ERR ");
    client.asks("GET k");
    assertEquals("-ERR $-1 ", client.received());
    assertEquals(List.of("lookup k"), front.cache.messages());
  }

  @Test
  void largestCachedDatabase_isSelectedLocally() throws Exception {
    queried("SELECT 1023").says("+OK ");
    assertEquals("+OK ", client.received());
  }

  /** Redis may accept such a SELECT, but then only a dedicated connection may answer it. */
  @ParameterizedTest
  @ValueSource(strings = {"SELECT 1024", "SELECT 05", "SELECT +5", "SELECT 5 5"})
  void otherDatabase_goesOverADedicatedConnection(String request) throws Exception {
    queried(request).says("+OK ");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, " + request, redis.received());
  }

  // CLIENT MAINT_NOTIFICATIONS

  @Test
  void maintNotifications_whenRedisRefusesThem_areRefused() throws Exception {
    queried("CLIENT MAINT_NOTIFICATIONS ON").says("-ERR ");
    assertEquals("-ERR ", client.received());
    assertEquals(0, front.pendingConnections());
  }

  @Test
  void maintNotifications_whenRedisSupportsThem_goOverADedicatedConnection() throws Exception {
    queried("CLIENT MAINT_NOTIFICATIONS ON").says("+OK ");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, CLIENT MAINT_NOTIFICATIONS ON", redis.received());
    redis.says(":7 +OK ");
    assertEquals("+OK ", client.received());
  }
}
