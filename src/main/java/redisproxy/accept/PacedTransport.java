package redisproxy.accept;

import io.netty.bootstrap.Bootstrap;
import io.netty.bootstrap.ServerBootstrap;
import io.netty.channel.Channel;
import io.netty.channel.ChannelFactory;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.ServerChannel;
import io.netty.channel.socket.DatagramChannel;
import io.netty.channel.socket.InternetProtocolFamily;
import io.vertx.core.datagram.DatagramSocketOptions;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.net.TcpConfig;
import io.vertx.core.spi.transport.Transport;
import java.net.InetSocketAddress;
import java.util.Map;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import redisproxy.transport.Sockets;

/**
 * The chosen transport, with a {@link PacedAccept} on each listening socket. Everything else is
 * unchanged from Vert.x.
 */
@SuppressWarnings("deprecation") // the interface declares deprecated methods
public final class PacedTransport implements Transport, io.vertx.core.transport.Transport {
  private final Sockets chosen;
  private final Transport transport;
  private final int sockets;

  /** The open sockets of each server, by its address. Both loopbacks of localhost share a count. */
  private final Map<String, OpenSockets> servers = new ConcurrentHashMap<>();

  /**
   * For {@link io.vertx.core.VertxBuilder#withTransport}.
   *
   * @param sockets how many sockets each server may have open
   */
  public PacedTransport(Sockets chosen, int sockets) {
    this.chosen = chosen;
    this.transport = chosen.vertx().implementation();
    this.sockets = sockets;
  }

  @Override
  public void configure(TcpConfig config, boolean domain, ServerBootstrap bootstrap) {
    transport.configure(config, domain, bootstrap);
    bootstrap.handler(new PaceWhenListening());
    chosen.configure(bootstrap);
  }

  /** Adds the pacing once the listening socket knows its port, before it accepts a client. */
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
    return chosen.vertx().name();
  }

  @Override
  public boolean available() {
    return chosen.vertx().available();
  }

  @Override
  public @Nullable Throwable unavailabilityCause() {
    return chosen.vertx().unavailabilityCause();
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
    return chosen.ioHandlerFactory();
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
    return chosen.connecting(domain);
  }

  @Override
  public ChannelFactory<? extends ServerChannel> serverChannelFactory(boolean domain) {
    return chosen.listening(domain);
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
