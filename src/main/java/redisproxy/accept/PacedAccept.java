package redisproxy.accept;

import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.EventLoop;
import java.util.HashSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * Stops accepting on a listening socket while the event loops have not yet handled the sockets
 * accepted before, or while too many sockets are open. New connections then wait in the kernel.
 *
 * <p>Vert.x accepts on a separate thread and hands sockets to the event loops, however many already
 * wait there. Each takes some kilobytes. Without this limit, clients that connect and disconnect
 * faster than the loops reject them would exhaust the heap. Sockets are counted here, so those that
 * have not finished their TLS handshake count as well.
 */
final class PacedAccept extends ChannelInboundHandlerAdapter {
  /** The sockets of the whole server, which may have a second listening socket. */
  private final OpenSockets sockets;

  /** Loops that received sockets in this turn of accepting. Only the acceptor thread uses it. */
  private final Set<EventLoop> given = new HashSet<>();

  /** How many loops have not yet handled the sockets they received. */
  private final AtomicInteger behind = new AtomicInteger();

  /** Null until the handler is added to the listening socket. */
  private @Nullable Runnable onClose;

  /**
   * A handler for one listening socket.
   *
   * @param sockets the open sockets of the server. While it has no room for another, this handler
   *     accepts none. The turn in which the room runs out still accepts what it can, 16 sockets at
   *     most.
   */
  PacedAccept(OpenSockets sockets) {
    this.sockets = sockets;
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    ChannelConfig listening = ctx.channel().config();
    onClose = () -> acceptIfThereIsRoom(listening);
    sockets.onClose(onClose);
  }

  @Override
  public void handlerRemoved(ChannelHandlerContext ctx) {
    if (onClose != null) {
      sockets.remove(onClose);
    }
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object accepted) {
    Channel socket = (Channel) accepted;
    sockets.opened();
    socket.closeFuture().addListener(closed -> sockets.closed());
    ctx.fireChannelRead(accepted);
    try {
      given.add(socket.eventLoop());
    } catch (IllegalStateException notRegistered) {
      // The socket was discarded before an event loop took it, so its close future never completes.
      sockets.closed();
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!given.isEmpty()) {
      ChannelConfig listening = ctx.channel().config();
      behind.addAndGet(given.size());
      listening.setAutoRead(false);
      given.forEach(loop -> loop.execute(() -> caughtUp(listening)));
      given.clear();
    }
    ctx.fireChannelReadComplete();
  }

  private void caughtUp(ChannelConfig listening) {
    behind.decrementAndGet();
    acceptIfThereIsRoom(listening);
  }

  private void acceptIfThereIsRoom(ChannelConfig listening) {
    if (behind.get() == 0 && sockets.hasRoom()) {
      listening.setAutoRead(true);
    }
  }
}
