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

/** What a session asks Redis without a connection of its own. */
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
    assertEquals(request, redis.heard());
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
  void question_isAnsweredOverASharedConnection(String request) throws Exception {
    queried(request).says("$1 x ");
    assertEquals("$1 x ", client.heard());
  }

  @ParameterizedTest
  @ValueSource(strings = {"COMMAND WHAT", "CLIENT LIST", "SCRIPT LOAD x", "CONFIG GET x", "DBSIZE"})
  void otherQuestion_isForADedicatedConnection(String request) throws Exception {
    client.asks(request);
    assertEquals("CLIENT ID, " + request, front.connectedDedicated().heard());
  }

  @Test
  void longQuestion_isForADedicatedConnection() throws Exception {
    // each argument counts with its head and its end
    String atMost = "INFO " + "x".repeat(1024 - 4 - 2 * 6);
    queried(atMost);
    FakeClient other = front.connect();
    other.asks(atMost + "x");
    assertEquals("CLIENT ID, " + atMost + "x", front.connectedDedicated().heard());
  }

  @Test
  void requestsBehindAQuestion_waitForItsAnswer() throws Exception {
    client.asks("PING", "INFO", "PING", "INFO");
    FakeRedisEnd redis = front.connected();
    assertEquals("INFO", redis.heard(), "one at a time");
    assertEquals("+PONG ", client.heard());
    assertFalse(client.isRead());
    redis.says("$1 a ");
    assertEquals("$1 a +PONG ", client.heard());
    redis.says("$1 b ");
    assertEquals("$1 b ", client.heard());
    assertTrue(client.isRead());
  }

  @Test
  void questionsOfManySessions_shareAConnection() throws Exception {
    FakeClient other = front.connect();
    FakeRedisEnd redis = queried("INFO");
    other.asks("COMMAND COUNT");
    assertEquals("COMMAND COUNT", redis.heard());
    redis.says("$1 a :7 ");
    assertEquals("$1 a ", client.heard());
    assertEquals(":7 ", other.heard());
  }

  /** It may be that the answer is too long to be kept. */
  @Test
  void questionWithoutAnAnswer_isForADedicatedConnection() throws Exception {
    FakeRedisEnd redis = queried("INFO");
    redis.says("$2000000 " + "x".repeat(2_000_000) + " ");
    assertEquals("CLIENT ID, INFO", front.connectedDedicated().heard());
    assertEquals("", client.heard());
  }

  @Test
  void question_whenRedisIsOutOfReach_isAnsweredAsLastTime() throws Exception {
    FakeRedisEnd redis = queried("COMMAND COUNT");
    redis.says(":7 ");
    redis.closes();
    client.asks("COMMAND COUNT");
    front.refused();
    assertEquals(":7 :7 ", client.heard());
  }

  @Test
  void question_whenTheClientIsGone_isAnsweredNobody() throws Exception {
    FakeRedisEnd redis = queried("INFO");
    client.goes();
    redis.says("$1 a ");
    assertEquals("", client.heard());
  }

  // SELECT

  @Test
  void databaseThatExists_isSelected() throws Exception {
    queried("SELECT 5").says("+OK ");
    client.asks("GET k");
    assertEquals("+OK $-1 ", client.heard());
    assertEquals(List.of("lookup 5/k"), front.cache.told());
  }

  @Test
  void databaseThatExists_isAskedForOnce() throws Exception {
    queried("SELECT 5").says("+OK ");
    client.asks("SELECT 0", "SELECT 5");
    FakeClient other = front.connect();
    other.asks("SELECT 5", "GET k");
    assertEquals("+OK +OK +OK ", client.heard());
    assertEquals("+OK $-1 ", other.heard());
    assertEquals(List.of("lookup 5/k"), front.cache.told());
    assertEquals(0, front.unmade());
  }

  @Test
  void databaseThatDoesNotExist_leavesTheClientWhereItIs() throws Exception {
    queried("SELECT 99").says("-ERR ");
    client.asks("GET k");
    assertEquals("-ERR $-1 ", client.heard());
    assertEquals(List.of("lookup k"), front.cache.told());
  }

  @Test
  void largestDatabaseThatIsCached_isSelectedHere() throws Exception {
    queried("SELECT 1023").says("+OK ");
    assertEquals("+OK ", client.heard());
  }

  /** Redis may take it, and what it takes only a connection of the session's own may answer. */
  @ParameterizedTest
  @ValueSource(strings = {"SELECT 1024", "SELECT 05", "SELECT +5", "SELECT 5 5"})
  void otherDatabase_isForADedicatedConnection(String request) throws Exception {
    queried(request).says("+OK ");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, " + request, redis.heard());
  }

  // CLIENT MAINT_NOTIFICATIONS

  @Test
  void maintNotifications_whenRedisRefusesThem_areRefused() throws Exception {
    queried("CLIENT MAINT_NOTIFICATIONS ON").says("-ERR ");
    assertEquals("-ERR ", client.heard());
    assertEquals(0, front.unmade());
  }

  @Test
  void maintNotifications_whenRedisHasThem_areForADedicatedConnection() throws Exception {
    queried("CLIENT MAINT_NOTIFICATIONS ON").says("+OK ");
    FakeRedisEnd redis = front.connectedDedicated();
    assertEquals("CLIENT ID, CLIENT MAINT_NOTIFICATIONS ON", redis.heard());
    redis.says(":7 +OK ");
    assertEquals("+OK ", client.heard());
  }
}
