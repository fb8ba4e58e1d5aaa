package redisproxy.command;

import io.netty.buffer.ByteBuf;

/**
 * A GET as clients write it: an array of two bulk strings. Nearly all requests to a cache look like
 * this, so a few comparisons recognize them (docs/performance.md).
 */
public final class UsualGet {
  /** {@code *2\r\n$3\r\n}. */
  private static final long HEAD = 0x2a320d0a24330d0aL;

  /** {@code \r\n$}. */
  private static final int AFTER_NAME = 0x0d0a24;

  private static final long GET = CommandName.of("get");

  /** The offset of the command name, in bytes. */
  static final int NAME = 8;

  private static final int LENGTH = NAME + 6;

  /** {@code *2\r\n$3\r\nGET\r\n$1\r\nk\r\n}. */
  private static final int SHORTEST = LENGTH + 6;

  private UsualGet() {}

  /** Whether a usual GET begins at the reader index. It may be incomplete. */
  public static boolean begins(ByteBuf in) {
    int at = in.readerIndex();
    return in.readableBytes() >= LENGTH
        && in.getLong(at) == HEAD
        && CommandName.of(in, at + NAME, 3) == GET
        && in.getByte(at + NAME + 3) == '\r';
  }

  /**
   * Returns the length of the key if a complete usual GET is at the reader index and its key has 1
   * to 99 bytes; else 0. Accepts any command name of three bytes.
   */
  static int keyLength(ByteBuf in) {
    int at = in.readerIndex();
    if (in.readableBytes() < SHORTEST
        || in.getLong(at) != HEAD
        || in.getMedium(at + NAME + 3) != AFTER_NAME) {
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

  /** The offset of a key of this length, in bytes. */
  static int keyStart(int length) {
    return LENGTH + (length < 10 ? 3 : 4);
  }
}
