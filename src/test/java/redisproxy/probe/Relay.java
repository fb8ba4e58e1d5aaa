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
 * Relays TCP connections, and can become a black hole: bytes go in, none comes out, nothing is
 * closed; or keep back what comes over one of them. Two threads for each connection.
 */
public final class Relay implements AutoCloseable {
  private static final int CONNECTIONS = 256;

  private final InetSocketAddress target;
  private final ServerSocket server;
  private final Set<Socket> sockets = new HashSet<>();
  private boolean stalled;

  /** Nothing goes back over the connection whose other end is at this port; 0 = all flow. */
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
   * From now on what the target says over one connection is kept back, and comes later.
   *
   * @param port that the relay has connected to the target from
   */
  public synchronized void hold(int port) {
    held = port;
  }

  /** What was kept back is passed on. */
  public synchronized void pass() {
    held = 0;
    notifyAll();
  }

  /** From now on nothing is passed on. */
  public synchronized void stall() {
    stalled = true;
  }

  /** Closes every connection, what they held back with them, and relays new ones again. */
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
      // closed
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
      // one side is gone: so is the other
    }
    end(from, to);
  }

  /** What was held back when its connection was dropped must not get out. */
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
      // it is gone then, too
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
