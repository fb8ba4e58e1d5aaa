package redisproxy.command;

import io.netty.buffer.ByteBuf;

/**
 * A GET as clients write it: an array of two bulk strings. Nearly all that a cache is asked looks
 * so, and is told by a few comparisons (docs/performance.md).
 */
public final class UsualGet {
  /** {@code *2\r\n$3\r\n}. */
  private static final long HEAD = 0x2a320d0a24330d0aL;

  /** {@code \r\n$}. */
  private static final int BEHIND_NAME = 0x0d0a24;

  private static final long GET = CommandName.of("get");

  /** Where its name stands. */
  static final int NAME = 8;

  private static final int LENGTH = NAME + 6;

  /** {@code *2\r\n$3\r\nGET\r\n$1\r\nk\r\n}. */
  private static final int SHORTEST = LENGTH + 6;

  private UsualGet() {}

  /** Whether one begins at the reader index; perhaps only its beginning is there. */
  public static boolean begins(ByteBuf in) {
    int at = in.readerIndex();
    return in.readableBytes() >= LENGTH
        && in.getLong(at) == HEAD
        && CommandName.of(in, at + NAME, 3) == GET
        && in.getByte(at + NAME + 3) == '\r';
  }

  /**
   * The length of the key, from 1 to 99 bytes, if one of such a key, or of another command of three
   * letters, is there as a whole; else 0.
   */
  static int keyLength(ByteBuf in) {
    int at = in.readerIndex();
    if (in.readableBytes() < SHORTEST
        || in.getLong(at) != HEAD
        || in.getMedium(at + NAME + 3) != BEHIND_NAME) {
      return 0;
    }
    int first = in.getByte(at + LENGTH) - '0';
    int next = in.getByte(at + LENGTH + 1);
    int second = next - '0';
    int length = next == '\r' ? first : first * 10 + second;
    boolean isNumber = first > 0 && first <= 9 && (next == '\r' || second >= 0 && second <= 9);
    return isNumber
            && in.getByte(at + keyStart(length) - 2) == '\r'
            && in.readableBytes() >= keyStart(length) + length + 2
        ? length
        : 0;
  }

  /** Where the key stands, given its length. */
  static int keyStart(int length) {
    return LENGTH + (length < 10 ? 3 : 4);
  }
}
