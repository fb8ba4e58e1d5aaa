package redisproxy.config;

import java.util.List;
import java.util.Locale;

/** How sockets are read and written. */
public enum TransportKind {
  /** The first of the others that works on this machine. */
  AUTO,
  /** Linux's io_uring: the kernel takes requests from memory that it shares with the process. */
  IO_URING,
  /** Linux's epoll. */
  EPOLL,
  /** The JDK's own, which works everywhere. */
  NIO;

  /** All transports, the fastest first. */
  public static final List<TransportKind> BEST_FIRST = List.of(IO_URING, EPOLL, NIO);

  /** As settings, logs and metrics write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
