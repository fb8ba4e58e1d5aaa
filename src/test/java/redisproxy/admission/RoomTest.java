package redisproxy.admission;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class RoomTest {
  @ParameterizedTest
  @CsvSource({
    // MiB of heap, files, wanted, TLS: clients
    "1024, 1048576, 10000, false, 10000",
    "128, 1048576, 10000, false, 1638",
    "128, 1048576, 10000, true, 1024",
    "128, 1048576, 100, true, 100",
    "1024, 4096, 10000, false, 1024",
    "1024, 3, 10000, false, 1",
  })
  void clients_areLimitedByHeapAndFiles(
      long heap, long files, int wanted, boolean tls, int clients) {
    assertEquals(clients, new Room(heap << 20, files).clients(wanted, tls));
  }

  @ParameterizedTest
  @CsvSource({"128, 1048576, 2048", "128, 3000, 1000", "1048576, 9223372036854775807, 16777216"})
  void sockets_exceedClients(long heap, long files, int sockets) {
    Room room = new Room(heap << 20, files);
    assertEquals(sockets, room.sockets());
    assertTrue(room.clients(Integer.MAX_VALUE, false) < sockets);
  }

  @ParameterizedTest
  @CsvSource({"1024, 64", "2048, 64", "128, 8", "8, 1"})
  void streams_areLimitedByTheHeap(long heap, int streams) {
    assertEquals(streams, new Room(heap << 20, 1000).streams(64));
  }
}
