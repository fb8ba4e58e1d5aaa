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
 * On the listening socket of a server: lets the kernel keep those who connect while the event loops
 * have not yet come to those before, or while too many are open. Vert.x accepts on a thread of its
 * own and hands the sockets to the loops, however many wait there; some kilobytes each, they are
 * the heap's end when clients connect and leave faster than the loops turn them away. Who is open
 * is counted from here, so those whose TLS handshake is not done count as well.
 */
final class PacedAccept extends ChannelInboundHandlerAdapter {
  /** Of the server, which may have another listening socket. */
  private final OpenSockets sockets;

  /** Loops that have been given sockets since accepting was last allowed. Of the acceptor alone. */
  private final Set<EventLoop> given = new HashSet<>();

  /** Loops that have yet to come to what they were given. */
  private final AtomicInteger behind = new AtomicInteger();

  /** Set once the listening socket is there. */
  private @Nullable Runnable onClose;

  /**
   * A handler for one listening socket.
   *
   * @param sockets those of its server: while there is no room none are accepted; those of the turn
   *     in which it runs out still are, 16 at most
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
    } catch (IllegalStateException givenToNone) {
      // Thrown away before that, which its future is not told of.
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
