package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import redisproxy.resp.ProtocolError;

/** Requests as a {@link RequestParser} reads them. Bytes are the characters of ISO 8859-1. */
public final class Parsed {
  private static final int MAX_BYTES = 1 << 20;

  private Parsed() {}

  /** One written inline, of a command that is not known. */
  public static Request line(String line) {
    return line(CommandTable.EMPTY, line);
  }

  /** One written inline. */
  public static Request line(CommandTable commands, String line) {
    return parse(parser(commands), line + "\r\n");
  }

  /** One written as an array. */
  public static Request array(CommandTable commands, String... arguments) {
    return parse(parser(commands), "*" + arguments.length + "\r\n" + bulks(arguments));
  }

  /** The beginning of one whose next argument is too large to be read. */
  public static Request begun(CommandTable commands, String... arguments) {
    RequestParser parser = parser(commands);
    String next = "$" + (MAX_BYTES + 1) + "\r\n";
    try {
      parser.next(buffer("*" + (arguments.length + 1) + "\r\n" + bulks(arguments) + next));
    } catch (RequestTooLarge expected) {
      return parser.request();
    } catch (ProtocolError error) {
      throw new AssertionError(error);
    }
    throw new AssertionError("is not too large");
  }

  /** The keys that are written, or a question mark where only Redis knows them. */
  public static String keys(Writes writes) {
    return writes.areUnknown()
        ? "?"
        : writes.keys().stream()
            .map(key -> new String(key, StandardCharsets.UTF_8))
            .collect(Collectors.joining(" "));
  }

  private static RequestParser parser(CommandTable commands) {
    return new RequestParser(new RequestBounds(MAX_BYTES), () -> commands);
  }

  private static String bulks(String... arguments) {
    StringBuilder text = new StringBuilder();
    for (String argument : arguments) {
      text.append("$").append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return text.toString();
  }

  private static Request parse(RequestParser parser, String text) {
    try {
      if (!parser.parse(buffer(text))) {
        throw new AssertionError("is not whole: " + text);
      }
    } catch (ProtocolError error) {
      throw new AssertionError(error);
    }
    return parser.request();
  }

  /** At some place in a buffer. */
  private static ByteBuf buffer(String text) {
    return Unpooled.wrappedBuffer(Requests.bytes("junk" + text)).skipBytes(4);
  }
}
