package redisproxy.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomTest {
  @ParameterizedTest
  @CsvSource({
    // MiB of heap, files, wanted, TLS: clients over HTTP and over RESP, and RESP with pooling
    "1024, 1048576, 10000, false, 10000, 10000",
    "128, 1048576, 10000, false, 1638, 1638",
    "128, 1048576, 10000, true, 1024, 1024",
    "128, 1048576, 100, true, 100, 100",
    "1024, 4096, 10000, false, 1024, 2048",
    "1024, 3, 10000, false, 1, 1",
  })
  void clients_areLimitedByHeapAndFiles(
      long heap, long files, int wanted, boolean tls, int clients, int pooled) {
    Room room = new Room(heap << 20, files, false);
    assertEquals(clients, room.clientsOverResp(wanted, tls));
    assertEquals(clients, room.clientsOverHttp(wanted, tls));
    Room withPooling = new Room(heap << 20, files, true);
    assertEquals(pooled, withPooling.clientsOverResp(wanted, tls));
    assertEquals(clients, withPooling.clientsOverHttp(wanted, tls));
  }

  @ParameterizedTest
  @CsvSource({"128, 1048576, 2048", "128, 3000, 1000", "1048576, 9223372036854775807, 16777216"})
  void sockets_exceedClients(long heap, long files, int sockets) {
    Room room = new Room(heap << 20, files, false);
    assertEquals(sockets, room.sockets());
    assertTrue(room.clientsOverResp(Integer.MAX_VALUE, false) < sockets);
    Room pooled = new Room(heap << 20, files, true);
    assertTrue(pooled.clientsOverResp(Integer.MAX_VALUE, false) < pooled.sockets());
  }

  @ParameterizedTest
  @CsvSource({"1024, 64", "2048, 64", "128, 8", "8, 1"})
  void streams_areLimitedByTheHeap(long heap, int streams) {
    assertEquals(streams, new Room(heap << 20, 1000, true).streams(64));
  }
}
