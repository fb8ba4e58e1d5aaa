package redisproxy.transport;

import io.netty.channel.IoHandle;
import io.netty.channel.IoHandler;
import io.netty.channel.IoHandlerContext;
import io.netty.channel.IoHandlerFactory;
import io.netty.channel.IoOps;
import io.netty.channel.IoRegistration;
import io.netty.channel.epoll.EpollIoHandler;
import io.netty.channel.epoll.EpollIoOps;

/**
 * Netty's epoll handler, changed so that a socket without interest in any event stays registered.
 * Netty (4.2.15 to 4.2.18) removes such a socket, and then fails when the socket waits for room to
 * write again. A slow client that has ended its side would lose the rest of its reply. Here the
 * socket stays registered edge-triggered only, so the end of the connection wakes the event loop
 * once and not again and again.
 */
record EpollHandler(IoHandler netty) implements IoHandler {
  static IoHandlerFactory factory() {
    IoHandlerFactory netty = EpollIoHandler.newFactory();
    return executor -> new EpollHandler(netty.newHandler(executor));
  }

  @Override
  public IoRegistration register(IoHandle handle) throws Exception {
    return new Registration(netty.register(handle));
  }

  @Override
  public void initialize() {
    netty.initialize();
  }

  @Override
  public int run(IoHandlerContext context) {
    return netty.run(context);
  }

  @Override
  public void prepareToDestroy() {
    netty.prepareToDestroy();
  }

  @Override
  public void destroy() {
    netty.destroy();
  }

  @Override
  public void wakeup() {
    netty.wakeup();
  }

  @Override
  public boolean isCompatible(Class<? extends IoHandle> handleType) {
    return netty.isCompatible(handleType);
  }

  private static final class Registration implements IoRegistration {
    private final IoRegistration netty;
    private volatile boolean added;

    Registration(IoRegistration netty) {
      this.netty = netty;
    }

    @SuppressWarnings("TypeParameterUnusedInFormals") // the interface declares it
    @Override
    public <T> T attachment() {
      return netty.attachment();
    }

    @Override
    public long submit(IoOps ops) {
      boolean nothing = ops instanceof EpollIoOps epoll && epoll.value() == 0;
      if (nothing && added) {
        return netty.submit(EpollIoOps.EPOLLET);
      }
      added |= !nothing;
      return netty.submit(ops);
    }

    @Override
    public boolean isValid() {
      return netty.isValid();
    }

    @Override
    public boolean cancel() {
      return netty.cancel();
    }
  }
}
