package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;
import io.netty.channel.ChannelOption;
import io.netty.channel.WriteBufferWaterMark;
import io.netty.channel.socket.DuplexChannel;
import io.netty.handler.codec.ByteToMessageDecoder;
import io.netty.util.concurrent.Future;
import io.vertx.core.internal.net.NetSocketInternal;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.accept.PendingBytes;
import redisproxy.admission.ClientFaults;
import redisproxy.admission.ClientMemory;
import redisproxy.auth.ClientAddress;
import redisproxy.log.LogKey;
import redisproxy.tls.TlsSocket;

/**
 * Reads and writes the bytes of one client's socket. This Netty handler stands before Vert.x's own
 * in the pipeline, so that requests are parsed in place and replies leave as one buffer. No other
 * class uses Vert.x's internal API for this (docs/decisions.md, "RESP bytes do not pass through
 * NetSocket"). Belongs to the event loop of the verticle that accepted the client.
 */
public final class ClientConnection extends ChannelInboundHandlerAdapter {
  /** Handles the client's input and writes its replies. */
  interface Receiver {
    /** Parses the input and writes the replies, as far as both are possible now. */
    void advance();

    /** Memory used for the client in bytes, without its input and the written replies. */
    long held();

    /** Parses as much of the input as it can take now. */
    void accept(ByteBuf input);

    /** The client has ended its output, and may still read. */
    void ended();

    /** The client is gone. This is the last input, which is not parsed yet. */
    void acceptLast(ByteBuf input);

    /** The client is gone. */
    void closed();
  }

  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  /** How many bytes of the backlog one write takes. */
  private static final int DRAINED = 64 * 1024;

  /**
   * How many such writes one event-loop turn makes, so that a fast reader does not delay others.
   */
  private static final int DRAINED_IN_A_TURN = 64;

  /** A client that sends, but reads nothing for this long in milliseconds, has stalled. */
  private static final long STALL_MS = 3_000;

  @SuppressWarnings("NullAway.Init") // set before anything is received
  private Receiver receiver;

  private ChannelHandlerContext context;

  /** Input that is not parsed yet, or null. */
  private @Nullable ByteBuf input;

  private boolean heard;
  private boolean leaving;

  /** Replies that the socket does not take yet; null until there are any. */
  private @Nullable ReplyBacklog backlog;

  private long maxBacklog;
  private boolean drainingBacklog;

  /** Null until {@link #attach}. */
  private @Nullable ClientFaults faults;

  private boolean stallReported;

  /** A scheduled second look at a client that may have stalled, or null. */
  private @Nullable Future<?> stallCheck;

  /** The unread bytes at the first look. */
  private long unreadAtFirstLook;

  /** Null until {@link #attach}. */
  private ClientMemory.@Nullable Account account;

  /** Computed on first use. */
  private @Nullable String address;

  /** Null until the proxy begins to close the connection. */
  private @Nullable GracefulClose gracefulClose;

  /** Sets the receiver of the input. Call it once, before anything is received. */
  void receiver(Receiver reader) {
    receiver = reader;
  }

  void advance() {
    receiver.advance();
  }

  /** Takes over the bytes of a socket that was just accepted. */
  void attach(
      NetSocketInternal socket,
      int maxPendingBytes,
      ClientMemory memory,
      ClientFaults clientFaults) {
    faults = clientFaults;
    account = memory.open(this::measure, this::evict);
    var pipeline = socket.channelHandlerContext().pipeline();
    var config = pipeline.channel().config();
    // Half of the limit is for written bytes, which are copies outside the heap. The other half is
    // for replies that wait in the session.
    int unsent = maxPendingBytes / 2;
    maxBacklog = maxPendingBytes / 2;
    config.setWriteBufferWaterMark(new WriteBufferWaterMark(unsent / 2, unsent));
    config.setOption(ChannelOption.ALLOW_HALF_CLOSURE, true);
    pipeline.addBefore("handler", "resp", this);
  }

