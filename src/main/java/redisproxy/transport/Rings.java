package redisproxy.transport;

import io.netty.channel.IoHandlerFactory;
import io.netty.channel.uring.IoUringIoHandler;
import io.netty.channel.uring.IoUringIoHandlerConfig;

/**
 * The io_uring of each event loop. What Netty does by itself is what pays: requests to the kernel
 * are handed over together, once for each turn of the loop; only the loop's thread uses its ring
 * (SINGLE_ISSUER), and the kernel does its part of the work when that thread asks for it
 * (DEFER_TASKRUN). A quiet connection is polled and holds no buffer. docs/performance.md lists what
 * did not pay, such as buffers that the kernel picks.
 */
final class Rings {
  /** Requests handed over at a time; more are handed over before the turn ends. */
  private static final int REQUESTS = 128;

  /** Completions that wait for the loop; Linux keeps more of them than that aside. */
  private static final int COMPLETIONS = 4096;

  private Rings() {}

  /** Fails when a loop is made, if no ring can be had. */
  static IoHandlerFactory factory() {
    return IoUringIoHandler.newFactory(
        new IoUringIoHandlerConfig()
            .setRingSize(REQUESTS)
            .setCqSize(COMPLETIONS)
            .setSingleIssuer(true));
  }
}
