package redisproxy.upstream.node;

import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Iterator;
import java.util.List;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.command.Pin;

/**
 * Which dedicated connections are lent to sessions, which are idle, and which sessions wait for
 * one. Pure bookkeeping: {@link ConnectionPool} opens and closes the connections. One thread at a
 * time.
 *
 * <pre>
 *                borrow                     pin
 *    idle ◀──────────────▶ lent ◀──────────────────────▶ pinned
 *      │      give back     │  ▲        unpin               │
 *      │ unused for long    │  │ opened for a waiter        │
 *      ▼                    ▼  │                            ▼
 *    closed               closed                          closed
 * </pre>
 *
 * <p>Invariants:
 *
 * <ul>
 *   <li>No session waits while there is an idle connection or room for another one.
 *   <li>Lent and idle connections together are at most {@code max}, except for urgent ones and for
 *       those that were unpinned while the pool was full. Those are closed when they are given
 *       back.
 *   <li>Sessions get a connection in the order in which they began to wait.
 * </ul>
 *
 * <p>Of the connections that suit a session, the one that was used last is lent first. So
 * connections that are not needed become old.
 *
 * @param <C> a connection
 */
final class Pool<C> {
  /** A session that wants a connection. */
  interface Borrower<C> {
    /** Whether this session needs no request to bring the connection into its state. */
    boolean suits(C idle);

    /**
     * The session has a connection now.
     *
     * @param idle the connection; null if the borrower must open a new one
     */
    void granted(@Nullable C idle);
  }

  private record Idle<C>(C connection, long since) {}

  /** The pool lends up to this many idle connections in turn. */
  private static final int TAKEN_IN_TURN = 2;

  private final int max;
  private final long maxIdle;
  private final LongSupplier clock;

  /** The one that was used last is last. */
  private final ArrayDeque<Idle<C>> idle = new ArrayDeque<>();

  private final ArrayDeque<Borrower<C>> waiting = new ArrayDeque<>();
  private int lent;
  private final int[] pinned = new int[Pin.values().length];

  /**
   * An empty pool.
   *
   * @param max how many connections may be lent and idle together
   * @param maxIdle how long a connection stays idle, in the clock's unit
   */
  Pool(int max, long maxIdle, LongSupplier clock) {
    this.max = max;
    this.maxIdle = maxIdle;
    this.clock = clock;
  }

  // Borrowing

  /** Grants a connection at once, or as soon as one is free. */
  void borrow(Borrower<C> borrower) {
    if (idle.isEmpty() && lent >= max) {
      waiting.add(borrower);
    } else {
      grant(borrower);
    }
  }

  /** Grants a connection at once, beyond the limit if need be. */
  void borrowUrgently(Borrower<C> borrower) {
    grant(borrower);
  }

  private void grant(Borrower<C> borrower) {
    lent++;
    borrower.granted(takeFor(borrower));
  }

  /**
   * Takes the connection that was used last among those that suit the session, or among all. The
   * last two are taken in turn, so that the one in reserve does not become old.
   */
  private @Nullable C takeFor(Borrower<C> borrower) {
    Iterator<Idle<C>> inOrder =
        idle.size() <= TAKEN_IN_TURN ? idle.iterator() : idle.descendingIterator();
    while (inOrder.hasNext()) {
      C connection = inOrder.next().connection;
      if (borrower.suits(connection)) {
        inOrder.remove();
        return connection;
      }
    }
    Idle<C> latest = idle.pollLast();
    return latest == null ? null : latest.connection;
  }

  /** A session does not wait any more. Returns whether it waited. */
  boolean leave(Borrower<C> borrower) {
    return waiting.remove(borrower);
  }

  // Lent connections

  /** The reason why a session keeps its connection has changed. {@link #takeExcess} comes next. */
  void pin(Pin before, Pin now) {
    count(before, -1);
    count(now, 1);
    serve();
  }

  private void count(Pin pin, int change) {
    if (pin == Pin.NONE) {
      lent += change;
    } else {
      pinned[pin.ordinal()] += change;
    }
  }

  /**
   * A session gives back a connection that has no state left.
   *
   * @return whether the pool keeps it; otherwise the caller closes it
   */
  boolean giveBack(C connection) {
    lent--;
    boolean isKept = lent + idle.size() < max;
    if (isKept) {
      idle.add(new Idle<>(connection, clock.getAsLong()));
    }
    serve();
    return isKept;
  }

  /** A connection that was lent, or pinned for this reason, is closed. */
  void closed(Pin pin) {
    count(pin, -1);
    serve();
  }

  /** Grants connections to sessions that wait, while there are any. */
  private void serve() {
    while (!waiting.isEmpty() && (!idle.isEmpty() || lent < max)) {
      grant(waiting.remove());
    }
  }

  // Idle connections

  /** A connection is opened in advance. It counts as lent until it is given back. */
  void warm() {
    lent++;
  }

  /** An idle connection is closed. Does nothing if it is not idle. */
  void idleClosed(C connection) {
    idle.removeIf(each -> each.connection == connection);
    serve();
  }

  /** Removes and returns idle connections that are beyond the limit; the caller closes them. */
  List<C> takeExcess() {
    List<C> excess = new ArrayList<>(0);
    while (!idle.isEmpty() && lent + idle.size() > max) {
      excess.add(idle.remove().connection);
    }
    return excess;
  }

  /** Removes and returns all idle connections; the caller closes them. */
  List<C> takeIdle() {
    List<C> all = new ArrayList<>();
    for (Idle<C> each : idle) {
      all.add(each.connection);
    }
    idle.clear();
    return all;
  }

  // Time

  /** Removes and returns connections that were idle for too long; the caller closes them. */
  List<C> takeOld() {
    List<C> old = new ArrayList<>();
    long now = clock.getAsLong();
    Iterator<Idle<C>> oldestFirst = idle.iterator();
    while (oldestFirst.hasNext()) {
      Idle<C> each = oldestFirst.next();
      if (now - each.since >= maxIdle) {
        old.add(each.connection);
        oldestFirst.remove();
      }
    }
    return old;
  }

  // Counts

  /** How many connections are lent and not pinned. */
  int lent() {
    return lent;
  }

  /** How many connections are idle. */
  int idle() {
    return idle.size();
  }

  /** How many connections are pinned for this reason. */
  int pinned(Pin pin) {
    return pinned[pin.ordinal()];
  }

  /** How many sessions wait. */
  int waiting() {
    return waiting.size();
  }

  /** Whether to open a connection in advance: none is idle, and there is room. */
  boolean mayWarm() {
    return idle.isEmpty() && lent < max;
  }
}
