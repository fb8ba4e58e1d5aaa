package redisproxy.upstream.feed;

import java.util.function.LongSupplier;

/**
 * The PINGs of a feed's connection and their deadlines. At most one PING is in flight, and it may
 * take a whole period, from one beat to the next. The owner calls this class at each beat. A late
 * beat shows that the proxy itself stood still. Redis or its reply may have stood still with it, so
 * the PING then gets another period, once.
 */
final class Heartbeat {
  /** How late a beat may be, in milliseconds. */
  static final long LATE_MS = 100;

  private final long period;
  private final LongSupplier clock;

  private long beats;

  /** When the next beat is due. */
  private long next;

  private long sent;
  private long answered;

  /** The last beat at which the PING in flight may still be unanswered. */
  private long dueAfter;

  /** The PING in flight has been given another period. */
  private boolean prolonged;

  /**
   * Creates a heartbeat that has not begun.
   *
   * @param period the time from one beat to the next, in milliseconds
   * @param clock milliseconds, monotonic
   */
  Heartbeat(long period, LongSupplier clock) {
    this.period = period;
    this.clock = clock;
  }

  /** Begins: the first beat is due after one period. */
  void begin() {
    next = clock.getAsLong() + period;
  }

  /**
   * A beat. The next is due after one period.
   *
   * @return whether the PING in flight is past its deadline
   */
  boolean isOverdue() {
    beats++;
    boolean isLate = clock.getAsLong() - next > LATE_MS;
    begin();
    if (isAnswered() || dueAfter >= beats) {
      return false;
    }
    if (isLate && !prolonged) {
      prolonged = true;
      return false;
    }
    return true;
  }

  /** A PING is sent, at a beat or between two beats. */
  void ping(boolean isAtBeat) {
    sent++;
    dueAfter = isAtBeat ? beats : beats + 1;
    prolonged = false;
  }

  /** The PING in flight is answered. */
  void pong() {
    answered++;
  }

  /** Whether no PING is in flight. */
  boolean isAnswered() {
    return answered == sent;
  }

  /** How many PINGs have been sent. */
  long sent() {
    return sent;
  }

  /** How many PINGs have been answered. */
  long answered() {
    return answered;
  }
}
