package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Puts small replies of one client together, so that they leave as one buffer and one packet. */
final class ReplyWriter {
  /**
   * What is shorter than this, in bytes, is copied among its neighbours; what is longer is sent
   * from where it is.
   */
  private static final int COPIED = 8 * 1024;

  /** The size of the buffer that small replies are gathered in, at most, in bytes. */
  private static final int GATHERED = 64 * 1024;

  private final ClientConnection connection;

  /** Replies not yet written, or null. */
  private @Nullable ByteBuf gathered;

  private boolean flushed = true;

  ReplyWriter(ClientConnection connection) {
    this.connection = connection;
  }

  /** Whether a reply of so many bytes is copied among its neighbours. */
  static boolean isSmall(int length) {
    return length < COPIED;
  }

  /** Whether everything has been flushed. */
  boolean isFlushed() {
    return flushed;
  }

  /**
   * Adds a reply.
   *
   * @param more how many bytes are likely to follow
   */
  void add(byte[] bytes, int offset, int length, long more) {
    flushed = false;
    if (!isSmall(length)) {
      write();
      // From where it is, whether or not the socket takes it now: a copy would cost more.
      connection.write(Unpooled.wrappedBuffer(bytes, offset, length));
      return;
    }
    if (gathered == null) {
      gathered = connection.newBuffer((int) Math.min(GATHERED, Math.max(256, more + length)));
    }
    gathered.writeBytes(bytes, offset, length);
    if (gathered.readableBytes() >= GATHERED) {
      write();
    }
  }

  /** Writes what has been gathered. */
  void write() {
    ByteBuf full = gathered;
    if (full != null) {
      // First, for writing may lead back here when the socket has no more room.
      gathered = null;
      connection.writeOrHold(full);
    }
  }

  void flush() {
    if (!flushed) {
      write();
      flushed = true;
      connection.flush();
    }
  }

  /** Nothing more is to be written. */
  void close() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }
}
