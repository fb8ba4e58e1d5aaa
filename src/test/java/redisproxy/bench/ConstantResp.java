package redisproxy.bench;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.ChannelOption;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollServerSocketChannel;
import java.net.InetSocketAddress;
import java.nio.charset.StandardCharsets;
import java.util.Queue;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.TimeUnit;

/**
 * Measures the limit of any RESP server in Netty. It counts requests by their length and does not
 * parse them. Every reply is the same. Uses one event loop.
 */
final class ConstantResp implements AutoCloseable {
  private static final int REPLIES = 1_024;

  private final MultiThreadIoEventLoopGroup group =
      new MultiThreadIoEventLoopGroup(1, EpollIoHandler.newFactory());
  private final Channel server;

  /**
   * The buffers of all sessions. They are released at the end, because a loop that ends does not
   * notify each session.
   */
  private final Queue<ByteBuf> buffers = new ConcurrentLinkedQueue<>();

  /**
   * Listens on 127.0.0.1.
   *
   * @param port 0: any free port
   * @param requestBytes the length of every request
   */
  ConstantResp(int port, int requestBytes, String reply) {
    server =
        new ServerBootstrap()
            .group(group)
            .channel(EpollServerSocketChannel.class)
            .option(ChannelOption.SO_BACKLOG, 1_024)
            .childOption(ChannelOption.TCP_NODELAY, true)
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new Session(requestBytes, reply, buffers));
                  }
                })
            .bind("127.0.0.1", port)
            .syncUninterruptibly()
            .channel();
  }

  int port() {
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  private static final class Session extends ChannelInboundHandlerAdapter {
    private final int requestBytes;
    private final int replyBytes;
    private final ByteBuf replies;
    private int begun;

    Session(int requestBytes, String reply, Queue<ByteBuf> buffers) {
      this.requestBytes = requestBytes;
      replyBytes = reply.length();
      byte[] all = reply.repeat(REPLIES).getBytes(StandardCharsets.US_ASCII);
      replies = Unpooled.directBuffer(all.length).writeBytes(all);
      buffers.add(replies);
    }

    @Override
    public void channelRead(ChannelHandlerContext ctx, Object message) {
      ByteBuf bytes = (ByteBuf) message;
      begun += bytes.readableBytes();
      bytes.release();
      for (int left = begun / requestBytes; left > 0; left -= REPLIES) {
        int count = Math.min(left, REPLIES);
        ctx.write(replies.retainedSlice(0, count * replyBytes), ctx.voidPromise());
      }
      begun %= requestBytes;
    }

    @Override
    public void channelReadComplete(ChannelHandlerContext ctx) {
      ctx.flush();
    }

    @Override
    public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
      ctx.close();
    }
  }

  @Override
  public void close() {
    group.shutdownGracefully(0, 1, TimeUnit.SECONDS).syncUninterruptibly();
    buffers.forEach(buffer -> buffer.release(buffer.refCnt()));
  }
}
