package redisproxy.accept;

import java.util.List;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.atomic.AtomicInteger;

/**
 * Counts the open sockets of one server, over all addresses that it listens on. For use by any
 * thread.
 */
final class OpenSockets {
  private final int most;
  private final AtomicInteger open = new AtomicInteger();
  private final List<Runnable> listeners = new CopyOnWriteArrayList<>();

  /**
   * None yet.
   *
   * @param most how many may be open before no more are accepted
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

  /** Counts a socket out, and tells all listening sockets that there may be room. */
  void closed() {
    open.decrementAndGet();
    listeners.forEach(Runnable::run);
  }

  /** Runs a task whenever a socket has closed, on any thread. */
  void onClose(Runnable listener) {
    listeners.add(listener);
  }

  void remove(Runnable listener) {
    listeners.remove(listener);
  }
}
