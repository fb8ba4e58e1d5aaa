package redisproxy.probe;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.HashSet;
import java.util.Set;

/**
 * Relays TCP connections. It can become a black hole, which takes bytes, passes none on and closes
 * nothing. It can also hold back the data of one connection. Uses two threads for each connection.
 */
public final class Relay implements AutoCloseable {
  private static final int CONNECTIONS = 256;

  private final InetSocketAddress target;
  private final ServerSocket server;
  private final Set<Socket> sockets = new HashSet<>();
  private boolean stalled;

  /** Data from the target is held back on the connection with this local port; 0 = none. */
  private int held;

  Relay(InetSocketAddress target) throws IOException {
    this.target = target;
    server = new ServerSocket(0, CONNECTIONS, InetAddress.getByName("127.0.0.1"));
    start(this::accept);
  }

  InetSocketAddress address() {
    return (InetSocketAddress) server.getLocalSocketAddress();
  }

  /**
   * From now on holds back what the target sends over one connection.
   *
   * @param port the local port of the relay's connection to the target
   */
  public synchronized void hold(int port) {
    held = port;
  }

  /** Passes on what was held back. */
  public synchronized void pass() {
    held = 0;
    notifyAll();
  }

  /** From now on passes nothing on. */
  public synchronized void stall() {
    stalled = true;
  }

  /** Closes every connection, drops what was held back, and relays new connections again. */
  public synchronized void drop() {
    sockets.forEach(Relay::close);
    sockets.clear();
    stalled = false;
    notifyAll();
  }

  private void accept() {
    try {
      while (true) {
        relay(server.accept());
      }
    } catch (IOException e) {
      // The relay was closed.
    }
  }

  private void relay(Socket client) {
    Socket there = new Socket();
    if (!register(client, there)) {
      close(client);
      return;
    }
    try {
      client.setTcpNoDelay(true);
      there.setTcpNoDelay(true);
      there.connect(target, 1_000);
      start(() -> copy(client, there));
      start(() -> copy(there, client));
    } catch (IOException e) {
      end(client, there);
    }
  }

  private synchronized boolean register(Socket client, Socket there) {
    return sockets.size() < 2 * CONNECTIONS && sockets.add(client) && sockets.add(there);
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[16 * 1024];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        awaitFlow(from);
        out.write(buffer, 0, length);
      }
    } catch (IOException | InterruptedException e) {
      // One side is gone, so close both.
    }
    end(from, to);
  }

  /** Waits while data is held back. Data of a dropped connection must never be passed on. */
  private synchronized void awaitFlow(Socket from) throws IOException, InterruptedException {
    while ((stalled || from.getLocalPort() == held) && !from.isClosed()) {
      wait();
    }
    if (from.isClosed()) {
      throw new IOException("dropped");
    }
  }

  private synchronized void end(Socket one, Socket other) {
    sockets.remove(one);
    sockets.remove(other);
    close(one);
    close(other);
  }

  private static void close(Socket socket) {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed in any case.
    }
  }

  private static void start(Runnable task) {
    Thread thread = new Thread(task, "relay");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() throws IOException {
    server.close();
    drop();
  }
}
