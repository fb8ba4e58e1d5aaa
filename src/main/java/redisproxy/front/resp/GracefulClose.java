package redisproxy.front.resp;

import io.netty.buffer.Unpooled;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.socket.DuplexChannel;
import io.netty.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redisproxy.tls.TlsSocket;

/**
 * Closes a client's connection gracefully: flushes, ends the output, and waits a little for the
 * client to close. Closing at once with unread input would reset the connection, and the client
 * might lose its last replies. Belongs to the connection's event loop.
 */
final class GracefulClose {
  /** How long a client may take to close after the end of the output. */
  private static final long LINGER_MS = 1_000;

  /** How long a client may take to read its last replies. */
  private static final long FLUSH_MS = 10_000;

  private final ChannelHandlerContext context;

  /** The task that closes the connection if the client does not, or null. */
  private @Nullable Future<?> timeout;

  GracefulClose(ChannelHandlerContext context) {
    this.context = context;
  }

  /** Waits for more replies to be written. Call it again whenever the client has read some. */
  void defer() {
    closeIn(FLUSH_MS);
  }

  void begin() {
    closeIn(FLUSH_MS);
    context.writeAndFlush(Unpooled.EMPTY_BUFFER).addListener(flushed -> endOutput());
  }

  /**
   * Cancels the timeout, because the client is gone. The timeout would keep the session in memory.
   */
  void cancel() {
    if (timeout != null) {
      timeout.cancel(false);
    }
  }

  private void closeIn(long millis) {
    cancel();
    timeout = context.executor().schedule(() -> context.close(), millis, TimeUnit.MILLISECONDS);
  }

  private void endOutput() {
    DuplexChannel channel = (DuplexChannel) context.channel();
    if (channel.isInputShutdown()) {
      context.close();
    } else if (channel.isActive()) {
      TlsSocket.endOutput(channel);
      channel.config().setAutoRead(true);
      closeIn(LINGER_MS);
    }
  }
}
