package redisproxy.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;

/**
 * Stops an io_uring socket that is being closed from waiting for input.
 *
 * <p>Netty (4.2.18) delays a close while a write is under way, but cancels the wait for input at
 * once. A read in between makes the socket wait for input again, and nothing cancels that wait. The
 * kernel then keeps the connection open until the peer ends it, and the peer may wait for us to end
 * it.
 *
 * <p>So no read is passed on after a close.
 */
final class ClosingSockets {
  private ClosingSockets() {}

  /** For the sockets that connect. */
  static <C extends Channel> ChannelFactory<C> connecting(ChannelFactory<C> sockets) {
    return () -> {
      C socket = sockets.newChannel();
      socket.pipeline().addLast(new NoReadAfterClose());
      return socket;
    };
  }

  /** For the sockets that listen, which apply it to the sockets that they accept. */
  static <C extends ServerChannel> ChannelFactory<C> listening(ChannelFactory<C> sockets) {
    return () -> {
      C socket = sockets.newChannel();
      socket.pipeline().addLast(new ToThoseAccepted());
      return socket;
    };
  }

  private static final class ToThoseAccepted extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object accepted) {
      ((Channel) accepted).pipeline().addLast(new NoReadAfterClose());
      ctx.fireChannelRead(accepted);
    }
  }

  private static final class NoReadAfterClose extends ChannelOutboundHandlerAdapter {
    private boolean closing;

    @Override
    public void close(ChannelHandlerContext ctx, ChannelPromise promise) {
      closing = true;
      // This also withdraws a pending read.
      ctx.channel().config().setAutoRead(false);

      ctx.close(promise);
    }

    @Override
    public void read(ChannelHandlerContext ctx) {
      if (!closing) {
        ctx.read();
      }
    }
  }
}
