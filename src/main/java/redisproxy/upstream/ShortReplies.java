package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;

/** Cuts what comes over one connection into replies, none of which is long. */
final class ShortReplies {
  /** Who is told. */
  interface Receiver {
    /**
     * A reply.
     *
     * @param type its first byte
     * @param from holds it for as long as this takes
     */
    void reply(byte type, ByteBuf from, int start, int length) throws ProtocolError;
  }

  /** A reply longer than this, in bytes, is not what was asked for. */
  private static final int MAX_REPLY = 64 * 1024;

  private final Receiver receiver;
  private final ReplyFramer framer = new ReplyFramer();

  /** What has come of the reply that is being read; empty between two. */
  private final ByteBuf partial = Unpooled.buffer(64);

  ShortReplies(Receiver receiver) {
    this.receiver = receiver;
  }

  /** Reads on, to the end of what has come. */
  void read(ByteBuf data) throws ProtocolError {
    while (data.isReadable()) {
      int start = data.readerIndex();
      boolean ends = framer.feed(data);
      int length = data.readerIndex() - start;
      if (ends && partial.readableBytes() == 0) {
        receiver.reply(framer.type(), data, start, length);
      } else {
        keep(data, start, length);
        if (ends) {
          receiver.reply(framer.type(), partial, 0, partial.readableBytes());
          partial.clear();
        }
      }
    }
  }

  private void keep(ByteBuf data, int start, int length) throws ProtocolError {
    if (partial.readableBytes() + length > MAX_REPLY) {
      throw new ProtocolError("a reply of more than " + MAX_REPLY + " bytes");
    }
    partial.writeBytes(data, start, length);
  }
}
