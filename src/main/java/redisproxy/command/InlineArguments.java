package redisproxy.command;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import redisproxy.resp.ProtocolError;

/**
 * Splits an inline request into arguments as Redis's sdssplitargs does. Blanks separate arguments.
 * Double quotes allow the escapes {@code \n \r \t \b \a \xHH}. Single quotes allow only {@code \'}.
 * A blank or the end of the line must follow a closing quote.
 */
final class InlineArguments {
  interface Sink {
    void add(int start, int length);
  }

  private final ByteBuf line;
  private final ByteBuf out;
  private int i;

  private InlineArguments(ByteBuf line) {
    this.line = line;
    this.out = Unpooled.buffer(line.readableBytes());
  }

  /**
   * Returns a buffer with the unescaped arguments, and passes the position of each argument in it
   * to the sink.
   */
  static ByteBuf split(ByteBuf line, Sink sink) throws ProtocolError {
    InlineArguments arguments = new InlineArguments(line);
    while (arguments.skipBlanks()) {
      int start = arguments.out.writerIndex();
      arguments.argument();
      sink.add(start, arguments.out.writerIndex() - start);
    }
    return arguments.out;
  }

  private boolean skipBlanks() {
    while (i < line.writerIndex() && isBlank(line.getByte(i))) {
      i++;
    }
    return i < line.writerIndex();
  }

  private void argument() throws ProtocolError {
    while (i < line.writerIndex()) {
      byte b = line.getByte(i++);
      if (b == '"') {
        doubleQuoted();
        return;
      } else if (b == '\'') {
        singleQuoted();
        return;
      } else if (endsWord(b)) {
        return;
      }
      out.writeByte(b);
    }
  }

  private void doubleQuoted() throws ProtocolError {
    for (byte b = next(); b != '"'; b = next()) {
      out.writeByte(b == '\\' ? escaped(next()) : b);
    }
    endQuoted();
  }

  private int escaped(byte b) {
    if (b == 'x' && hex(i) >= 0 && hex(i + 1) >= 0) {
      i += 2;
      return hex(i - 2) << 4 | hex(i - 1);
    }
    return switch (b) {
      case 'n' -> '\n';
      case 'r' -> '\r';
      case 't' -> '\t';
      case 'b' -> '\b';
      case 'a' -> 7;
      default -> b;
    };
  }

  private int hex(int at) {
    return at < line.writerIndex() ? Character.digit((char) line.getByte(at), 16) : -1;
  }

  private void singleQuoted() throws ProtocolError {
    for (byte b = next(); b != '\''; b = next()) {
      if (b == '\\' && i < line.writerIndex() && line.getByte(i) == '\'') {
        b = next();
      }
      out.writeByte(b);
    }
    endQuoted();
  }

  private void endQuoted() throws ProtocolError {
    if (i < line.writerIndex() && !isBlank(line.getByte(i))) {
      throw unbalanced();
    }
  }

  private byte next() throws ProtocolError {
    if (i == line.writerIndex()) {
      throw unbalanced();
    }
    return line.getByte(i++);
  }

  private static ProtocolError unbalanced() {
    return new ProtocolError("unbalanced quotes in request");
  }

  /**
   * Whether a byte ends an unquoted argument. Vertical tabs and form feeds do not: Redis skips them
   * between arguments, but inside of an argument they are part of it.
   */
  private static boolean endsWord(byte b) {
    return b == ' ' || b == '\t' || b == '\n' || b == '\r';
  }

  private static boolean isBlank(byte b) {
    return b == ' ' || b >= '\t' && b <= '\r';
  }
}
