package redisproxy.it;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CountDownLatch;

/**
 * Acts like a host name that moves: it forwards connections from one address to one server, and
 * later to another. Open connections stay with their server.
 */
final class Switch implements AutoCloseable {
  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int[] targets;
  private volatile int next;

  /** New connections wait for this latch before they are forwarded. */
  private volatile CountDownLatch held = new CountDownLatch(0);

  Switch(int target) {
    this.targets = new int[] {target};
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

  /** From now on forwards new connections to these ports in turn. */
  void turnTo(int... ports) {
    targets = ports;
    next = 0;
  }

  /**
   * From now on accepts new connections but does not forward them.
   *
   * @return forwards the connections that wait
   */
  Runnable hold() {
    CountDownLatch holding = new CountDownLatch(1);
    held = holding;
    return holding::countDown;
  }

  /** Forwards new connections at once again. */
  void holdNoMore() {
    held = new CountDownLatch(0);
  }

  /** Whether any connection was ever accepted. */
  boolean isUsed() {
    return !sockets.isEmpty();
  }

  /** Refuses new connections. Open ones stay. */
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
        sockets.add(here);
        int[] ports = targets;
        int port = ports[next++ % ports.length];
        CountDownLatch holding = held;
        daemon(() -> forward(here, port, holding));
      }
    } catch (IOException closed) {
      // The switch was closed.
    }
  }

  private void forward(Socket here, int port, CountDownLatch holding) {
    try {
      holding.await();
      Socket there = new Socket(InetAddress.getLoopbackAddress(), port);
      sockets.add(there);
      daemon(() -> copy(there, here));
      copy(here, there);
    } catch (IOException | InterruptedException refused) {
      close(here);
    }
  }

  private static void copy(Socket from, Socket to) {
    try (from;
        to) {
      from.getInputStream().transferTo(to.getOutputStream());
    } catch (IOException closed) {
      // One side is closed, so close the other too.
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
    sockets.forEach(Switch::close);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
