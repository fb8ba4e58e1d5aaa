package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import org.jspecify.annotations.Nullable;

/** Gathers the small replies of one client, so that they leave as one buffer and one packet. */
final class ReplyWriter {
  /**
   * A shorter reply, in bytes, is copied into the gathering buffer. A longer reply is sent without
   * a copy.
   */
  private static final int COPIED = 8 * 1024;

  /** The largest size of the gathering buffer, in bytes. */
  private static final int GATHERED = 64 * 1024;

  private final ClientConnection connection;

  /** Gathered replies that are not written yet, or null. */
  private @Nullable ByteBuf gathered;

  private boolean flushed = true;

  ReplyWriter(ClientConnection connection) {
    this.connection = connection;
  }

  /** Whether a reply of this many bytes is copied into the gathering buffer. */
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
      // Not copied, even if the socket does not take it now, because a copy would cost more.
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

  /** Writes the gathered replies. */
  void write() {
    ByteBuf full = gathered;
    if (full != null) {
      // Clear it first, because the write may call this method again when the socket is full.
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

  /** Drops replies that are not written yet. */
  void close() {
    if (gathered != null) {
      gathered.release();
      gathered = null;
    }
  }
}
