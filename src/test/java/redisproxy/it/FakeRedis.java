package redisproxy.it;

import java.io.BufferedInputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;

/**
 * A Redis whose replies a test controls: replies that no real server gives on demand, or late ones.
 * Answers the handshake like a Redis; the test answers all other commands.
 */
final class FakeRedis implements AutoCloseable {
  /** Commands seen, without the greeting. */
  final List<List<String>> commands = new CopyOnWriteArrayList<>();

  /** The reply to HELLO 2. */
  volatile String greeting2 = "*2\r\n$6\r\nserver\r\n$5\r\nredis\r\n";

  /** The reply to HELLO 3. */
  volatile String greeting3 = "%1\r\n$7\r\nversion\r\n$5\r\n7.2.4\r\n";

  /** The reply to COMMAND. */
  volatile String command = "*0\r\n";

  /** How long a new connection waits for its first reply, in milliseconds. */
  volatile long greetsAfterMs;

  /** The reply to a new connection, which is then closed; null if it is served. */
  volatile String turnsAwayWith;

  /** Whether AUTH gets no reply. */
  volatile boolean silentAuth;

  /** At the end of an answer: the connection is closed after it. */
  static final String HANGS_UP = "\u0000hang up";

  /** How many connections have been accepted. */
  final AtomicInteger accepted = new AtomicInteger();

  private final ServerSocket server;
  private final Function<List<String>, String> answer;
  private final boolean tracks;
  private final Set<Socket> clients = ConcurrentHashMap.newKeySet();
  private final Set<Socket> feeds = ConcurrentHashMap.newKeySet();

  /**
   * @param answer gets a command and returns the raw reply; it may block, which delays only its
   *     connection
   */
  FakeRedis(Function<List<String>, String> answer) {
    this(answer, false);
  }

  /** A server with CLIENT TRACKING; the test answers the commands of the feed too. */
  static FakeRedis tracking(Function<List<String>, String> answer) {
    return new FakeRedis(answer, true);
  }

  private FakeRedis(Function<List<String>, String> answer, boolean tracks) {
    this.answer = answer;
    this.tracks = tracks;
    try {
      this.server = new ServerSocket(0, 512, InetAddress.getLoopbackAddress());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    daemon(this::accept);
  }

  /** How many connections are open. */
  int connections() {
    return clients.size();
  }

  String url() {
    return "redis://127.0.0.1:" + server.getLocalPort();
  }

  private static void daemon(Runnable task) {
    Thread thread = new Thread(task, "fake-redis");
    thread.setDaemon(true);
    thread.start();
  }

  private void accept() {
    try {
      while (true) {
        Socket client = server.accept();
        client.setTcpNoDelay(true);
        accepted.incrementAndGet();
        clients.add(client);
        daemon(() -> serve(client));
      }
    } catch (IOException closed) {
      // The server is closed.
    }
  }

  private void serve(Socket client) {
    try (client) {
      InputStream in = new BufferedInputStream(client.getInputStream());
      OutputStream out = client.getOutputStream();
      String refusal = turnsAwayWith;
      if (refusal != null) {
        out.write(refusal.getBytes(StandardCharsets.ISO_8859_1));
        throw new IOException("turned away");
      }
      while (true) {
        List<String> command = command(in);
        if (command.contains("TRACKING")) {
          feeds.add(client);
        }
        String reply = reply(command);
        boolean hangsUp = reply.endsWith(HANGS_UP);
        String said = hangsUp ? reply.substring(0, reply.length() - HANGS_UP.length()) : reply;
        synchronized (out) {
          out.write(said.getBytes(StandardCharsets.ISO_8859_1));
        }
        if (hangsUp) {
          throw new IOException("hung up");
        }
      }
    } catch (IOException gone) {
      clients.remove(client);
      feeds.remove(client);
    }
  }

  /** Sends unrequested bytes to all clients. */
  void push(String raw) {
    push(clients, raw);
  }

  /** Sends unrequested bytes to the feeds. */
  void pushToFeed(String raw) {
    push(feeds, raw);
  }

  private void push(Set<Socket> to, String raw) {
    byte[] bytes = raw.getBytes(StandardCharsets.ISO_8859_1);
    for (Socket client : to) {
      try {
        OutputStream out = client.getOutputStream();
        synchronized (out) {
          out.write(bytes);
        }
      } catch (IOException gone) {
        clients.remove(client);
      }
    }
  }

  /** Closes the connections of the feeds. */
  void dropFeed() throws IOException {
    for (Socket client : feeds) {
      client.close();
    }
  }

  /** Closes all connections, and accepts new ones. */
  void drop() throws IOException {
    for (Socket client : clients) {
      client.close();
    }
  }

  private String reply(List<String> command) {
    return switch (command.get(0).toLowerCase()) {
      case "hello" -> command.size() > 1 && command.get(1).equals("3") ? greeting3 : greeting();
      case "select" -> "+OK\r\n";
      case "auth" -> silentAuth ? "" : "+OK\r\n";
      case "command" -> this.command;
      case "client" -> tracks ? answered(command) : "-ERR unknown subcommand\r\n";
      default -> answered(command);
    };
  }

  private String answered(List<String> command) {
    commands.add(command);
    return answer.apply(command);
  }

  private String greeting() {
    try {
      Thread.sleep(greetsAfterMs);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
    return greeting2;
  }

  private static List<String> command(InputStream in) throws IOException {
    List<String> command = new ArrayList<>();
    for (int i = length(in); i > 0; i--) {
      byte[] argument = in.readNBytes(length(in));
      in.readNBytes(2);
      command.add(new String(argument, StandardCharsets.ISO_8859_1));
    }
    return command;
  }

  private static int length(InputStream in) throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed");
      }
      line.append((char) b);
    }
    return Integer.parseInt(line.substring(1).strip());
  }

  @Override
  public void close() {
    try {
      server.close();
      for (Socket client : clients) {
        client.close();
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
