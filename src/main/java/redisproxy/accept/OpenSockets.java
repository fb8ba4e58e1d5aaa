package redisproxy.accept;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/** Counts the open sockets of one server, over all addresses that it listens on. Thread-safe. */
final class OpenSockets {
  private final int most;
  private final AtomicInteger open = new AtomicInteger();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /**
   * Starts with no open sockets.
   *
   * @param most the server accepts no more sockets while this many are open
   */
  OpenSockets(int most) {
    this.most = most;
  }

  boolean hasRoom() {
    return open.get() < most;
  }

  void opened() {
    open.incrementAndGet();
  }

  /** Counts a closed socket, and tells all listening sockets that there may be room. */
  void closed() {
    open.decrementAndGet();
    listeners.forEach(Runnable::run);
  }

  /** Runs a task after each socket that closes. The task may run on any thread. */
  void onClose(Runnable listener) {
    listeners.add(listener);
  }

  void remove(Runnable listener) {
    listeners.remove(listener);
  }
}
