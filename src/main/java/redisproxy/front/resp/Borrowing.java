package redisproxy.front.resp;

import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redisproxy.command.ConnectionState;
import redisproxy.upstream.node.ConnectionPool;
import redisproxy.upstream.node.DedicatedConnection;

/**
 * How a session comes by a dedicated connection. Without a pool the session opens one and keeps it.
 * With a pool it borrows one when a request needs it, and gives it back when nothing is under way.
 *
 * <pre>
 *            a request needs           earlier replies are written,
 *            a connection              so the session asks the pool
 *    NONE ─────────────────▶ WANTED ──────────────────────────────▶ WAITING
 *     ▲                                                             │     │ none was free in time
 *     │ nothing is under way                  a connection is free  │     ▼
 *     └──────────────────────────────────── LENT ◀──────────────────┘   EXPIRED ──▶ NONE
 *                                                                        the request gets an error
 * </pre>
 *
 * <p>It also remembers whether a reply over an earlier connection has revealed data, for the {@link
 * ReadBarrier}.
 */
final class Borrowing implements ConnectionPool.Borrower, ReadBarrier.Source {
  private enum State {
    NONE,
    WANTED,
    WAITING,
    EXPIRED,
    LENT
  }

  private final ConnectionPool pool;
  private final ConnectionState client;

  /** Receives the connection. */
  private final Consumer<DedicatedConnection> granted;

  /** Advances the session. */
  private final Runnable advance;

  private State state = State.NONE;
  private Need need = Need.CONNECTION;

  /** The pool is being asked: the session advances anyway after that. */
  private boolean asking;

  /** Null while the session has no connection. */
  private @Nullable DedicatedRoute route;

  /** A reply over an earlier connection has revealed data. */
  private boolean observed;

  Borrowing(
      ConnectionPool pool,
      ConnectionState client,
      Consumer<DedicatedConnection> granted,
      Runnable advance) {
    this.pool = pool;
    this.client = client;
    this.granted = granted;
    this.advance = advance;
  }

  /** A connection is needed for this. */
  void want(Need wanted) {
    leave();
    need = wanted;
    state = State.WANTED;
  }

  /** Whether the next request waits for a connection, or for the error that none was free. */
  boolean isPending() {
    return state != State.NONE && state != State.LENT;
  }

  /** Whether a connection is wanted, and the pool was not asked yet. */
  boolean isWanted() {
    return state == State.WANTED;
  }

  /** Asks the pool for a connection. It may come within this call. */
  void ask() {
    state = State.WAITING;
    asking = true;
    pool.borrow(this, need.isUrgent());
    asking = false;
  }

  @Override
  public int db() {
    return client.db();
  }

  @Override
  public boolean isResp3() {
    return client.isResp3();
  }

  @Override
  public void granted(DedicatedConnection connection) {
    state = State.LENT;
    granted.accept(connection);
    if (!asking) {
      advance.run();
    }
  }

  @Override
  public void expired() {
    state = State.EXPIRED;
    advance.run();
  }

  /** Whether no connection was free in time. Returns true once. */
  boolean takeExpired() {
    boolean isExpired = state == State.EXPIRED;
    if (isExpired) {
      state = State.NONE;
    }
    return isExpired;
  }

  /** The session has a connection from now on. Returns what it is for. */
  Need lent(DedicatedRoute dedicated) {
    state = State.LENT;
    route = dedicated;
    return need;
  }

  /** The session has no connection any more. */
  void ended() {
    observed |= route != null && route.hasObserved();
    route = null;
    state = State.NONE;
  }

  /** The session does not wait any more. */
  void leave() {
    if (state == State.WAITING) {
      pool.leave(this);
    }
  }

  // The read barrier

  @Override
  public boolean isQuiet() {
    return route == null || route.isQuiet();
  }

  @Override
  public boolean hasObserved() {
    return observed || route != null && route.hasObserved();
  }

  @Override
  public void forgetObserved() {
    observed = false;
    if (route != null) {
      route.forgetObserved();
    }
  }
}
