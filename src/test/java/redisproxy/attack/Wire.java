package redisproxy.attack;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.net.SocketTimeoutException;
import javax.net.SocketFactory;

/** The socket of a client that sends any bytes, and reads replies or does not. */
final class Wire implements AutoCloseable {
  private static final int TIMEOUT_MS = 5_000;
  private static final int LOOK_MS = 20;

  /** How many waiting bytes are read to find the end of the connection behind them. */
  private static final int MAX_SKIPPED = 4 * 1024 * 1024;

  private final Socket socket;

  Wire(SocketFactory factory, int port, int receiveBuffer) throws IOException {
    socket = factory.createSocket();
    try {
      if (receiveBuffer > 0) {
        socket.setReceiveBufferSize(receiveBuffer);
      }
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(TIMEOUT_MS);
      socket.connect(new InetSocketAddress("127.0.0.1", port), TIMEOUT_MS);
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  static String request(String... arguments) {
    StringBuilder request = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      request.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return request.toString();
  }

  Wire send(String text) throws IOException {
    return send(text.getBytes(ISO_8859_1));
  }

  Wire send(byte[] bytes) throws IOException {
    socket.getOutputStream().write(bytes);
    return this;
  }

  /** Returns the next available bytes, at most this many. */
  String some(int most) throws IOException {
    byte[] bytes = new byte[most];
    int read = socket.getInputStream().read(bytes);
    return read < 0 ? "" : new String(bytes, 0, read, ISO_8859_1);
  }

  /** Returns the next line, without its end. */
  String line() throws IOException {
    InputStream in = socket.getInputStream();
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new IOException("closed after '" + line + "'");
      }
      line.append((char) b);
    }
    return line.toString().strip();
  }

  /** Returns all bytes until the server closes. */
  String rest() throws IOException {
    return new String(socket.getInputStream().readAllBytes(), ISO_8859_1);
  }

  void skip(int bytes) throws IOException {
    socket.getInputStream().skipNBytes(bytes);
  }

  /** Sets how long a read waits. */
  void timeout(int millis) throws IOException {
    socket.setSoTimeout(millis);
  }

  /** Whether the proxy has closed the connection. Reads and drops waiting data. */
  boolean isClosed() {
    try {
      socket.setSoTimeout(LOOK_MS);
      // With the small buffer the data would come in small pieces.
      socket.setReceiveBufferSize(MAX_SKIPPED);
      byte[] bytes = new byte[64 * 1024];
      for (int seen = 0; seen < MAX_SKIPPED; ) {
        int read = socket.getInputStream().read(bytes);
        if (read < 0) {
          return true;
        }
        seen += read;
      }
      return false;
    } catch (SocketTimeoutException silent) {
      return false;
    } catch (IOException reset) {
      return true;
    }
  }

  /** Closes the socket with a TCP reset. */
  void reset() throws IOException {
    socket.setSoLinger(true, 0);
    socket.close();
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // It is closed in any case.
    }
  }
}
