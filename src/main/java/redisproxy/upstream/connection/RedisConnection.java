package redisproxy.upstream.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelConfig;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.WriteBufferWaterMark;
import io.vertx.core.Future;
import io.vertx.core.Promise;
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
import redisproxy.tls.TlsSocket;

/**
 * A connection to Redis, as bytes: every one that does not go through the Redis client is one of
 * these. What it is for is its receiver's business; {@link PendingReplies} reads replies for those
 * that need them one by one. Belongs to one event loop.
 *
 * <pre>
 *                connected              Redis closes
 *   CONNECTING ─────────────▶ OPEN ──────────────────────▶ CLOSED
 *    what is     what waited    │ a write fails      ▲        ▲
 *    written     leaves         ▼                    │        │
 *    waits                   HUNG UP ────────────────┘        │
 *        │                   what Redis said is read, 1 s     │
 *        │                   at most                          │
 *        └────────────────────────────────────────────────────┘
 *              not reached, or closed from here in any state
 * </pre>
 */
public final class RedisConnection extends ChannelInboundHandlerAdapter {
  /** Is told what comes over the connection. */
  public interface Receiver {
    /** Bytes from Redis; the receiver releases them. */
    void received(ByteBuf data);

    /** No more bytes come in this turn. */
    default void receivedAll() {}

    /** There may be room to write, at the start or again. */
    default void writable() {}

    /**
     * The connection is lost, or could not be made. Comes once, and last; not after {@link #close}.
     *
     * @param cause null if Redis closed it
     */
    void lost(@Nullable Throwable cause);
  }

  private static final Logger LOG = LoggerFactory.getLogger(RedisConnection.class);

  /** How long what Redis said before it hung up may take to be read, in milliseconds. */
  private static final long LAST_WORDS_MS = 1_000;

  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Receiver receiver;
  private final int maxPendingBytes;
  private final Observer observer;
  private final KeepAlive keepAlive = new KeepAlive();

  /** What was written before the connection is open. */
  private List<ByteBuf> waiting = new ArrayList<>();

  /** Null until the connection is open. */
  private @Nullable ChannelHandlerContext context;

  private @Nullable Throwable cause;
  private boolean closed;

  /** Nothing more will be written. */
  private boolean ending;

  /** Redis takes no more. */
  private boolean hungUp;

  /** Counts connections. */
  public interface Observer {
    /** Does not count them. */
    Observer NONE =
        new Observer() {
          @Override
          public void opened() {}

          @Override
          public void closed() {}
        };

    void opened();

    void closed();
  }

  /**
   * A connection that is not open yet.
   *
   * @param maxPendingBytes of what was written and has not left; beyond it the connection is not
   *     writable
   */
  public RedisConnection(Receiver receiver, int maxPendingBytes, Observer observer) {
    this.receiver = receiver;
    this.maxPendingBytes = maxPendingBytes;
    this.observer = observer;
  }

  /** The socket is there. */
  public void connected(NetSocket socket) {
    if (closed) {
      socket.close();
      return;
    }
    attach(socket);
    opened();
  }

  /** It is open: what waited leaves. */
  public void opened() {
    waiting.forEach(this::write);
    waiting = List.of();
    flush();
    if (ending) {
      endOutput();
    }
    receiver.writable();
  }

  /** Takes over a socket that nothing has been sent over, before anything is written. */
  public void attach(NetSocket socket) {
    var pipeline = ((NetSocketInternal) socket).channelHandlerContext().pipeline();
    pipeline.addBefore("handler", "redis", this);
  }

  /** Whether Redis was reached. */
  public boolean isConnected() {
    return context != null;
  }

  /** The socket could not be made. */
  public void unreachable(Throwable failure) {
    cause = failure;
    lost();
  }

  private void lost() {
    releaseWaiting();
    if (!closed) {
      closed = true;
      receiver.lost(cause);
    }
  }

  private void releaseWaiting() {
    waiting.forEach(ByteBuf::release);
    waiting = List.of();
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
    ChannelConfig config = added.channel().config();
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(maxPendingBytes / 2, maxPendingBytes));
    config.setAutoClose(false);
    observer.opened();
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    if (closed) {
      ((ByteBuf) message).release();
    } else {
      receiver.received((ByteBuf) message);
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    if (!closed) {
      receiver.receivedAll();
    }
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    if (!closed) {
      receiver.writable();
    }
    ctx.fireChannelWritabilityChanged();
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    observer.closed();
    lost();
    ctx.fireChannelInactive();
  }

  /**
   * Redis closes upon a protocol error with requests unread, which resets the connection: a write
   * fails while the error is still to be read. So a channel whose writes fail is read to its end,
   * which Netty sees to, or until the time for that is over.
   */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable failure) {
    cause = failure;
    if (!(failure instanceof IOException)) {
      if (!TlsSocket.isLoss(failure)) {
        LOG.error("connection to Redis ended by a fault of the proxy", failure);
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
   * #channelReadComplete}, and {@link #channelInactive} tells the receiver afterwards.
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

  /** Closes at once; the receiver is told nothing more. */
  public Future<Void> close() {
    closed = true;
    releaseWaiting();
    if (context == null) {
      return Future.succeededFuture();
    }
    Promise<Void> done = Promise.promise();
    context.close().addListener(end -> done.complete());
    return done.future();
  }
}
