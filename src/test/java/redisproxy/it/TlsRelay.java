package redisproxy.it;

import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import javax.net.ssl.ExtendedSSLSession;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLServerSocket;
import javax.net.ssl.SSLSession;
import javax.net.ssl.SSLSocket;

/** Terminates TLS in front of a Redis without TLS. Uses two threads for each connection. */
final class TlsRelay implements AutoCloseable {
  /** The number of successful handshakes. */
  final AtomicInteger handshakes = new AtomicInteger();

  /** The subjects of the clients' certificates, in order. */
  final List<String> shown = new CopyOnWriteArrayList<>();

  /** The host name that each client has sent (SNI), in order; empty if it sent none. */
  final List<String> serverNames = new CopyOnWriteArrayList<>();

  private final SSLServerSocket server;
  private final int redisPort;
  private final Set<Socket> sockets = ConcurrentHashMap.newKeySet();

  TlsRelay(SSLContext context, boolean wantsCertificate, int redisPort) {
    this.redisPort = redisPort;
    try {
      server =
          (SSLServerSocket)
              context
                  .getServerSocketFactory()
                  .createServerSocket(0, 256, InetAddress.getLoopbackAddress());
      server.setNeedClientAuth(wantsCertificate);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  String url() {
    return url("127.0.0.1");
  }

  String url(String host) {
    return "rediss://" + host + ":" + server.getLocalPort();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        sockets.add(client);
        daemon(() -> relay(client));
      }
    } catch (IOException closed) {
      // The relay was closed.
    }
  }

  private void relay(Socket client) {
    try {
      Socket redis = new Socket("127.0.0.1", redisPort);
      sockets.add(redis);
      redis.setTcpNoDelay(true);
      client.setTcpNoDelay(true);
      ((SSLSocket) client).startHandshake();
      serverNames.add(serverName(((SSLSocket) client).getSession()));
      handshakes.incrementAndGet();
      if (server.getNeedClientAuth()) {
        shown.add(((SSLSocket) client).getSession().getPeerPrincipal().getName());
      }
      daemon(() -> copy(redis, client));
      copy(client, redis);
    } catch (IOException e) {
      close(client);
    }
  }

  private static String serverName(SSLSession session) {
    return ((ExtendedSSLSession) session)
        .getRequestedServerNames().stream()
            .map(name -> new String(name.getEncoded(), StandardCharsets.UTF_8))
            .findFirst()
            .orElse("");
  }

  private void copy(Socket from, Socket to) {
    byte[] buffer = new byte[16 * 1024];
    try {
      InputStream in = from.getInputStream();
      OutputStream out = to.getOutputStream();
      for (int length = in.read(buffer); length >= 0; length = in.read(buffer)) {
        out.write(buffer, 0, length);
      }
    } catch (IOException e) {
      // One side is gone, so close both.
    }
    close(from);
    close(to);
  }

  private void close(Socket socket) {
    sockets.remove(socket);
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed in any case.
    }
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "tls-relay");
    thread.setDaemon(true);
    thread.start();
  }

  @Override
  public void close() {
    try {
      server.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    sockets.forEach(this::close);
  }
}
