package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.nio.charset.StandardCharsets;

/** Replies as bytes ready to send. Do not change the shared arrays. */
public final class Reply {
  public static final byte[] OK = ascii("+OK\r\n");
  public static final byte[] PONG = ascii("+PONG\r\n");

  /** A missing value in RESP2. */
  public static final byte[] NIL = ascii("$-1\r\n");

  /** A missing value in RESP3. */
  public static final byte[] NULL = ascii("_\r\n");

  /** Redis's answer to a client beyond its limit. The connection is closed after it. */
  public static final byte[] MAX_CLIENTS = error("ERR max number of clients reached");

  private Reply() {}

  /**
   * An error reply.
   *
   * @param text the code and the message, such as {@code ERR unknown command}; CR and LF become
   *     spaces, as in Redis
   */
  public static byte[] error(String text) {
    String line = text.replace('\r', ' ').replace('\n', ' ');
    return ("-" + line + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  /**
   * The bytes of a complete reply in a buffer. Returns {@link #OK}, the most frequent one,
   * uncopied.
   */
  public static byte[] copyOf(ByteBuf from, int start, int length) {
    if (length == OK.length && from.getByte(start) == '+' && from.getByte(start + 1) == 'O') {
      return OK;
    }
    byte[] bytes = new byte[length];
    from.getBytes(start, bytes);
    return bytes;
  }

  /** A bulk string, copied out of a buffer. */
  public static byte[] bulk(ByteBuf buffer, int start, int length) {
    byte[] head = ascii("$" + length + "\r\n");
    byte[] reply = new byte[head.length + length + 2];
    System.arraycopy(head, 0, reply, 0, head.length);
    buffer.getBytes(start, reply, head.length, length);
    reply[reply.length - 2] = '\r';
    reply[reply.length - 1] = '\n';
    return reply;
  }

  /** Redis 7's answer to too few or too many arguments. */
  public static byte[] wrongArity(String command) {
    return error("ERR wrong number of arguments for '" + command + "' command");
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
