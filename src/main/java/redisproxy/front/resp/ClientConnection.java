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
 * The bytes of one client's socket. A Netty handler that stands before Vert.x's own in the
 * pipeline, so that requests are read where they lie and replies leave as one buffer; the one place
 * that uses Vert.x's internal API for it (docs/decisions.md, "RESP bytes do not pass through
 * NetSocket"). Everything happens on the event loop of the verticle that accepted the client.
 */
public final class ClientConnection extends ChannelInboundHandlerAdapter {
  /** Reads what the client sends, and writes what it is told. */
  interface Receiver {
    /** Goes on with what is there: parses what may be parsed, writes what may be written. */
    void advance();

    /** What is held for the client beside its input and what was written, in bytes. */
    long held();

    /** Parses what it will of the input. */
    void accept(ByteBuf input);

    /** The client will send no more, and may still read. */
    void ended();

    /** The client is gone; this is what it sent last and nobody has parsed. */
    void acceptLast(ByteBuf input);

    /** The client is gone. */
    void closed();
  }

  private static final Logger LOG = LoggerFactory.getLogger(ClientConnection.class);

  /** Bytes of the backlog that are written at a time. */
  private static final int DRAINED = 64 * 1024;

  /** Other clients have their turn after so many of these, however fast this one reads. */
  private static final int DRAINED_IN_A_TURN = 64;

  /** A client that takes nothing for so long, in milliseconds, and sends more, has stalled. */
  private static final long STALL_MS = 3_000;

  @SuppressWarnings("NullAway.Init") // set before anything is received
  private Receiver receiver;

  private ChannelHandlerContext context;

  /** What was read and is not yet parsed, or null. */
  private @Nullable ByteBuf input;

  private boolean heard;
  private boolean leaving;

  /** Replies behind what the socket takes; null until there are any. */
  private @Nullable ReplyBacklog backlog;

  private long maxBacklog;
  private boolean drainingBacklog;

  /** Null where nobody counts. */
  private @Nullable ClientFaults faults;

  private boolean stallReported;

  /** Looks again at a client that may have stalled, or null; and what it had not taken. */
  private @Nullable Future<?> stallCheck;

  private long stalledAt;

  /** Null where nobody counts. */
  private ClientMemory.@Nullable Account account;

  /** Null until it is asked for. */
  private @Nullable String address;

  /** Null until the client is to go. */
  private @Nullable GracefulClose gracefulClose;

  /** Sets who reads what the client sends. Call it once, before anything is received. */
  void receiver(Receiver reader) {
    receiver = reader;
  }

  /** Has the receiver go on. */
  void advance() {
    receiver.advance();
  }

  /** Takes over the bytes of a socket that was accepted just now. */
  void attach(
      NetSocketInternal socket,
      int maxPendingBytes,
      ClientMemory memory,
      ClientFaults clientFaults) {
    faults = clientFaults;
    account = memory.open(this::measure, this::evict);
    var pipeline = socket.channelHandlerContext().pipeline();
    var config = pipeline.channel().config();
    // Of which the other half may wait in the session: what is written is a copy outside the heap.
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
        LOG.debug("client speaks TLS where resp.tls.cert names no certificate");
        data.release();
        close();
        return;
      }
    }
    if (input != null && input.refCnt() == 1) {
      // Or a client whose reads never end with a request would make it grow for ever. It moves what
      // is left to the front: not where slices still wait to go to Redis.
      input.discardSomeReadBytes();
    }
    input =
        input == null
            ? data
            : ByteToMessageDecoder.MERGE_CUMULATOR.cumulate(ctx.alloc(), input, data);
    acceptInput();
    count();
  }

  /** Parses on in what was read before. */
  void acceptInput() {
    if (input != null) {
      receiver.accept(input);
      if (input != null && !input.isReadable()) {
        releaseInput();
      }
    }
  }

  /** A session that leaves has said all it will; it only reads, to see the client go. */
  private void goOn() {
    if (leaving) {
      count();
    } else {
      advance();
    }
  }

  /** Has counted what the client has held now. */
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
      stalledAt = unread();
      stallCheck = later(STALL_MS, this::checkStall);
    }
  }

  /** The client has sent more than is read of it, and its socket takes no replies. */
  private boolean isStalled() {
    return !leaving
        && input != null
        && input.isReadable()
        && !isWritable()
        && !context.channel().config().isAutoRead();
  }

  /** A slow client has taken something since; only one that reads nothing has stalled. */
  private void checkStall() {
    stallCheck = null;
    if (faults != null && isStalled() && unread() == stalledAt) {
      stallReported = true;
      faults.stalled(address());
    } else {
      watchStall();
    }
  }

  /** Cuts the client off, which has too much held. */
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
    goOn();
    ctx.fireChannelReadComplete();
  }

  @Override
  public void channelWritabilityChanged(ChannelHandlerContext ctx) {
    drainBacklog();
    goOn();
    ctx.fireChannelWritabilityChanged();
  }

  /**
   * {@code printf 'GET k\r\n' | nc -N} ends its side before its answer can be there, and Redis
   * answers it.
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
      gracefulClose.over();
    }
    if (account != null) {
      account.close();
    }
    receiver.closed();
    ctx.fireChannelInactive();
  }

  /** What went wrong in here ends this session and no other. */
  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    if (TlsSocket.isLoss(cause)) {
      LOG.atDebug().addKeyValue(LogKey.REASON, cause.getMessage()).log("client lost");
      ctx.close();
    } else {
      broken(cause);
    }
  }

  /** Ends the session, which is in no known state any more. */
  public void broken(Throwable fault) {
    LOG.error("session ended by a fault of the proxy", fault);
    close();
  }

  /** Whether the socket takes more, and nothing waits before it. */
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

  /** Hands bytes to the socket, behind what waits. */
  void write(ByteBuf data) {
    if (hasNoBacklog()) {
      context.write(data, context.voidPromise());
    } else {
      hold(data);
    }
  }

  /** The same for replies that may be many and alike: what the socket does not take now waits. */
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

  /** Writes what waits, as far as the socket takes it. */
  private void drainBacklog() {
    if (drainingBacklog || hasNoBacklog() || !context.channel().isWritable()) {
      return;
    }
    // Flushing may lead back here.
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
        gracefulClose.putOff();
      }
    }
    if (!hasNoBacklog() && context.channel().isWritable()) {
      later(0, this::drainBacklogAndGoOn);
    }
  }

  private void drainBacklogAndGoOn() {
    drainBacklog();
    goOn();
  }

  void flush() {
    context.flush();
  }

  /** Whether the socket is to be read; while it is not, the client feels it. */
  void setReading(boolean reading) {
    if (context.channel().config().isAutoRead() != reading) {
      context.channel().config().setAutoRead(reading);
    }
  }

  /** Cuts the client off. */
  void close() {
    context.close();
  }

  /** Cuts off a client that speaks HTTP, without a word, as Redis does. */
  void closeOnHttp() {
    if (faults != null) {
      faults.spokeHttp(address());
    }
    close();
  }

  /** Says nothing more, ignores what the client sends, and sees it go. */
  void leave() {
    if (!leaving) {
      leaving = true;
      releaseInput();
      gracefulClose = new GracefulClose(context);
      if (hasNoBacklog()) {
        gracefulClose.begin();
      } else {
        gracefulClose.putOff();
      }
    }
  }

  /** Has something done in a while, on the event loop. */
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

  /** Whom the client counts as. */
  String address() {
    if (address == null) {
      address = ClientAddress.of(context.channel().remoteAddress());
    }
    return address;
  }
}
