package redisproxy.it;

import static org.awaitility.Awaitility.await;

import java.io.BufferedInputStream;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import java.nio.charset.StandardCharsets;
import javax.net.SocketFactory;
import redisproxy.dev.EmbeddedRedis;

/**
 * A client of a RESP server that returns the raw bytes of replies. Text is ISO 8859-1, so each
 * character is one byte.
 */
final class RespClient implements AutoCloseable {
  private static final int TIMEOUT_MS = 15_000;

  private final Socket socket;
  private final InputStream in;

  /** A client of Redis itself. */
  RespClient(EmbeddedRedis redis) {
    this(redis.host(), redis.port());
  }

  RespClient(int port) {
    this("127.0.0.1", port);
  }

  RespClient(String host, int port) {
    this(SocketFactory.getDefault(), host, port);
  }

  /** Connects over a socket of this factory, for TLS. */
  RespClient(SocketFactory factory, String host, int port) {
    try {
      socket = factory.createSocket();
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MS);
      socket.connect(new InetSocketAddress(host, port), TIMEOUT_MS);
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Sets how long a read waits. */
  RespClient timeout(int millis) {
    try {
      socket.setSoTimeout(millis);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns a request as an array of bulk strings. */
  static String request(String... arguments) {
    StringBuilder request = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      request.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return request.toString();
  }

  /** Returns a bulk string, as in a reply. */
  static String bulk(String text) {
    return "$" + text.length() + "\r\n" + text + "\r\n";
  }

  /** Sends a command and returns its raw reply. */
  String call(String... arguments) {
    send(request(arguments));
    return reply();
  }

  RespClient send(String raw) {
    return send(raw.getBytes(StandardCharsets.ISO_8859_1));
  }

  RespClient send(byte[] raw) {
    try {
      socket.getOutputStream().write(raw);
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Closes the output side of the socket. */
  RespClient endOutput() {
    try {
      socket.shutdownOutput();
      return this;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the next raw reply: a line, a bulk or verbatim string with its head, or an array of
   * these.
   */
  String reply() {
    String line = line();
    if ((line.startsWith("$") || line.startsWith("=")) && !line.startsWith("$-1")) {
      int length = Integer.parseInt(line.substring(1).strip());
      return line + new String(bytes(length + 2), StandardCharsets.ISO_8859_1);
    }
    if ("*~>%".indexOf(line.charAt(0)) >= 0 && !line.startsWith("*-1")) {
      int elements = Integer.parseInt(line.substring(1).strip()) * (line.startsWith("%") ? 2 : 1);
      StringBuilder aggregate = new StringBuilder(line);
      for (int i = 0; i < elements; i++) {
        aggregate.append(reply());
      }
      return aggregate.toString();
    }
    return line;
  }

  private String line() {
    ByteArrayOutputStream line = new ByteArrayOutputStream();
    int b;
    do {
      b = read();
      if (b < 0) {
        throw new IllegalStateException("closed after " + line);
      }
      line.write(b);
    } while (b != '\n');
    return line.toString(StandardCharsets.ISO_8859_1);
  }

  byte[] bytes(int length) {
    try {
      byte[] bytes = in.readNBytes(length);
      if (bytes.length < length) {
        throw new IllegalStateException("closed after " + bytes.length + " bytes of " + length);
      }
      return bytes;
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns one byte, or -1 at the end. */
  int read() {
    try {
      return in.read();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns what has arrived and is not read yet. */
  String available() {
    try {
      return new String(in.readNBytes(in.available()), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Returns all bytes until the server closes. */
  String rest() {
    try {
      return new String(in.readAllBytes(), StandardCharsets.ISO_8859_1);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** Whether the server has already closed, with nothing left to read. Does not wait. */
  boolean hasEnded() {
    try {
      int timeout = socket.getSoTimeout();
      socket.setSoTimeout(1);
      try {
        in.mark(1);
        boolean ended = in.read() < 0;
        in.reset();
        return ended;
      } catch (SocketTimeoutException notYet) {
        return false;
      } finally {
        socket.setSoTimeout(timeout);
      }
    } catch (IOException reset) {
      return true;
    }
  }

  /**
   * Waits for the next byte or the end; true if the server has closed with nothing left to read.
   */
  boolean isClosedByServer() {
    return read() < 0;
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Returns the address of this client's dedicated connection at Redis. Opens one if there is none.
   */
  String addressAtRedis() {
    String info = call("CLIENT", "INFO");
    int start = info.indexOf(" addr=") + 1;
    return info.substring(start, info.indexOf(' ', start));
  }

  /** Waits until this many clients of Redis are blocked. */
  void awaitBlocked(int clients) {
    await().until(() -> call("INFO", "clients").contains("blocked_clients:" + clients + "\r"));
  }

  /** How many clients are connected to Redis besides this one and the proxy's feed. */
  long otherConnections() {
    return call("CLIENT", "LIST")
            .lines()
            .filter(line -> line.startsWith("id=") && !line.contains("name=redis-proxy-feed"))
            .count()
        - 1;
  }
}
