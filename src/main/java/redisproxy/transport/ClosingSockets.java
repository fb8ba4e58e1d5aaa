package redisproxy.transport;

import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOutboundHandlerAdapter;
import io.netty.channel.ChannelPromise;
import io.netty.channel.ServerChannel;

/**
 * Keeps a socket of io_uring that is being closed from waiting for input.
 *
 * <p>Netty (4.2.18) puts a close off while a write is under way, and cancels what waits for input
 * at once. A read in between makes the socket wait for input again, and nothing cancels that: the
 * kernel keeps the connection open until the peer ends it. The peer may wait for the very same.
 *
 * <p>So no read passes once a close has.
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

  /** For the sockets that listen, and so for those that they accept. */
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
      // Withdraws a read that is due, as well.
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
