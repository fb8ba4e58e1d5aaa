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
 * A connection to Redis that carries raw bytes. Every connection that does not go through the Redis
 * client is one of these. It does not know what it is used for. Receivers that need single replies
 * read them with {@link PendingReplies}. Belongs to one event loop.
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
  /** Receives what comes over the connection. */
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

  /** How long to read, after a write has failed, what Redis sent before, in milliseconds. */
  private static final long LAST_READ_MS = 1_000;

  private static final byte[] PING = "*1\r\n$4\r\nPING\r\n".getBytes(StandardCharsets.US_ASCII);

  private final Receiver receiver;
  private final int maxPendingBytes;
  private final Observer observer;
  private final KeepAlive keepAlive = new KeepAlive();

  /** Bytes written before the connection was open. */
  private List<ByteBuf> waiting = new ArrayList<>();

  /** Null until the connection is open. */
  private @Nullable ChannelHandlerContext context;

  private @Nullable Throwable cause;
  private boolean closed;

  /** Nothing more will be written. */
  private boolean ending;

  /** A write has failed: Redis reads no more. */
  private boolean hungUp;

  /** Sees connections open and close, to count them. */
  public interface Observer {
    /** Ignores them. */
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
   * Creates a connection that is not open yet.
   *
   * @param maxPendingBytes with more written bytes than this that are not sent yet, the connection
   *     is not writable
   */
  public RedisConnection(Receiver receiver, int maxPendingBytes, Observer observer) {
    this.receiver = receiver;
    this.maxPendingBytes = maxPendingBytes;
    this.observer = observer;
  }

  /** The socket is connected. */
  public void connected(NetSocket socket) {
    if (closed) {
      socket.close();
      return;
    }
    attach(socket);
    opened();
  }

  /** The connection is open: sends the bytes that waited. */
  public void opened() {
    waiting.forEach(this::write);
    waiting = List.of();
    flush();
    if (ending) {
      endOutput();
    }
    receiver.writable();
  }

  /**
   * Takes over a socket over which nothing was sent. Call it before anything is written to this
   * connection.
   */
  public void attach(NetSocket socket) {
    var pipeline = ((NetSocketInternal) socket).channelHandlerContext().pipeline();
    pipeline.addBefore("handler", "redis", this);
  }

  /** Whether Redis was reached. */
  public boolean isConnected() {
    return context != null;
  }

  /** The socket could not be connected. */
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
   * When Redis closes after a protocol error, it has not read all requests, and so the connection
   * is reset: a write fails while Redis's error is still unread. So after a failed write Netty
   * reads the channel to its end, for {@link #LAST_READ_MS} at most.
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
      ctx.executor().schedule(() -> ctx.close(), LAST_READ_MS, TimeUnit.MILLISECONDS);
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

  /** Sends a PING if nothing has been sent for a while; returns whether it sent one. */
  public boolean keepAlive() {
    boolean isDue = context != null && !closed && keepAlive.isDue();
    if (isDue) {
      write(Unpooled.wrappedBuffer(PING));
      flush();
    }
    return isDue;
  }

  /** Whether there is room to write more. */
  public boolean isWritable() {
    return context != null && context.channel().isWritable();
  }

  /** Sets whether the connection reads from Redis. */
  public void setReading(boolean reading) {
    if (context != null && context.channel().config().isAutoRead() != reading) {
      context.channel().config().setAutoRead(reading);
    }
  }

  /**
   * Ends the output after all written bytes, even if the connection is not open yet. Redis answers
   * the requests that it has read, then closes.
   *
   * <p>Does nothing once the channel is inactive. With io_uring, that can be so in the last {@link
   * #channelReadComplete}; {@link #channelInactive} tells the receiver afterwards.
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

  /** Closes at once; the receiver is not called any more. */
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