  @Override
  public void handlerAdded(ChannelHandlerContext added) {
    context = added;
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf data = (ByteBuf) message;
    if (leaving) {
      data.release();
      return;
    }
    if (!heard) {
      heard = true;
      if (TlsSocket.isHello(data)) {
        LOG.debug("a client speaks TLS, but resp.tls.cert names no certificate");
        data.release();
        close();
        return;
      }
    }
    if (input != null && input.refCnt() == 1) {
      // Otherwise the buffer would grow forever if no read ends at the end of a request. This moves
      // bytes, so it is not done while slices of the buffer still wait to be sent to Redis.
      input.discardSomeReadBytes();
    }
    input =
        input == null
            ? data
            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), input, data);
    acceptInput();
    count();
  }

  /** Goes on parsing the input that was read before. */
  void acceptInput() {
    if (input != null) {
      receiver.accept(input);
      if (input != null && !input.isReadable()) {
        releaseInput();
      }
    }
  }

  /** Advances the session, unless the connection is closing and only waits for the client. */
  private void advanceUnlessLeaving() {
    if (leaving) {
      count();
    } else {
      advance();
    }
  }

  /** Updates the memory account of the client. */
  void count() {
    if (input != null && stallCheck == null) {
      watchStall();
    }
    if (account != null) {
      account.count();
    }
  }

  private long measure() {
    return receiver.held() + unread() + (input == null ? 0 : input.capacity());
  }

  /** Bytes of replies that the socket has not taken. */
  private long unread() {
    return PendingBytes.of(context.channel()) + ReplyBacklog.bytes(backlog);
  }

  private void watchStall() {
    if (!stallReported && isStalled()) {
      unreadAtFirstLook = unread();
      stallCheck = later(STALL_MS, this::checkStall);
    }
  }

  /** Whether input waits unparsed while the socket takes no replies. */
  private boolean isStalled() {
    return !leaving
        && input != null
        && input.isReadable()
        && !isWritable()
        && !context.channel().config().isAutoRead();
  }

  /** Reports a client that has read nothing since the first look. A slow client has read a part. */
  private void checkStall() {
    stallCheck = null;
    if (faults != null && isStalled() && unread() == unreadAtFirstLook) {
      stallReported = true;
      faults.stalled(address());
    } else {
      watchStall();
    }
  }

  /** Disconnects the client because it uses too much memory. */
  private void evict() {
    leaving = true;
    releaseInput();
    close();
  }

  private void releaseInput() {
    if (input != null) {
      input.release();
      input = null;
    }
  }

  @Override
  public void channelReadComplete(ChannelHandlerContext ctx) {
    advanceUnlessLeaving();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    drainBacklog();
    advanceUnlessLeaving();
    ctx.fireChannelWritabilityChanged();
  }

  /**
   * A client may end its output before its replies arrive, such as {@code printf 'GET k\r\n' | nc
   * -N}. Redis still answers it.
   */
  @Override
  public void userEventTriggered(ChannelHandlerContext ctx, Object event) {
    if (TlsSocket.isEndOfInput(event)) {
      if (leaving && ((DuplexChannel) ctx.channel()).isOutputShutdown()) {
        close();
      } else {
        receiver.ended();
      }
    }
    ctx.fireUserEventTriggered(event);
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    if (input != null && !leaving) {
      receiver.acceptLast(input);
    }
    leaving = true;
    releaseInput();
    backlog = null;
    if (stallCheck != null) {
      stallCheck.cancel(false);
    }
    if (gracefulClose != null) {
      gracefulClose.cancel();
    }
    if (account != null) {
      account.close();
    }
    receiver.closed();
    ctx.fireChannelInactive();
  }

  /** An exception ends this session and no other. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (TlsSocket.isLoss(cause)) {
      LOG.atDebug().addKeyValue(LogKey.REASON, cause.getMessage()).log("client connection lost");
      ctx.close();
    } else {
      broken(cause);
    }
  }

  /** Ends the session, because its state is unknown after a fault. */
  public void broken(Throwable fault) {
    LOG.error("session ended by a fault of the proxy", fault);
    close();
  }

  /** Whether the socket takes more, and the backlog is empty. */
  boolean isWritable() {
    return context.channel().isWritable() && hasNoBacklog();
  }

  /** Whether more replies may wait for the client. */
  boolean hasRoom() {
    return isWritable() || ReplyBacklog.bytes(backlog) < maxBacklog;
  }

  private boolean hasNoBacklog() {
    return backlog == null || backlog.isEmpty();
  }

  ByteBuf newBuffer(int size) {
    return context.alloc().ioBuffer(size);
  }

  /** Writes bytes to the socket, or after the backlog if there is one. */
  void write(ByteBuf data) {
    if (hasNoBacklog()) {
      context.write(data, context.voidPromise());
    } else {
      hold(data);
    }
  }

  /** Like {@link #write}, but adds to the backlog what the socket does not take now. */
  void writeOrHold(ByteBuf data) {
    if (isWritable()) {
      context.write(data, context.voidPromise());
    } else {
      hold(data);
    }
  }

  private void hold(ByteBuf data) {
    if (context.channel().isActive()) {
      if (backlog == null) {
        backlog = new ReplyBacklog();
      }
      backlog.add(data);
    }
    data.release();
  }

  /** Writes the backlog as far as the socket takes it. */
  private void drainBacklog() {
    if (drainingBacklog || hasNoBacklog() || !context.channel().isWritable()) {
      return;
    }
    // A flush may call this method again.
    drainingBacklog = true;
    for (int i = 0; i < DRAINED_IN_A_TURN && context.channel().isWritable(); i++) {
      ReplyBacklog waiting = backlog;
      if (waiting == null || waiting.isEmpty()) {
        break;
      }
      context.write(waiting.take(context.alloc(), DRAINED), context.voidPromise());
      context.flush();
    }
    drainingBacklog = false;
    drained();
  }

  private void drained() {
    if (gracefulClose != null) {
      if (hasNoBacklog()) {
        gracefulClose.begin();
      } else {
        gracefulClose.defer();
      }
    }
    if (!hasNoBacklog() && context.channel().isWritable()) {
      later(0, this::drainBacklogAndAdvance);
    }
  }

  private void drainBacklogAndAdvance() {
    drainBacklog();
    advanceUnlessLeaving();
  }

  void flush() {
    context.flush();
  }

  /** Starts or pauses reading. While it is paused, TCP slows the client down. */
  void setReading(boolean reading) {
    if (context.channel().config().isAutoRead() != reading) {
      context.channel().config().setAutoRead(reading);
    }
  }

  /** Disconnects the client at once. */
  void close() {
    context.close();
  }

  /** Disconnects a client that speaks HTTP. It gets no reply, as in Redis. */
  void closeOnHttp() {
    if (faults != null) {
      faults.spokeHttp(address());
    }
    close();
  }

  /** Sends no more replies, ignores further input, and closes gracefully. */
  void leave() {
    if (!leaving) {
      leaving = true;
      releaseInput();
      gracefulClose = new GracefulClose(context);
      if (hasNoBacklog()) {
        gracefulClose.begin();
      } else {
        gracefulClose.defer();
      }
    }
  }

  /** Schedules a task on the event loop. */
  Future<?> later(long millis, Runnable task) {
    return context.executor().schedule(() -> guarded(task), millis, TimeUnit.MILLISECONDS);
  }

  private void guarded(Runnable task) {
    try {
      task.run();
    } catch (Throwable fault) {
      broken(fault);
    }
  }

  /** The address by which the client is counted. */
  String address() {
    if (address == null) {
      address = ClientAddress.of(context.channel().remoteAddress());
    }
    return address;
  }
}
