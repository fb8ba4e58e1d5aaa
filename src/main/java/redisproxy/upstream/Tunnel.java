package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.vertx.core.internal.net.NetSocketInternal;
import io.vertx.core.net.NetSocket;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.metrics.Connections;
import redisproxy.tls.TlsSocket;

/**
 * One RESP session's own connection to Redis, whose bytes are relayed as they are. What is written
 * before it is open waits. Belongs to the session's event loop.
 */
public final class Tunnel extends ChannelInboundHandlerAdapter {
  /** The session's side of a tunnel. */
  public interface Session {
    /** Bytes from Redis; the receiver releases them. */
    void received(ByteBuf data);

    /** No more bytes come in this turn. */
    void receivedAll();

    /** There may be room to write again. */
    void writable();

    /** Redis is gone, or was not to be reached. Comes once, and last. */
    void lost();
  }

  private static final Logger LOG = LoggerFactory.getLogger(Tunnel.class);

  /** How long what Redis said before it hung up may take to be read, in milliseconds. */
  private static final long LAST_WORDS_MS = 1_000;

  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Session session;
  private final int maxPendingBytes;
  private final Connections connections;
  private final Connections.Kind kind;
  private List<ByteBuf> waiting = new ArrayList<>();
  private @Nullable ChannelHandlerContext context;
  private @Nullable NetSocket socket;
  private final KeepAlive keepAlive = new KeepAlive();
  private boolean closed;

  /** Nothing more will be written. */
  private boolean ending;

  /** Redis takes no more. */
  private boolean hungUp;

  Tunnel(Session session, int maxPendingBytes, Connections connections, Connections.Kind kind) {
    this.session = session;
    this.maxPendingBytes = maxPendingBytes;
    this.connections = connections;
    this.kind = kind;
  }

  void connected(NetSocket opened) {
    if (closed) {
      opened.close();
      return;
    }
    attach(opened);
    waiting.forEach(this::write);
    waiting = List.of();
    flush();
    if (ending) {
      endOutput();
    }
    session.writable();
  }

  /** Takes a connection over. */
  void attach(NetSocket opened) {
    socket = opened;
    var pipeline = ((NetSocketInternal) opened).channelHandlerContext().pipeline();
    var config = pipeline.channel().config();
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(maxPendingBytes / 2, maxPendingBytes));
    config.setAutoClose(false);
    pipeline.addBefore("handler", "tunnel", this);
    connections.opened(kind);
  }

  /** Whether Redis was reached. */
  public boolean isConnected() {
    return context != null;
  }

  void unreachable(Throwable failure) {
    lost();
  }

  private void lost() {
    waiting.forEach(ByteBuf::release);
    waiting = List.of();
    if (!closed) {
      closed = true;
      session.lost();
    }
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closed) {
      ((ByteBuf) message).release();
    } else {
      session.received((ByteBuf) message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!closed) {
      session.receivedAll();
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!closed) {
      session.writable();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    connections.closed(kind);
    lost();
    ctx.fireChannelInactive();
  }

  /**
   * Redis closes upon a protocol error with requests unread, which resets the connection: a write
   * fails while the error is still to be read. So a channel whose writes fail is read to its end,
   * which Netty sees to, or until the time for that is over.
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (!(cause instanceof IOException)) {
      if (!TlsSocket.isLoss(cause)) {
        LOG.error("connection to Redis ended by a fault of the proxy", cause);
      }
      ctx.close();
    } else if (!hungUp) {
      hungUp = true;
      ctx.executor().schedule(() -> ctx.close(), LAST_WORDS_MS, TimeUnit.MILLISECONDS);
    }
  }

  /** Sends bytes to Redis with the next {@link #flush}. */
  public void write(ByteBuf data) {
    if (closed) {
      data.release();
    } else if (context == null) {
      waiting.add(data);
    } else {
      context.write(data, context.voidPromise());
    }
  }

  public void flush() {
    if (context != null) {
      context.flush();
      keepAlive.used();
    }
  }

  /** Sends a PING if nothing has been sent for a while; returns whether its reply is to come. */
  public boolean keepAlive() {
    boolean isDue = context != null && !closed && keepAlive.isDue();
    if (isDue) {
      write(Unpooled.wrappedBuffer(PING));
      flush();
    }
    return isDue;
  }

  /** Whether to write more. */
  public boolean isWritable() {
    return context != null && context.channel().isWritable();
  }

  /** Whether Redis is to be read. */
  public void setReading(boolean reading) {
    if (context != null && context.channel().config().isAutoRead() != reading) {
      context.channel().config().setAutoRead(reading);
    }
  }

  /**
   * Ends the output behind all that was written, be it that the connection is not open yet. Redis
   * answers what it has read, then closes.
   *
   * <p>Does nothing once the channel is inactive. Over io_uring that is so in the last {@link
   * #channelReadComplete}, and {@link #channelInactive} tells the session afterwards.
   */
  public void endOutput() {
    ending = true;
    if (context == null && !closed) {
      return;
    }
    if (context != null && context.channel().isActive()) {
      Channel channel = context.channel();
      setReading(true);
      context
          .writeAndFlush(Unpooled.EMPTY_BUFFER)
          .addListener(flushed -> TlsSocket.endOutput(channel));
    }
  }

  /** Closes at once; the session is told nothing more. */
  public void close() {
    closed = true;
    waiting.forEach(ByteBuf::release);
    waiting = List.of();
    if (socket != null) {
      socket.close();
    }
  }
}
