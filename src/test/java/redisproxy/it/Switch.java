package redisproxy.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;

/**
 * A host name, as a proxy sees it: one address before one server, and from some time on before
 * another. Connections stay with the server they were made to.
 */
final class Switch implements AutoCloseable {
  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int target;

  Switch(int target) {
    this.target = target;
    try {
      server = new ServerSocket(0, 128, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  String url() {
    return "redis://127.0.0.1:" + server.getLocalPort() + "/0";
  }

  /** New connections are made to this port from now on. */
  void turnTo(int port) {
    target = port;
  }

  /** No more connections can be made; those there are go on. */
  void refuse() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void accept() {
    try {
      while (true) {
        Socket here = server.accept();
        Socket there = new Socket(InetAddress.getLoopbackAddress(), target);
        sockets.add(here);
        sockets.add(there);
        daemon(() -> copy(here, there));
        daemon(() -> copy(there, here));
      }
    } catch (IOException closed) {
      // the end
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException closed) {
      // so is the other
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "switch");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    refuse();
    try {
      for (Socket socket : sockets) {
        socket.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
