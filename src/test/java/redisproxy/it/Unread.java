package redisproxy.it;

import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.Socket;

/** Sockets for clients that do not read. */
final class Unread {
  private Unread() {}

  /** Connects a socket with a tiny receive buffer. The default one would take in megabytes. */
  static Socket connect(int port) throws IOException {
    Socket socket = new Socket();
    socket.setReceiveBufferSize(4 * 1024);
    socket.connect(new InetSocketAddress("127.0.0.1", port));
    return socket;
  }
}
