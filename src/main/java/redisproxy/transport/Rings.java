package redisproxy.transport;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;

/**
 * The io_uring of each event loop. Netty's own design performs best: it submits requests to the
 * kernel together, once for each turn of the loop; only the loop's thread uses its ring
 * (SINGLE_ISSUER), and the kernel does its part of the work when that thread asks for it
 * (DEFER_TASKRUN). A quiet connection is polled and holds no buffer. docs/performance.md lists what
 * did not help, such as buffers that the kernel picks.
 */
final class Rings {
  /** Requests submitted at a time. If there are more, Netty submits before the turn ends. */
  private static final int REQUESTS = 128;

  /** Completions that can wait for the loop; Linux stores the excess separately. */
  private static final int COMPLETIONS = 4096;

  private Rings() {}

  /** Makes the handlers. Making an event loop fails if the kernel grants no ring. */
  static IoHandlerFactory factory() {
    return IoUringIoHandler.newFactory(
        new IoUringIoHandlerConfig()
            .setRingSize(REQUESTS)
            .setCqSize(COMPLETIONS)
            .setSingleIssuer(true));
  }
}
