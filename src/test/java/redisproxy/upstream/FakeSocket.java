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
 * A socket whose other end is the test. Its two directions end independently. It accepts written
 * bytes only while the test lets it, and its clock moves only when the test says so.
 */
public final class FakeSocket extends EmbeddedChannel implements DuplexChannel {
  private boolean isTaking = true;
  private boolean inputEnded;
  private boolean outputEnded;

  /** Creates an open socket. */
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

  /** Sets whether it accepts written bytes. If it does again, it also sends those that waited. */
  public void takes(boolean takes) {
    isTaking = takes;
    if (takes) {
      unsafe().flush();
    }
  }

  /** Ends the input: the other side will send no more. */
  public void endInput() {
    inputEnded = true;
    pipeline().fireUserEventTriggered(ChannelInputShutdownEvent.INSTANCE);
  }

  /** Closes the socket from the other side. Scheduled tasks still run. */
  public void vanish() {
    pipeline().close();
  }

  /** Lets time pass, and runs the tasks that are due. */
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
