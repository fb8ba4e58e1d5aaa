package redisproxy.resp;

import io.netty.buffer.ByteBuf;
import org.jspecify.annotations.Nullable;

/**
 * Reads a bulk string after its dollar sign, as its bytes arrive. Skips a string that is longer
 * than wanted.
 */
final class BulkString {
  private static final long NONE = -1;

  private final DecimalLine number = new DecimalLine();
  private boolean inLength = true;
  private boolean isNull;

  /** The string; null if it is skipped or is a null string. */
  private byte @Nullable [] bytes;

  /** How many bytes of the string have arrived. */
  private int filled;

  /** Bytes still to skip. */
  private long skip;

  /** How many bytes of the CRLF at the end have arrived. */
  private int ending;

  /**
   * Continues reading.
   *
   * @param longest longer strings are skipped, in bytes
   * @return whether the string is complete
   * @throws ProtocolError if this is not a bulk string
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
        throw new ProtocolError("missing CRLF after a string");
      }
      ending++;
    }
    return ending == 2;
  }

  boolean isNull() {
    return isNull;
  }

  /**
   * Returns the string, or null if it is a null string or too long. Resets this reader for the next
   * string.
   */
  byte @Nullable [] take() {
    byte[] taken = bytes;
    bytes = null;
    inLength = true;
    return taken;
  }

  /**
   * Continues reading the line of a number. Returns whether the line is complete.
   *
   * @throws ProtocolError if the line is too long for a number, or does not end with CRLF
   */
  static boolean feedNumber(ByteBuf in, DecimalLine number) throws ProtocolError {
    int before = number.read();
    boolean complete = number.feed(in, in.readerIndex());
    in.skipBytes(number.read() - before);
    if (number.read() > 24 || complete && in.getByte(in.readerIndex() - 1) != '\n') {
      throw new ProtocolError("bad number in a reply");
    }
    return complete;
  }
}
