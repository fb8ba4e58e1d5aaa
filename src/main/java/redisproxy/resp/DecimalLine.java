package redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * Reads a line that holds a decimal number, byte by byte as they come. What counts as a number is
 * what Redis's string2ll takes: no plus sign, no leading zero, no blank, not beyond 64 bits.
 */
public final class DecimalLine {
  private int read;
  private boolean negative;
  private boolean valid = true;
  private boolean ended;

  /** Redis searches the end with strchr, which finds nothing behind a NUL byte. */
  private boolean endless;

  private int digits;
  private long value;

  /** How many bytes of the line have been read, its end included. */
  public int read() {
    return read;
  }

  /** Reads on from an index; true when the line is whole: its CR and one more byte. */
  public boolean feed(ByteBuf in, int from) {
    int end = in.writerIndex();
    for (int i = from; i < end; i++) {
      read++;
      if (ended) {
        return true;
      }
      byte b = in.getByte(i);
      if (b == '\r' && !endless) {
        ended = true;
      } else {
        accept(b);
      }
    }
    return false;
  }

  private void accept(byte b) {
    if (b == '-' && digits == 0 && !negative) {
      negative = true;
    } else if (b >= '0' && b <= '9' && !(digits == 1 && value == 0) && digits < 19) {
      value = value * 10 + (b - '0');
      digits++;
    } else {
      valid = false;
      endless |= b == 0;
    }
  }

  /**
   * The number; the reader is fresh for the next line afterwards.
   *
   * @throws ProtocolError with the given text if it is no number or above the limit
   */
  public long valueUpTo(long limit, String otherwise) throws ProtocolError {
    boolean overflow = value < 0 && !(negative && value == Long.MIN_VALUE);
    boolean good = valid && digits > 0 && !overflow && !(negative && value == 0);
    long number = negative ? -value : value;
    read = 0;
    negative = false;
    valid = true;
    ended = false;
    endless = false;
    digits = 0;
    value = 0;
    if (!good || number > limit) {
      throw new ProtocolError(otherwise);
    }
    return number;
  }
}
