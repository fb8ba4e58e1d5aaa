package redisproxy.accept;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoopGroup;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.epoll.EpollChannelOption;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ThreadFactory;
import org.jspecify.annotations.Nullable;

/**
 * The native transport where there is one, with listening sockets that pace themselves, and sockets
 * that take no more than they can send soon. All else is as it was.
 */
@SuppressWarnings("deprecation") // the interface has it
public final class PacedTransport implements Transport, io.vertx.core.transport.Transport {
  /**
   * Bytes that a socket of Linux takes beyond what the client's window has room for, where it would
   * take megabytes of the kernel's memory for each who does not read.
   */
  private static final long MAX_UNSENT = 256 * 1024;

  private final io.vertx.core.transport.Transport chosen;
  private final Transport transport;
  private final int sockets;

  /** By the address that a server listens on: both loopbacks of localhost share these. */
  private final Map<String, OpenSockets> servers = new ConcurrentHashMap<>();

  /**
   * For {@link io.vertx.core.VertxBuilder#withTransport}.
   *
   * @param sockets how many each server may have open
   */
  public PacedTransport(int sockets) {
    io.vertx.core.transport.Transport best = io.vertx.core.transport.Transport.nativeTransport();
    this.chosen = best != null && best.available() ? best : NIO;
    this.transport = chosen.implementation();
    this.sockets = sockets;
  }

  /** Whether sockets are the system's own, not those of the JDK. */
  public boolean isNative() {
    return chosen != NIO;
  }

  @Override
  public void configure(TcpConfig config, boolean domain, ServerBootstrap bootstrap) {
    transport.configure(config, domain, bootstrap);
    bootstrap.handler(new PaceWhenListening());
    if (chosen.name().equals(EPOLL.name())) {
      bootstrap.childOption(EpollChannelOption.TCP_NOTSENT_LOWAT, MAX_UNSENT);
    }
  }

  /** Paces a listening socket once its port is known, before it accepts anybody. */
  private final class PaceWhenListening extends ChannelInboundHandlerAdapter {
    @Override
    public void channelActive(ChannelHandlerContext ctx) {
      InetSocketAddress address = (InetSocketAddress) ctx.channel().localAddress();
      ctx.pipeline().replace(this, null, new PacedAccept(socketsOf(address)));
      ctx.fireChannelActive();
    }
  }

  private OpenSockets socketsOf(InetSocketAddress listening) {
    return servers.computeIfAbsent(
        Listeners.sharedName(listening), server -> new OpenSockets(sockets));
  }

  @Override
  public String name() {
    return chosen.name();
  }

  @Override
  public boolean available() {
    return chosen.available();
  }

  @Override
  public @Nullable Throwable unavailabilityCause() {
    return chosen.unavailabilityCause();
  }

  @Override
  public Transport implementation() {
    return this;
  }

  @Override
  public boolean supportsDomainSockets() {
    return transport.supportsDomainSockets();
  }

  @Override
  public boolean supportFileRegion() {
    return transport.supportFileRegion();
  }

  @Override
  public boolean isAvailable() {
    return transport.isAvailable();
  }

  @Override
  public java.net.SocketAddress convert(SocketAddress address) {
    return transport.convert(address);
  }

  @Override
  public SocketAddress convert(java.net.SocketAddress address) {
    return transport.convert(address);
  }

  @Override
  public IoHandlerFactory ioHandlerFactory() {
    return transport.ioHandlerFactory();
  }

  @Override
  public EventLoopGroup eventLoopGroup(int type, int threads, ThreadFactory factory, int ioRatio) {
    return transport.eventLoopGroup(type, threads, factory, ioRatio);
  }

  @Override
  public ChannelFactory<? extends DatagramChannel> datagramChannelFactory() {
    return transport.datagramChannelFactory();
  }

  @Override
  public DatagramChannel datagramChannel(InternetProtocolFamily family) {
    return transport.datagramChannel(family);
  }

  @Override
  public ChannelFactory<? extends Channel> channelFactory(boolean domain) {
    return transport.channelFactory(domain);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domain) {
    return transport.serverChannelFactory(domain);
  }

  @Override
  public void configure(DatagramChannel channel, DatagramSocketOptions options) {
    transport.configure(channel, options);
  }

  @Override
  public void configure(TcpConfig config, boolean domain, Bootstrap bootstrap) {
    transport.configure(config, domain, bootstrap);
  }
}
