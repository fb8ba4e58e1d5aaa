package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Reads a bulk string behind its dollar sign, as its bytes come. One that is longer than wanted is
 * passed over.
 */
final class BulkString {
  private static final long NONE = -1;

  private final DecimalLine number = new DecimalLine();
  private boolean inLength = true;
  private boolean isNull;

  /** The string and how much of it has come; null when it is passed over, or null itself. */
  private byte @Nullable [] bytes;

  private int filled;

  /** Bytes still to pass over, and how much of the CRLF behind them. */
  private long skip;

  private int ending;

  /**
   * Reads on.
   *
   * @param longest which strings are kept, in bytes
   * @return whether the string is whole
   * @throws ProtocolError when it is no bulk string
   */
  boolean feed(ByteBuf in, int longest) throws ProtocolError {
    if (inLength) {
      if (!feedNumber(in, number)) {
        return false;
      }
      begin(number.valueUpTo(Integer.MAX_VALUE, "bad length in a reply"), longest);
    }
    return isNull || content(in) && end(in);
  }

  private void begin(long length, int longest) throws ProtocolError {
    if (length < NONE) {
      throw new ProtocolError("bad length in a reply");
    }
    inLength = false;
    isNull = length == NONE;
    bytes = length > longest || isNull ? null : new byte[(int) length];
    filled = 0;
    skip = bytes == null ? length : 0;
    ending = 0;
  }

  private boolean content(ByteBuf in) {
    if (bytes != null) {
      int step = Math.min(bytes.length - filled, in.readableBytes());
      in.readBytes(bytes, filled, step);
      filled += step;
      return filled == bytes.length;
    }
    int step = (int) Math.min(skip, in.readableBytes());
    in.skipBytes(step);
    skip -= step;
    return skip == 0;
  }

  private boolean end(ByteBuf in) throws ProtocolError {
    while (ending < 2 && in.isReadable()) {
      if (in.readByte() != (ending == 0 ? '\r' : '\n')) {
        throw new ProtocolError("a string without an end");
      }
      ending++;
    }
    return ending == 2;
  }

  boolean isNull() {
    return isNull;
  }

  /**
   * The string, or null if it is null or too long; the reader is fresh for the next one afterwards.
   */
  byte @Nullable [] take() {
    byte[] taken = bytes;
    bytes = null;
    inLength = true;
    return taken;
  }

  /**
   * Reads on in the line of a number; true when it is whole.
   *
   * @throws ProtocolError when it is too long for a number, or without an end
   */
  static boolean feedNumber(ByteBuf in, DecimalLine number) throws ProtocolError {
    int before = number.read();
    boolean whole = number.feed(in, in.readerIndex());
    in.skipBytes(number.read() - before);
    if (number.read() > 24 || whole && in.getByte(in.readerIndex() - 1) != '\n') {
      throw new ProtocolError("bad number in a reply");
    }
    return whole;
  }
}
