package redisproxy.accept;

import io.netty.channel.Channel;

/** What has been written to a client and its socket has not taken. */
public final class Unsent {
  private Unsent() {}

  /** So many bytes, with what Netty adds for each buffer. To be asked on the channel's own loop. */
  public static long bytes(Channel channel) {
    var buffers = channel.unsafe().outboundBuffer();
    return buffers == null ? 0 : buffers.totalPendingWriteBytes();
  }
}
