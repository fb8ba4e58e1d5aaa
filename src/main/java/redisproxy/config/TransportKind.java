package redisproxy.config;

import java.util.List;
import java.util.Locale;

/** What reads and writes sockets. */
public enum TransportKind {
  /** The first of the others that works here. */
  AUTO,
  /** Linux's io_uring: the kernel takes requests from memory that it shares with the process. */
  IO_URING,
  /** Linux's epoll. */
  EPOLL,
  /** The JDK's own, which runs everywhere. */
  NIO;

  /** All that can run, the fastest first. */
  public static final List<TransportKind> BEST_FIRST = List.of(IO_URING, EPOLL, NIO);

  /** As settings, logs and metrics write it. */
  @Override
  public String toString() {
    return name().toLowerCase(Locale.ROOT);
  }
}
