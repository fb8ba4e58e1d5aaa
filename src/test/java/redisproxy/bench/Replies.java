package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;

/**
 * Counts the replies of a connection. It checks the head of each reply and skips the rest. For one
 * thread.
 */
final class Replies {
  /** The format of replies. */
  interface Format {
    /**
     * Returns the length of the reply that starts at the reader index, in bytes.
     *
     * @return -1 if more bytes are needed
     * @throws WrongReply if the reply is not an expected one
     */
    int length(ByteBuf bytes);

    /**
     * Reads one reply and compares it with the expected one.
     *
     * @throws WrongReply if it differs
     */
    void check(ByteBuf bytes, int key);

    void release();
  }

  private final Format format;
  private ByteBuf begun = Unpooled.EMPTY_BUFFER;
  private int missing;

  Replies(Format format) {
    this.format = format;
  }

  /** Reads all bytes, and returns how many replies they completed. */
  int take(ByteBuf bytes) {
    if (!begun.isReadable()) {
      return count(bytes);
    }
    ByteBuf both = Unpooled.copiedBuffer(begun, bytes);
    bytes.skipBytes(bytes.readableBytes());
    begun.release();
    begun = Unpooled.EMPTY_BUFFER;
    int count = count(both);
    both.release();
    return count;
  }

  private int count(ByteBuf bytes) {
    int count = 0;
    while (bytes.isReadable()) {
      if (missing == 0) {
        missing = format.length(bytes);
        if (missing < 0) {
          missing = 0;
          begun = bytes.readBytes(bytes.readableBytes());
          return count;
        }
      }
      int skipped = Math.min(missing, bytes.readableBytes());
      bytes.skipBytes(skipped);
      missing -= skipped;
      if (missing == 0) {
        count++;
      }
    }
    return count;
  }

  void release() {
    begun.release();
  }
}
