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
 * Netty's epoll, where a socket that waits for nothing stays registered. Netty (4.2.15 to 4.2.18)
 * takes such a socket out and fails when it is to wait for room again: a client that has ended its
 * side, and reads slowly, would lose the rest of its reply. Here it waits for edges only, so the
 * end of the connection wakes the loop once and not for ever.
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

    @SuppressWarnings("TypeParameterUnusedInFormals") // the interface has it
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
