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

/** Which session has which id, and by which Redis knows it. */
class ClientIdsTest {
  private final List<String> told = new ArrayList<>();
  private final ClientIds ids = new ClientIds();

  private final ClientIds.Session session =
      new ClientIds.Session() {
        @Override
        public void kill() {
          told.add("kill");
        }

        @Override
        public void connect() {
          told.add("connect");
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
    assertEquals(7, ids.toRedis(7), "of a connection that is no session's");
  }

  @Test
  void client_withAnotherConnection_isKnownByThatAlone() {
    client.connected(7);
    client.connected(8);
    assertEquals(7, ids.toClient(7));
    assertEquals(client.id(), ids.toClient(8));
    client.disconnected();
    assertEquals(8, ids.toClient(8));
    assertFalse(ids.isConnected(client.id()));
  }

  /** Redis may have given the id to another connection by then. */
  @Test
  void connectionThatEnds_takesNoOthersIdAlong() {
    ClientIds.Client other = ids.open(session);
    client.connected(7);
    other.connected(7);
    client.disconnected();
    assertEquals(other.id(), ids.toClient(7));
  }

  @Test
  void closed_isKnownToNobody() {
    client.connected(7);
    client.close();
    assertEquals(7, ids.toClient(7));
    assertEquals(client.id(), ids.toRedis(client.id()));
  }

  @Test
  void whoWaitsForTheConnection_isToldWhenItsIdIsKnown() {
    client.connect(() -> told.add("first"));
    client.connect(() -> told.add("second"));
    assertEquals(List.of("connect", "connect"), told);
    client.tellWaiting();
    assertEquals(2, told.size(), "there is no connection yet");
    client.connected(7);
    assertEquals(List.of("connect", "connect", "first", "second"), told);
    client.tellWaiting();
    assertEquals(4, told.size(), "told once");
  }

  @Test
  void kill_isForItsSession() {
    client.kill();
    assertEquals(List.of("kill"), told);
  }
}
