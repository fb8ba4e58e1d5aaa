package redisproxy.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

@Timeout(20)
class RelayTest {
  private static Socket connect(Relay relay) throws IOException {
    return new Socket(relay.address().getAddress(), relay.address().getPort());
  }

  @Test
  void dataSentIntoABlackHole_neverArrives_andNewConnectionsWork() throws IOException {
    try (ServerSocket server = new ServerSocket(0, 5, InetAddress.getByName("127.0.0.1"));
        Relay relay = new Relay((InetSocketAddress) server.getLocalSocketAddress())) {
      try (Socket client = connect(relay);
          Socket accepted = server.accept()) {
        client.getOutputStream().write('a');
        assertEquals('a', accepted.getInputStream().read());
        relay.stall();
        client.getOutputStream().write('b');
        relay.drop();
        assertEquals(-1, accepted.getInputStream().read());
        assertEquals(-1, client.getInputStream().read());
      }
      try (Socket client = connect(relay);
          Socket accepted = server.accept()) {
        accepted.getOutputStream().write('c');
        assertEquals('c', client.getInputStream().read());
      }
    }
  }
}
