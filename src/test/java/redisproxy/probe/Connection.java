package redisproxy.probe;

import static java.nio.charset.StandardCharsets.ISO_8859_1;

import java.io.BufferedInputStream;
import java.io.EOFException;
import java.io.IOException;
import java.io.InputStream;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.util.ArrayList;
import java.util.List;
import javax.net.SocketFactory;

/** A socket to a RESP or HTTP server, for one request at a time. Not thread-safe. */
public final class Connection implements AutoCloseable {
  private final Socket socket;
  private final InputStream in;

  public Connection(InetSocketAddress address, int timeoutMs) throws IOException {
    this(SocketFactory.getDefault(), address, timeoutMs);
  }

  /** Connects over a socket of this factory, for TLS. */
  public Connection(SocketFactory factory, InetSocketAddress address, int timeoutMs)
      throws IOException {
    socket = factory.createSocket();
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

  /** The server answered with an error. The connection is still usable. */
  public static final class ErrorReply extends IOException {
    ErrorReply(String message) {
      super(message);
    }
  }

  public static String request(String... arguments) {
    StringBuilder request = new StringBuilder("*" + arguments.length + "\r\n");
    for (String argument : arguments) {
      request.append('$').append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return request.toString();
  }

  public void send(String text) throws IOException {
    socket.getOutputStream().write(text.getBytes(ISO_8859_1));
  }

  public String call(String... arguments) throws IOException {
    send(request(arguments));
    return reply();
  }

  /**
   * Returns the next RESP reply: the bytes of a bulk string, null for nil, {@code *} and the length
   * for an array, otherwise the line.
   *
   * @throws ErrorReply for an error, and for an array that contains one
   */
  public String reply() throws IOException {
    Object reply = whole();
    failOnError(reply);
    return reply instanceof List<?> list ? "*" + list.size() : (String) reply;
  }

  private static void failOnError(Object reply) throws ErrorReply {
    if (reply instanceof ErrorReply error) {
      throw error;
    }
    if (reply instanceof List<?> list) {
      for (Object element : list) {
        failOnError(element);
      }
    }
  }

  /**
   * Returns the next RESP reply in full: the bytes of a bulk string, null for nil, an {@link
   * ErrorReply}, a list of replies for an aggregate of any kind, otherwise the line.
   */
  public Object whole() throws IOException {
    String line = line();
    char type = line.charAt(0);
    int length = "$*%~>".indexOf(type) < 0 ? 0 : Integer.parseInt(line.substring(1));
    if (type == '-') {
      return new ErrorReply(line);
    }
    if (length < 0 || type == '_') {
      return null;
    }
    if (type == '$') {
      String bulk = bytes(length);
      bytes(2);
      return bulk;
    }
    if ("*%~>".indexOf(type) < 0) {
      return line;
    }
    List<Object> elements = new ArrayList<>();
    for (int i = type == '%' ? 2 * length : length; i > 0; i--) {
      elements.add(whole());
    }
    return elements;
  }

  /**
   * GET over HTTP. Returns null for 404.
   *
   * @throws ErrorReply for any status but 200 and 404
   */
  public String httpGet(String path) throws IOException {
    Response response = http(path);
    return switch (response.status()) {
      case 200 -> response.body();
      case 404 -> null;
      default -> throw new ErrorReply(response.toString());
    };
  }

  /** An HTTP response. The entity tag is null if there is none. */
  public record Response(int status, String etag, String body) {}

  /** GET over HTTP, with more headers, such as {@code Accept: text/plain}. */
  public Response http(String path, String... headers) throws IOException {
    String more = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    send("GET " + path + " HTTP/1.1\r\nHost: probe\r\n" + more + "\r\n");
    int status = Integer.parseInt(line().substring(9, 12));
    int length = 0;
    String etag = null;
    for (String header = line(); !header.isEmpty(); header = line()) {
      if (header.regionMatches(true, 0, "content-length:", 0, 15)) {
        length = Integer.parseInt(header.substring(15).strip());
      } else if (header.regionMatches(true, 0, "etag:", 0, 5)) {
        etag = header.substring(5).strip();
      }
    }
    return new Response(status, etag, bytes(length));
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
      // It is closed in any case.
    }
  }
}
