package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.stream.Collectors;
import redisproxy.resp.ProtocolError;

/**
 * Makes requests with a {@link RequestParser}. Strings have one ISO 8859-1 character for each byte.
 */
public final class Parsed {
  private static final int MAX_BYTES = 1 << 20;

  private Parsed() {}

  /** An inline request, without a command table. */
  public static Request line(String line) {
    return line(CommandTable.EMPTY, line);
  }

  /** An inline request. */
  public static Request line(CommandTable commands, String line) {
    return parse(parser(commands), line + "\r\n");
  }

  /** A request written as an array. */
  public static Request array(CommandTable commands, String... arguments) {
    return parse(parser(commands), "*" + arguments.length + "\r\n" + bulks(arguments));
  }

  /** The beginning of a request whose next argument is too large to read. */
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
    throw new AssertionError("the request is not too large");
  }

  /** The written keys, or a question mark if only Redis knows them. */
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
        throw new AssertionError("the request is incomplete: " + text);
      }
    } catch (ProtocolError error) {
      throw new AssertionError(error);
    }
    return parser.request();
  }

  /** A buffer with the text after other bytes. */
  private static ByteBuf buffer(String text) {
    return Unpooled.wrappedBuffer(Requests.bytes("junk" + text)).skipBytes(4);
  }
}
