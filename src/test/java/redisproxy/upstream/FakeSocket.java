package redisproxy.upstream;

import io.netty.channel.ChannelFuture;
import io.netty.channel.ChannelHandler;
import io.netty.channel.ChannelOutboundBuffer;
import io.netty.channel.ChannelPromise;
import io.netty.channel.embedded.EmbeddedChannel;
import io.netty.channel.socket.ChannelInputShutdownEvent;
import io.netty.channel.socket.DuplexChannel;
import java.util.concurrent.TimeUnit;

/**
 * A socket that the test is at the other end of. Each of its directions ends by itself. It takes
 * what is written only while the test lets it, and its time stands still until the test lets it
 * pass.
 */
public final class FakeSocket extends EmbeddedChannel implements DuplexChannel {
  private boolean isTaking = true;
  private boolean inputEnded;
  private boolean outputEnded;

  /** One that is open. */
  public FakeSocket(ChannelHandler... handlers) {
    super(handlers);
    freezeTime();
  }

  @Override
  protected void doWrite(ChannelOutboundBuffer written) throws Exception {
    if (isTaking) {
      super.doWrite(written);
    }
  }

  /** Whether it takes what is written; if it does again, also what was written meanwhile. */
  public void takes(boolean takes) {
    isTaking = takes;
    if (takes) {
      unsafe().flush();
    }
  }

  /** The other side will send no more. */
  public void endInput() {
    inputEnded = true;
    pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
  }

  /** The other side is gone. What was to be done later is done all the same. */
  public void vanish() {
    pipeline().close();
  }

  /** So much time passes. */
  public void pass(long millis) {
    advanceTimeBy(millis, TimeUnit.MILLISECONDS);
    runPendingTasks();
  }

  @Override
  public boolean isInputShutdown() {
    return inputEnded;
  }

  @Override
  public boolean isOutputShutdown() {
    return outputEnded;
  }

  @Override
  public boolean isShutdown() {
    return inputEnded && outputEnded;
  }

  @Override
  public ChannelFuture shutdownInput() {
    return shutdownInput(newPromise());
  }

  @Override
  public ChannelFuture shutdownInput(ChannelPromise promise) {
    inputEnded = true;
    return promise.setSuccess();
  }

  @Override
  public ChannelFuture shutdownOutput() {
    return shutdownOutput(newPromise());
  }

  @Override
  public ChannelFuture shutdownOutput(ChannelPromise promise) {
    outputEnded = true;
    return promise.setSuccess();
  }

  @Override
  public ChannelFuture shutdown() {
    return shutdown(newPromise());
  }

  @Override
  public ChannelFuture shutdown(ChannelPromise promise) {
    inputEnded = true;
    return shutdownOutput(promise);
  }
}
