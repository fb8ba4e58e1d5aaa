package redisproxy.transport;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import io.netty.util.ReferenceCountUtil;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.config.TransportKind;

/** A socket that is written to and closed while it reads is really closed. */
@ParameterizedClass
@MethodSource("transports")
class ClosingSocketsTest {
  private static final int PATIENCE_MS = 10_000;

  @Parameter Sockets transport;

  private EventLoopGroup loop;

  /** The transports that work here: NIO, and perhaps others. */
  static Stream<Sockets> transports() {
    return TransportKind.BEST_FIRST.stream()
        .flatMap(
            kind -> {
              try {
                return Stream.of(Sockets.choose(kind, 1));
              } catch (IllegalStateException absent) {
                return Stream.empty();
              }
            });
  }

  @BeforeEach
  void start() {
    loop = new MultiThreadIoEventLoopGroup(1, transport.ioHandlerFactory());
  }

  @AfterEach
  void stop() {
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  @Test
  void acceptedSocket_isClosed() throws Exception {
    Channel server =
        new ServerBootstrap()
            .group(loop)
            .channelFactory(transport.listening(false))
            .childHandler(handler())
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    int port = ((InetSocketAddress) server.localAddress()).getPort();
    try (Socket peer = new Socket(InetAddress.getLoopbackAddress(), port)) {
      assertEndsAfterAnAnswer(peer);
    }
  }

  @Test
  void connectedSocket_isClosed() throws Exception {
    try (ServerSocket server = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      new Bootstrap()
          .group(loop)
          .channelFactory(transport.connecting(false))
          .handler(handler())
          .connect(server.getLocalSocketAddress())
          .sync();
      try (Socket peer = server.accept()) {
        assertEndsAfterAnAnswer(peer);
      }
    }
  }

  private static void assertEndsAfterAnAnswer(Socket peer) throws Exception {
    peer.setSoTimeout(PATIENCE_MS);
    peer.getOutputStream().write("question".getBytes(US_ASCII));
    assertEquals("answer", new String(peer.getInputStream().readAllBytes(), US_ASCII));
  }

  private static ChannelInitializer<Channel> handler() {
    return new ChannelInitializer<>() {
      @Override
      protected void initChannel(Channel channel) {
        channel.pipeline().addLast(new Answerer());
      }
    };
  }

  /** Answers and closes from within a read. */
  private static final class Answerer extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object question) {
      ReferenceCountUtil.release(question);
      ctx.writeAndFlush(Unpooled.copiedBuffer("answer", US_ASCII));
      ctx.close();
    }
  }
}
