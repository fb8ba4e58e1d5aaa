package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;

/** Replies as bytes ready to send. The shared arrays are not to be changed. */
public final class Reply {
  public static final byte[] OK = ascii("+OK\r\n");
  public static final byte[] PONG = ascii("+PONG\r\n");

  /** A missing value in RESP2. */
  public static final byte[] NIL = ascii("$-1\r\n");

  /** A missing value in RESP3. */
  public static final byte[] NULL = ascii("_\r\n");

  /** Redis's answer to one client too many; it is followed by a close. */
  public static final byte[] MAX_CLIENTS = error("ERR max number of clients reached");

  private Reply() {}

  /**
   * An error reply.
   *
   * @param text the code and the message, such as {@code ERR unknown command}; what would end the
   *     line early becomes a space, as in Redis
   */
  public static byte[] error(String text) {
    String line = text.replace('\r', ' ').replace('\n', ' ');
    return ("-" + line + "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  /** The bytes of a whole reply that lie in a buffer; the most frequent one is not copied. */
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

  /** An argument of a request as a bulk string, copied. */
  public static byte[] bulk(Request request, int argument) {
    return bulk(request.buffer(), request.start(argument), request.length(argument));
  }

  /** A request as it is sent: an array of bulk strings, copied. */
  public static byte[] array(Request request) {
    ByteArrayOutputStream array = new ByteArrayOutputStream();
    array.writeBytes(ascii("*" + request.count() + "\r\n"));
    for (int i = 0; i < request.count(); i++) {
      array.writeBytes(bulk(request, i));
    }
    return array.toByteArray();
  }

  /** Redis 7's answer to too few or too many arguments. */
  public static byte[] wrongArity(String command) {
    return error("ERR wrong number of arguments for '" + command + "' command");
  }

  /**
   * Redis 7's answer to a command it does not know: the name and the first arguments, 128 bytes of
   * each.
   */
  public static byte[] unknownCommand(Request request) {
    StringBuilder arguments = new StringBuilder();
    for (int i = 1; i < request.count() && arguments.length() < 128; i++) {
      String argument = cString(request.text(i, 128 - arguments.length()));
      arguments.append('\'').append(argument).append("' ");
    }
    String name = cString(request.text(0, 128));
    return error("ERR unknown command '" + name + "', with args beginning with: " + arguments);
  }

  /** What C's printf makes of it: it ends at the first NUL. */
  private static String cString(String text) {
    int end = text.indexOf('\0');
    return end < 0 ? text : text.substring(0, end);
  }

  private static byte[] ascii(String text) {
    return text.getBytes(StandardCharsets.US_ASCII);
  }
}
