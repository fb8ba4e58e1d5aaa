package redisproxy.front.resp;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redisproxy.tls.TlsSocket;

/**
 * The end of a connection that the proxy ends: flushes, ends the stream, and waits a little for the
 * client to close. Closing at once with input unread would reset the connection, and the client
 * might lose its last replies. Belongs to the connection's event loop.
 */
final class GracefulClose {
  /** How long a client may take to see the end of the stream before it is cut off. */
  private static final long LINGER_MS = 1_000;

  /** How long a client may take to read its last replies. */
  private static final long FLUSH_MS = 10_000;

  private final ChannelHandlerContext context;

  /** Cuts off a client that does not go by itself, or null. */
  private @Nullable Future<?> cutOff;

  GracefulClose(ChannelHandlerContext context) {
    this.context = context;
  }

  /** There is more to be written before; to be called again whenever the client has read. */
  void putOff() {
    cutOffIn(FLUSH_MS);
  }

  void begin() {
    cutOffIn(FLUSH_MS);
    context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> endOutput());
  }

  /** The client is gone. Or a session that has ended is held until its time would have come. */
  void over() {
    if (cutOff != null) {
      cutOff.cancel(false);
    }
  }

  private void cutOffIn(long millis) {
    over();
    cutOff = context.executor().schedule(() -> context.close(), millis, TimeUnit.MILLISECONDS);
  }

  private void endOutput() {
    DuplexChannel channel = (DuplexChannel) context.channel();
    if (channel.isInputShutdown()) {
      context.close();
    } else if (channel.isActive()) {
      TlsSocket.endOutput(channel);
      channel.config().setAutoRead(true);
      cutOffIn(LINGER_MS);
    }
  }
}
