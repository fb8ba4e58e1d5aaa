package redisproxy.bench;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import io.netty.channel.epoll.EpollSocketChannel;
import io.netty.util.ReferenceCountUtil;
import java.net.InetSocketAddress;
import java.util.concurrent.TimeUnit;

/**
 * Relays TCP connections and delays each byte in both directions, like a distant network. Uses one
 * event loop. Stops reading from a side that gets too far ahead.
 */
final class DelayingRelay implements AutoCloseable {
  private static final int HELD_MESSAGES = 1_024;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final long delayMicros;
  private final Channel server;

  /** Listens on 127.0.0.1, and relays to a port on 127.0.0.1. */
  DelayingRelay(int port, int targetPort, long delayMicros) {
    this.delayMicros = delayMicros;
    server =
        new ServerBootstrap()
            .group(group)
            .channel(EpollServerSocketChannel.class)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childOption(ChannelOption.AUTO_READ, false)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel client) {
                    relay(client, targetPort);
                  }
                })
            .bind("127.0.0.1", port)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  private void relay(Channel client, int targetPort) {
    ChannelFuture connecting =
        new Bootstrap()
            .group(client.eventLoop())
            .channel(EpollSocketChannel.class)
            .option(ChannelOption.TCP_NODELAY, true)
            .handler(new Half(client))
            .connect("127.0.0.1", targetPort);
    client.pipeline().addLast(new Half(connecting.channel()));
    connecting.addListener(
        connected -> {
          if (connected.isSuccess()) {
            client.config().setAutoRead(true);
          } else {
            client.close();
          }
        });
  }

  private final class Half extends ChannelInboundHandlerAdapter {
    private final Channel to;
    private int held;

    Half(Channel to) {
      this.to = to;
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      if (++held == HELD_MESSAGES) {
        ctx.channel().config().setAutoRead(false);
      }
      ctx.executor()
          .schedule(
              () -> {
                if (held-- == HELD_MESSAGES) {
                  ctx.channel().config().setAutoRead(true);
                }
                if (to.isActive()) {
                  to.writeAndFlush(message, to.voidPromise());
                } else {
                  ReferenceCountUtil.release(message);
                }
              },
              delayMicros,
              TimeUnit.MICROSECONDS);
    }

    @Override
    public void channelInactive(ChannelHandlerContext ctx) {
      ctx.executor().schedule(() -> to.close(), delayMicros, TimeUnit.MICROSECONDS);
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
  }
}
