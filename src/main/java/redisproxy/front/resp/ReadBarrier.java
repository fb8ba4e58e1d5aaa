package redisproxy.front.resp;

import java.util.function.LongSupplier;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;

/**
 * Keeps a session from reading values from the cache that are older than those Redis has sent it.
 * Without it, a client could read a new value from Redis and then the old one from the cache. After
 * a reply of Redis, the session may read from the cache only when every write that the reply may
 * have revealed is invalidated. A fence that begins after the last reply shows this. If Redis sends
 * no invalidations, the session does not read from the cache.
 *
 * <pre>
 *            a reply of Redis reveals data to the client
 *   OPEN ──────────────────────────────────────────────▶ CLOSED ◀─────────┐
 *     ▲                                                    │ a read comes, │ the fence did not pass:
 *     │                                                    │ and nothing   │ no other fence for half
 *     │            the fence passed                        ▼ is under way  │ a second
 *     └─────────────────────────────────────────────── PENDING ────────────┘
 * </pre>
 */
final class ReadBarrier implements Bus.Fenced {
  /** A route to Redis that the session uses. */
  interface Source {
    /** Whether nothing is under way, and a read would get the same reply as on any connection. */
    boolean isQuiet();

    /** Whether a reply has revealed data of Redis to the client. */
    boolean hasObserved();

    /** Called when every write that these replies may have revealed is invalidated. */
    void forgetObserved();

    /** A fence is requested: what was observed up to now is forgotten when it passes. */
    default void fenceRequested() {}
  }

  /** After a fence that did not pass, no other is requested for this long. */
  private static final long REFUSED_FOR_NANOS = 500_000_000;

  private final ClientConnection connection;
  private final Front front;
  private final LongSupplier clock;

  // Each call of a field of its own goes to one class, so that the JIT compiler can inline it. In a
  // list, the calls would take 3 % of a hit.
  private final Source cache;
  private final Source shared;
  private final Source dedicated;

  private boolean fencePending;

  /** When the last fence that did not pass ended. */
  private long refusedAt;

  /** For a session that has no reply from Redis yet over any of its three routes. */
  ReadBarrier(
      ClientConnection connection, Front front, Source cache, Source shared, Source dedicated) {
    this(connection, front, cache, shared, dedicated, System::nanoTime);
  }

  /**
   * The same with another clock.
   *
   * @param clock nanoseconds, monotonic
   */
  ReadBarrier(
      ClientConnection connection,
      Front front,
      Source cache,
      Source shared,
      Source dedicated,
      LongSupplier clock) {
    this.connection = connection;
    this.front = front;
    this.cache = cache;
    this.shared = shared;
    this.dedicated = dedicated;
    this.clock = clock;
    this.refusedAt = clock.getAsLong() - REFUSED_FOR_NANOS;
  }

  /** Whether the cache may answer the client now. */
  boolean isOpen() {
    return !fencePending && isQuiet() && !hasObserved();
  }

  /** Whether no request of the session is on its way to Redis, and no reply on its way back. */
  boolean isQuiet() {
    return cache.isQuiet() && shared.isQuiet() && dedicated.isQuiet();
  }

  private boolean hasObserved() {
    return cache.hasObserved() || shared.hasObserved() || dedicated.hasObserved();
  }

  /** Whether a fence is under way. The session advances when its result arrives. */
  boolean isFencePending() {
    return fencePending;
  }

  /** Requests a fence, if it may pass now. */
  void requestFence() {
    if (!fencePending && isQuiet() && clock.getAsLong() - refusedAt >= REFUSED_FOR_NANOS) {
      fencePending = true;
      cache.fenceRequested();
      shared.fenceRequested();
      dedicated.fenceRequested();
      front.fence(this, false);
    }
  }

  /** While the fence was pending, nothing was sent to Redis, so no reply has arrived since. */
  @Override
  public void fenced(boolean passed) {
    fencePending = false;
    if (passed && isQuiet()) {
      cache.forgetObserved();
      shared.forgetObserved();
      dedicated.forgetObserved();
    } else {
      refusedAt = clock.getAsLong();
    }
    connection.advance();
  }

  @Override
  public void broken(Throwable fault) {
    connection.broken(fault);
  }
}
