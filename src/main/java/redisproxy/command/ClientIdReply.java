package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Map;
import java.util.function.LongUnaryOperator;
import java.util.regex.Pattern;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;

/**
 * Where a reply contains client ids, and how to replace them. Redis returns the ids of the proxy's
 * own connections, which clients do not know.
 */
public enum ClientIdReply {
  /** Contains no ids. */
  NONE,
  /** The id of the connection that the reply comes over: CLIENT ID. */
  OWN,
  /** The id of another connection: CLIENT GETREDIR. */
  OTHER,
  /** Lines of {@code name=value}: CLIENT LIST, CLIENT INFO. */
  LINES,
  /** Alternating names and values: HELLO, CLIENT TRACKINGINFO. */
  FIELDS;

  private static final Pattern IDS = Pattern.compile("(?m)^id=(\\d{1,18})| redir=(\\d{1,18})");

  /** Maps Redis's ids to the ids that clients see. */
  public interface Ids {
    /** The id of the connection that the reply comes over. */
    long own(long redisId);

    /** The id of any connection. Returns Redis's id if the connection has no other. */
    long of(long redisId);
  }

  /** Where the reply to a request contains client ids. */
  public static ClientIdReply to(Command command, Request request) {
    if (command.kind() == Command.Kind.HELLO) {
      return FIELDS;
    }
    if (command.kind() != Command.Kind.CLIENT || request.count() < 2) {
      return NONE;
    }
    return switch (request.lowerCase(1, 16)) {
      case "id" -> OWN;
      case "getredir" -> OTHER;
      case "list", "info" -> LINES;
      case "trackinginfo" -> FIELDS;
      default -> NONE;
    };
  }

  /**
   * Copies a complete reply and replaces its ids. Copies a reply unchanged if it does not have the
   * expected form.
   *
   * @param reply this reads it to its end
   * @param ids gives the ids that replace Redis's
   */
  public ByteBuf rewrite(ByteBuf reply, Ids ids) {
    return rewrite(reply, (in, out) -> value(in, out, ids));
  }

  /**
   * Copies a complete reply to EXEC and replaces its ids.
   *
   * @param elements where its elements contain ids, by their index; elements that are not listed
   *     contain none
   */
  public static ByteBuf rewriteAll(ByteBuf reply, Map<Integer, ClientIdReply> elements, Ids ids) {
    return rewrite(
        reply,
        (in, out) -> {
          passAttributes(in, out);
          long count = in.getByte(in.readerIndex()) == '*' ? head(in, out) : 0;
          for (int i = 0; i < count; i++) {
            elements.getOrDefault(i, NONE).value(in, out, ids);
          }
        });
  }

  private interface Rewriting {
    void rewrite(ByteBuf in, ByteBuf out) throws ProtocolError;
  }

  private static ByteBuf rewrite(ByteBuf reply, Rewriting rewriting) {
    int start = reply.readerIndex();
    ByteBuf out = Unpooled.buffer(reply.readableBytes() + 64);
    try {
      rewriting.rewrite(reply, out);
    } catch (ProtocolError | IndexOutOfBoundsException unexpected) {
      reply.readerIndex(start);
      out.clear();
    }
    return out.writeBytes(reply);
  }

  private void value(ByteBuf in, ByteBuf out, Ids ids) throws ProtocolError {
    passAttributes(in, out);
    byte type = in.getByte(in.readerIndex());
    switch (this) {
      case OWN, OTHER -> {
        if (type == ':') {
          number(in, out, this == OWN ? ids::own : ids::of);
          return;
        }
      }
      case LINES -> {
        if (type == '$' || type == '=') {
          lines(in, out, ids::of);
          return;
        }
      }
      case FIELDS -> {
        if (type == '*' || type == '%') {
          long count = head(in, out);
          fields(in, out, ids, type == '%' ? count : count / 2);
          return;
        }
      }
      default -> {}
    }
    pass(in, out);
  }

  private static void fields(ByteBuf in, ByteBuf out, Ids ids, long count) throws ProtocolError {
    for (long i = 0; i < count; i++) {
      int start = in.readerIndex();
      pass(in, out);
      String name = in.toString(start, in.readerIndex() - start, StandardCharsets.ISO_8859_1);
      String[] lines = name.split("\r\n", 3);
      ClientIdReply value =
          switch (lines.length > 2 ? lines[1] : name.strip().substring(1)) {
            case "id" -> OWN;
            case "redirect" -> OTHER;
            default -> NONE;
          };
      value.value(in, out, ids);
    }
  }

  private static void number(ByteBuf in, ByteBuf out, LongUnaryOperator other)
      throws ProtocolError {
    long id = parse(line(in).substring(1));
    out.writeCharSequence(":" + map(id, other) + "\r\n", StandardCharsets.US_ASCII);
  }

  /** Keeps zero and negative numbers: they are not ids, but mean that there is no redirection. */
  private static long map(long id, LongUnaryOperator other) {
    return id > 0 ? other.applyAsLong(id) : id;
  }

  private static void lines(ByteBuf in, ByteBuf out, LongUnaryOperator other) throws ProtocolError {
    String head = line(in);
    int length = (int) parse(head.substring(1));
    if (length < 0) {
      out.writeCharSequence(head + "\r\n", StandardCharsets.US_ASCII);
      return;
    }
    String text = in.readCharSequence(length, StandardCharsets.ISO_8859_1).toString();
    in.skipBytes(2);
    // A verbatim string begins with its format. The first line follows it directly.
    String format = head.charAt(0) == '=' ? text.substring(0, 4) : "";
    String rewritten =
        format
            + IDS.matcher(text.substring(format.length()))
                .replaceAll(
                    id ->
                        id.group(1) != null
                            ? "id=" + map(Long.parseLong(id.group(1)), other)
                            : " redir=" + map(Long.parseLong(id.group(2)), other));
    out.writeCharSequence(
        head.charAt(0) + "" + rewritten.length() + "\r\n" + rewritten + "\r\n",
        StandardCharsets.ISO_8859_1);
  }

  private static void passAttributes(ByteBuf in, ByteBuf out) throws ProtocolError {
    while (in.getByte(in.readerIndex()) == '|') {
      for (long i = 2 * head(in, out); i > 0; i--) {
        pass(in, out);
      }
    }
  }

  /** Copies the line that announces the elements, and returns how many there are. */
  private static long head(ByteBuf in, ByteBuf out) throws ProtocolError {
    String line = line(in);
    out.writeCharSequence(line + "\r\n", StandardCharsets.ISO_8859_1);
    return parse(line.substring(1));
  }

  /** Copies a value unchanged. */
  private static void pass(ByteBuf in, ByteBuf out) throws ProtocolError {
    int start = in.readerIndex();
    new ReplyFramer().feed(in);
    out.writeBytes(in, start, in.readerIndex() - start);
  }

  private static String line(ByteBuf in) throws ProtocolError {
    int end = in.indexOf(in.readerIndex(), in.writerIndex(), (byte) '\r');
    if (end < 0) {
      throw new ProtocolError("a line has no end");
    }
    String line =
        in.readCharSequence(end - in.readerIndex(), StandardCharsets.ISO_8859_1).toString();
    in.skipBytes(2);
    return line;
  }

  private static long parse(String number) throws ProtocolError {
    try {
      return Long.parseLong(number);
    } catch (NumberFormatException streamed) {
      throw new ProtocolError("not a number");
    }
  }
}
