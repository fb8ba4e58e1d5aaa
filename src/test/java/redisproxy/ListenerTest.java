package redisproxy;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import redisproxy.config.Configuration;

class ListenerTest {
  private static final InetAddress LOOPBACK = InetAddress.getLoopbackAddress();

  private static Listener at(int port, String... addresses) {
    return new Listener("http", "localhost", List.of(addresses), port);
  }

  private static String refusal(Listener listener) {
    return assertThrows(IllegalStateException.class, listener::requireFree).getMessage();
  }

  @Test
  void portInUse_isReportedWithItsSettings() throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, LOOPBACK)) {
      int port = taken.getLocalPort();
      assertTrue(refusal(at(port, "127.0.0.1")).contains(" on 127.0.0.1 (Address already in use)"));
      assertTrue(refusal(at(port, "0.0.0.0")).contains(" on 0.0.0.0 ("));
      assertTrue(refusal(at(port, "127.0.0.2", "127.0.0.1")).contains(" on 127.0.0.1 ("));
      assertEquals(
          "resp.host = 127.0.0.1, resp.port = "
              + port
              + ": cannot listen (Address already in use);"
              + " stop what uses the port, or set another resp.port or resp.host",
          refusal(new Listener("resp", "127.0.0.1", List.of("127.0.0.1"), port)));
      at(port, "127.0.0.2").requireFree();
    }
  }

  /**
   * Connections stay in TIME_WAIT for a minute after a server ends. The next server need not wait.
   */
  @Test
  void portWithConnectionsOfAnEarlierServer_isFree() throws IOException {
    int port;
    try (ServerSocket earlier = new ServerSocket(0, 1, LOOPBACK)) {
      port = earlier.getLocalPort();
      try (Socket client = new Socket(LOOPBACK, port)) {
        earlier.accept().close();
        assertEquals(-1, client.getInputStream().read());
      }
    }
    at(port, "127.0.0.1").requireFree();
  }

  @Test
  void freePort_isStillFreeAfterTheCheck() throws IOException {
    int port;
    try (ServerSocket free = new ServerSocket(0, 1, LOOPBACK)) {
      port = free.getLocalPort();
    }
    at(port, "127.0.0.1").requireFree();
    new ServerSocket(port, 1, LOOPBACK).close();
  }

  /** Only the server itself can find out whether it can listen there. */
  @Test
  void addressThatCannotBeChecked_passes() {
    at(0, "127.0.0.1").requireFree();
    at(1024, "192.0.2.1").requireFree();
    at(1024, "name.invalid").requireFree();
  }

  @Test
  void disabledServers_needNoPort() {
    List<Listener> all = Listener.enabled(Configuration.parse(Map.of()));
    assertEquals(List.of("http", "resp", "admin"), all.stream().map(Listener::section).toList());
    var none = Configuration.parse(Map.of("http.enabled", "false", "admin.enabled", "false"));
    assertEquals(List.of("resp"), Listener.enabled(none).stream().map(Listener::section).toList());
  }
}
