package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.netty.channel.Channel;
import io.netty.channel.ChannelHandlerContext;
import io.netty.channel.ChannelInboundHandlerAdapter;

/** A connection and its batches in flight. Belongs to the run's event loop. */
final class Client extends ChannelInboundHandlerAdapter {
  /** The first of this many batches of a connection is compared byte by byte. */
  private static final int CHECKED = 64;

  private final Run run;
  private final int pipeline;
  private final Replies replies;
  private final long[] intended;
  private final int[] sampledKeys;

  private Channel channel;
  private int sent;
  private int answered;
  private int awaited;

  /** All bytes since the batch that is being compared was sent; null if none is. */
  private ByteBuf sample;

  /**
   * Creates a client that is not yet connected.
   *
   * @param depth the largest number of batches in flight, a power of two
   */
  Client(Run run, int pipeline, Replies.Format format, int depth) {
    this.run = run;
    this.pipeline = pipeline;
    replies = new Replies(format);
    intended = new long[depth];
    sampledKeys = new int[pipeline];
  }

  @Override
  public void handlerAdded(ChannelHandlerContext ctx) {
    channel = ctx.channel();
  }

  boolean isIdle() {
    return sent == answered;
  }

  /** Sends a batch that was due at this time, in ns. */
  void send(long when) {
    if (sent - answered == intended.length) {
      throw new WrongReply(
          intended.length + " batches unanswered: the server is slower than the requested rate");
    }
    boolean sampled = isIdle() && sent % CHECKED == 0;
    if (isIdle()) {
      awaited = pipeline;
    }
    Batch batch = run.batch();
    for (int i = 0; i < pipeline; i++) {
      int key = run.nextKey();
      batch.put(i, key);
      if (sampled) {
        sampledKeys[i] = key;
      }
    }
    if (sampled) {
      sample = Unpooled.buffer();
    }
    run.sent();
    intended[sent++ & intended.length - 1] = when;
    ByteBuf bytes = channel.alloc().directBuffer(batch.bytes().readableBytes());
    bytes.writeBytes(batch.bytes(), 0, batch.bytes().readableBytes());
    channel.writeAndFlush(bytes, channel.voidPromise());
  }

  @Override
  public void channelRead(ChannelHandlerContext ctx, Object message) {
    ByteBuf bytes = (ByteBuf) message;
    try {
      if (sample != null) {
        sample.writeBytes(bytes, bytes.readerIndex(), bytes.readableBytes());
      }
      count(replies.take(bytes));
    } finally {
      bytes.release();
    }
  }

  private void count(int completed) {
    int left = completed;
    while (left > 0 && left >= awaited) {
      if (isIdle()) {
        throw new WrongReply("more replies than requests");
      }
      left -= awaited;
      awaited = pipeline;
      if (sample != null) {
        compare();
      }
      run.answered(this, intended[answered++ & intended.length - 1]);
    }
    awaited -= left;
  }

  private void compare() {
    for (int key : sampledKeys) {
      run.check(sample, key);
    }
    sample = null;
  }

  @Override
  public void channelInactive(ChannelHandlerContext ctx) {
    run.fail(new WrongReply("the server closed a connection"));
  }

  @Override
  public void exceptionCaught(ChannelHandlerContext ctx, Throwable cause) {
    run.fail(cause);
  }

  void close() {
    replies.release();
    if (channel != null) {
      channel.close();
    }
  }
}
