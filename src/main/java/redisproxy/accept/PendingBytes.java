package redisproxy.accept;

import io.netty.channel.Channel;

/** What was written to a client but not yet accepted by its socket. */
public final class PendingBytes {
  private PendingBytes() {}

  /**
   * The number of bytes, with Netty's overhead for each buffer. Call it on the channel's event
   * loop.
   */
  public static long of(Channel channel) {
    var buffers = channel.unsafe().outboundBuffer();
    return buffers == null ? 0 : buffers.totalPendingWriteBytes();
  }
}
