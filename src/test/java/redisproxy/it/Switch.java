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
 * A host name, as a proxy sees it: one address before one server, and from some time on before
 * another. Connections stay with the server they were made to.
 */
final class Switch implements AutoCloseable {
  private final ServerSocket server;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();
  private volatile int[] targets;
  private volatile int next;

  /** What connections that are made now wait for before they lead anywhere. */
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

  /** New connections are made to these ports in turn from now on. */
  void turnTo(int... ports) {
    targets = ports;
    next = 0;
  }

  /**
   * New connections are made, and lead nowhere from now on.
   *
   * @return lets those there are lead on
   */
  Runnable hold() {
    CountDownLatch holding = new CountDownLatch(1);
    held = holding;
    return holding::countDown;
  }

  /** New connections lead on at once again. */
  void holdNoMore() {
    held = new CountDownLatch(0);
  }

  /** Whether anybody has ever connected. */
  boolean isUsed() {
    return !sockets.isEmpty();
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
        sockets.add(here);
        int[] ports = targets;
        int port = ports[next++ % ports.length];
        CountDownLatch holding = held;
        daemon(() -> lead(here, port, holding));
      }
    } catch (IOException closed) {
      // the end
    }
  }

  private void lead(Socket here, int port, CountDownLatch holding) {
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
