package redisproxy.front.resp;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;

/**
 * Keeps a session from reading older values from the cache than Redis has told it: not before
 * everything it may have seen of Redis is invalidated, or it could read a new value there and then
 * an old one here. A fence that begins after the last reply of Redis tells when that is so. Where
 * Redis tells nothing of writes, the session does not read from the cache.
 *
 * <pre>
 *            a reply of Redis tells the client something
 *   OPEN ──────────────────────────────────────────────▶ CLOSED ◀─────────┐
 *     ▲                                                    │ a read comes, │ the fence did not pass:
 *     │                                                    │ and nothing   │ none for half a second
 *     │            the fence passed                        ▼ is under way  │
 *     └──────────────────────────────────────────────── ASKED ─────────────┘
 * </pre>
 */
final class ReadBarrier implements Bus.Fenced {
  /** A way to Redis that the session uses. */
  interface Source {
    /** Whether nothing is under way there, and a read would get what anybody would get. */
    boolean isQuiet();

    /** Whether a reply has told the client something of what is in Redis. */
    boolean hasTold();

    /** All of that is invalidated. */
    void forgetTold();
  }

  /** After a fence that did not pass, none is asked for so long. */
  private static final long REFUSED_FOR_NANOS = 500_000_000;

  private final ClientConnection connection;
  private final Front front;
  private final LongSupplier clock;
  private final List<Source> sources = new ArrayList<>(2);
  private boolean asked;

  /** When a fence last did not pass. */
  private long refusedAt;

  /** That of a session that has seen nothing of Redis. */
  ReadBarrier(ClientConnection connection, Front front) {
    this(connection, front, System::nanoTime);
  }

  /**
   * The same with a clock of its own.
   *
   * @param clock nanoseconds, monotonic
   */
  ReadBarrier(ClientConnection connection, Front front, LongSupplier clock) {
    this.connection = connection;
    this.front = front;
    this.clock = clock;
    this.refusedAt = clock.getAsLong() - REFUSED_FOR_NANOS;
  }

  /** The session sees of Redis what comes from there, too. */
  void add(Source source) {
    sources.add(source);
  }

  /** Whether the cache may answer the client now. */
  boolean isOpen() {
    return !asked && isQuiet() && !hasTold();
  }

  /** Whether nothing of the session's is on its way to Redis, nor the reply on its way back. */
  boolean isQuiet() {
    for (int i = 0; i < sources.size(); i++) {
      if (!sources.get(i).isQuiet()) {
        return false;
      }
    }
    return true;
  }

  private boolean hasTold() {
    for (int i = 0; i < sources.size(); i++) {
      if (sources.get(i).hasTold()) {
        return true;
      }
    }
    return false;
  }

  /** Whether that is being found out; the session goes on when it is known. */
  boolean isAsked() {
    return asked;
  }

  /** Begins to find it out, if there is a chance. */
  void ask() {
    if (!asked && isQuiet() && clock.getAsLong() - refusedAt >= REFUSED_FOR_NANOS) {
      asked = true;
      front.fence(this, false);
    }
  }

  /** Nothing has come from Redis since the fence was asked for, for nothing was asked of it. */
  @Override
  public void fenced(boolean passed) {
    asked = false;
    if (passed && isQuiet()) {
      sources.forEach(Source::forgetTold);
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
