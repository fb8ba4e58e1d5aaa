package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

/** The ids of sessions, and Redis's ids of their connections. */
class ClientIdsTest {
  private final List<String> calls = new ArrayList<>();
  private final ClientIds ids = new ClientIds();

  private final ClientIds.Session session =
      new ClientIds.Session() {
        @Override
        public void kill() {
          calls.add("kill");
        }

        @Override
        public void connect() {
          calls.add("connect");
        }
      };

  private final ClientIds.Client client = ids.open(session);

  @Test
  void ids_areInRange_andDiffer() {
    long next = ids.open(session).id();
    assertEquals(client.id() + 1, next);
    assertTrue(client.id() > 1L << 52 && next < 1L << 53, "id " + client.id());
    assertNotEquals(new ClientIds().open(session).id(), client.id());
  }

  @Test
  void client_isFoundByItsId_untilItCloses() {
    assertSame(client, ids.client(client.id()));
    assertSame(ids, client.all());
    assertNull(ids.client(client.id() + 1));
    assertNull(ids.client(7));
    client.close();
    assertNull(ids.client(client.id()));
  }

  @Test
  void client_withoutAConnection_isUnknownToRedis() {
    assertFalse(ids.isConnected(client.id()));
    assertEquals(client.id(), ids.toRedis(client.id()));
    assertEquals(7, ids.toClient(7));
  }

  @Test
  void client_withAConnection_isKnownByBothIds() {
    client.connected(7);
    assertTrue(ids.isConnected(client.id()));
    assertEquals(7, ids.toRedis(client.id()));
    assertEquals(client.id(), ids.toClient(7));
    assertEquals(8, ids.toClient(8));
    assertEquals(7, ids.toRedis(7), "an id of a connection that belongs to no session");
  }

  @Test
  void client_withANewConnection_isKnownByItAlone() {
    client.connected(7);
    client.connected(8);
    assertEquals(7, ids.toClient(7));
    assertEquals(client.id(), ids.toClient(8));
    client.disconnected();
    assertEquals(8, ids.toClient(8));
    assertFalse(ids.isConnected(client.id()));
  }

  /** Redis may already have given the id to another connection. */
  @Test
  void connectionThatEnds_keepsTheIdOfAnotherSession() {
    ClientIds.Client other = ids.open(session);
    client.connected(7);
    other.connected(7);
    client.disconnected();
    assertEquals(other.id(), ids.toClient(7));
  }

  /** Redis may execute a request with the old id after the connection has another session. */
  @Test
  void connectionWhoseIdWasUsed_isNotGivenBack() {
    client.connected(7);
    assertTrue(client.mayGiveBack());
    assertEquals(7, ids.toClient(7));
    client.connected(7);
    assertEquals(7, ids.toRedis(client.id()));
    assertTrue(client.mayGiveBack(), "the id was only shown");
    client.connected(7);
    assertEquals(7, ids.claim(client.id()));
    assertFalse(client.mayGiveBack());
    assertEquals(client.id(), ids.claim(client.id()), "it has no connection");
    client.connected(8);
    assertTrue(client.mayGiveBack());
  }

  @Test
  void closedClient_isUnknown() {
    client.connected(7);
    client.close();
    assertEquals(7, ids.toClient(7));
    assertEquals(client.id(), ids.toRedis(client.id()));
  }

  @Test
  void waitingTasks_runOnceTheIdIsKnown() {
    client.connect(() -> calls.add("first"));
    client.connect(() -> calls.add("second"));
    assertEquals(List.of("connect", "connect"), calls);
    client.runWaiting();
    assertEquals(2, calls.size(), "there is no connection yet");
    client.connected(7);
    assertEquals(2, calls.size(), "the session may give the connection back");
    client.keeps();
    client.runWaiting();
    assertEquals(List.of("connect", "connect", "first", "second"), calls);
    client.runWaiting();
    assertEquals(4, calls.size(), "each task runs once");
  }

  @Test
  void kill_closesItsSession() {
    client.kill();
    assertEquals(List.of("kill"), calls);
  }
}
