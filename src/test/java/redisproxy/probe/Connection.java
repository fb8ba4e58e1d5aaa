package redisproxy.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;

/** A socket to a RESP or HTTP server, one request at a time. Not for several threads. */
final class Connection implements AutoCloseable {
  private final Socket socket = new Socket();
  private final InputStream in;

  Connection(InetSocketAddress address, int timeoutMs) throws IOException {
    try {
      socket.setTcpNoDelay(true);
      socket.setSoTimeout(timeoutMs);
      socket.connect(address, timeoutMs);
      in = new BufferedInputStream(socket.getInputStream());
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  /** The server answered, though with an error; the connection is as good as before. */
  static final class ErrorReply extends IOException {
    ErrorReply(String message) {
      super(message);
    }
  }

  static String request(String... arguments) {
    StringBuilder request = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      request.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return request.toString();
  }

  void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  String call(String... arguments) throws IOException {
    send(request(arguments));
    return reply();
  }

  /**
   * The next RESP reply: a bulk string's bytes, null for nil, else its line.
   *
   * @throws ErrorReply for an error, and for an array that holds one
   */
  String reply() throws IOException {
    String line = line();
    int length = "$*".indexOf(line.charAt(0)) < 0 ? 0 : Integer.parseInt(line.substring(1));
    if (line.charAt(0) == '-') {
      throw new ErrorReply(line);
    }
    if (length < 0) {
      return null;
    }
    if (line.charAt(0) == '$') {
      String bulk = bytes(length);
      bytes(2);
      return bulk;
    }
    for (int i = 0; i < length; i++) {
      reply();
    }
    return line;
  }

  /**
   * GET over HTTP; null for 404.
   *
   * @throws ErrorReply for any status but these and 200
   */
  String httpGet(String path) throws IOException {
    send("GET " + path + " HTTP/1.1\r\nHost: probe\r\n\r\n");
    String status = line();
    int length = 0;
    for (String header = line(); !header.isEmpty(); header = line()) {
      if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(header.substring(15).strip());
      }
    }
    String body = bytes(length);
    return switch (status.substring(9, 12)) {
      case "200" -> body;
      case "404" -> null;
      default -> throw new ErrorReply(status + " " + body);
    };
  }

  private String line() throws IOException {
    StringBuilder line = new StringBuilder();
    for (int b = in.read(); b != '\n'; b = in.read()) {
      if (b < 0) {
        throw new EOFException("closed after '" + line + "'");
      }
      line.append((char) b);
    }
    line.setLength(Math.max(0, line.length() - 1));
    return line.toString();
  }

  private String bytes(int length) throws IOException {
    byte[] bytes = in.readNBytes(length);
    if (bytes.length < length) {
      throw new EOFException("closed after " + bytes.length + " bytes of " + length);
    }
    return new String(bytes, ISO_8859_1);
  }

  @Override
  public void close() {
    try {
      socket.close();
    } catch (IOException e) {
      // it is gone then, too
    }
  }
}
