package redisproxy.resp;

import io.netty.buffer.ByteBuf;

/**
 * Reads a line with a decimal number, as its bytes arrive. Accepts what Redis's string2ll accepts:
 * no plus sign, no leading zero, no blank, and at most 64 bits.
 */
public final class DecimalLine {
  private int read;
  private boolean negative;
  private boolean valid = true;
  private boolean ended;

  /** A NUL byte was read. Redis searches the line's end with strchr, which stops at a NUL byte. */
  private boolean endless;

  private int digits;
  private long value;

  /** How many bytes of the line have been read, including its end. */
  public int read() {
    return read;
  }

  /**
   * Continues reading from an index. Returns whether the line is complete: its CR and one more byte
   * were read.
   */
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
   * Returns the number, and resets this reader for the next line.
   *
   * @throws ProtocolError with the given text if the line is not a number or is above the limit
   */
  public long valueUpTo(long limit, String errorText) throws ProtocolError {
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
      throw new ProtocolError(errorText);
    }
    return number;
  }
}
