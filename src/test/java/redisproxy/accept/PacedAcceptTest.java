package redisproxy.accept;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelInitializer;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.MultiThreadIoEventLoopGroup;
import java.io.IOException;
import java.net.InetAddress;
import java.net.InetSocketAddress;
import java.net.Socket;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Stream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.config.TransportKind;
import redisproxy.transport.Sockets;

@ParameterizedClass
@MethodSource("transports")
class PacedAcceptTest {
  @Parameter Sockets transport;

  /** How many sockets Netty accepts in one turn. */
  private static final int TURN = 16;

  private EventLoopGroup acceptor;
  private EventLoopGroup loop;
  private final List<Socket> clients = new ArrayList<>();
  private final AtomicInteger accepted = new AtomicInteger();

  /** NIO, and the other transports that work on this machine. */
  static Stream<Sockets> transports() {
    return TransportKind.BEST_FIRST.stream()
        .flatMap(
            kind -> {
              try {
                return Stream.of(Sockets.choose(kind, 2));
              } catch (IllegalStateException absent) {
                return Stream.empty();
              }
            });
  }

  @BeforeEach
  void start() {
    acceptor = new MultiThreadIoEventLoopGroup(1, transport.ioHandlerFactory());
    loop = new MultiThreadIoEventLoopGroup(1, transport.ioHandlerFactory());
  }

  @AfterEach
  void stop() throws Exception {
    for (Socket client : clients) {
      client.close();
    }
    acceptor.shutdownGracefully(0, 0, TimeUnit.SECONDS);
    loop.shutdownGracefully(0, 0, TimeUnit.SECONDS);
  }

  private int listen(int most) throws InterruptedException {
    return listen(new OpenSockets(most));
  }

  private int listen(OpenSockets sockets) throws InterruptedException {
    Channel server =
        new ServerBootstrap()
            .group(acceptor, loop)
            .channelFactory(transport.vertx().implementation().serverChannelFactory(false))
            .handler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {
                    channel.pipeline().addLast(new PacedAccept(sockets), new Counter());
                  }
                })
            .childHandler(
                new ChannelInitializer<>() {
                  @Override
                  protected void initChannel(Channel channel) {}
                })
            .bind(new InetSocketAddress(InetAddress.getLoopbackAddress(), 0))
            .sync()
            .channel();
    return ((InetSocketAddress) server.localAddress()).getPort();
  }

  private final class Counter extends ChannelInboundHandlerAdapter {
    @Override
    public void channelRead(ChannelHandlerContext ctx, Object socket) {
      accepted.incrementAndGet();
      ctx.fireChannelRead(socket);
    }
  }

  private void connect(int port, int count) throws IOException {
    for (int i = 0; i < count; i++) {
      clients.add(new Socket(InetAddress.getLoopbackAddress(), port));
    }
  }

  private static void stays(Runnable assertion) {
    Awaitility.await()
        .during(Duration.ofMillis(300))
        .atMost(Duration.ofSeconds(10))
        .untilAsserted(assertion::run);
  }

  @Test
  void busyLoop_getsSocketsOfOneTurnAtMost() throws Exception {
    int port = listen(1000);
    CountDownLatch busy = new CountDownLatch(1);
    loop.execute(
        () -> {
          try {
            busy.await();
          } catch (InterruptedException over) {
            Thread.currentThread().interrupt();
          }
        });
    try {
      connect(port, 100);
      stays(() -> assertTrue(accepted.get() > 0 && accepted.get() <= TURN, accepted::toString));
    } finally {
      busy.countDown();
    }
    Awaitility.await().untilAsserted(() -> assertEquals(100, accepted.get()));
  }

  @Test
  void socketsAboveTheLimit_areAcceptedAfterOthersClose() throws Exception {
    int port = listen(20);
    connect(port, 100);
    stays(() -> assertTrue(accepted.get() >= 20 && accepted.get() < 20 + TURN, accepted::toString));
    for (int i = 0; i < 100; i++) {
      clients.get(i).close();
    }
    Awaitility.await().untilAsserted(() -> assertEquals(100, accepted.get()));
    connect(port, 5);
    Awaitility.await().untilAsserted(() -> assertEquals(105, accepted.get()));
  }

  /** As for localhost, which is two addresses. */
  @Test
  void twoListeningSockets_shareOneLimit() throws Exception {
    OpenSockets sockets = new OpenSockets(40);
    int one = listen(sockets);
    int other = listen(sockets);
    connect(one, 100);
    stays(() -> assertTrue(accepted.get() >= 40 && accepted.get() < 40 + TURN, accepted::toString));
    connect(other, 100);
    stays(() -> assertTrue(accepted.get() < 40 + 2 * TURN, accepted::toString));
    for (Socket client : clients) {
      client.close();
    }
    Awaitility.await().untilAsserted(() -> assertEquals(200, accepted.get()));
  }
}
