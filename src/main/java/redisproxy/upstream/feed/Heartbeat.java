package redisproxy.upstream.feed;

import java.util.function.LongSupplier;

/**
 * The PINGs of a feed's connection, one in flight at most, and how long they may take: a whole
 * period, from one beat to the next. Has no timer of its own, but is told of each beat, which tells
 * whether the proxy has been running: where the beat itself comes late, Redis or its answer may
 * have stood still with it, and a PING is given another period, once.
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

  /** The beat behind which the PING in flight has had its time. */
  private long dueAfter;

  /** It has been given another period. */
  private boolean prolonged;

  /**
   * One that has not begun.
   *
   * @param period from one beat to the next, in milliseconds
   * @param clock milliseconds, monotonic
   */
  Heartbeat(long period, LongSupplier clock) {
    this.period = period;
    this.clock = clock;
  }

  /** The first beat comes in a period. */
  void begin() {
    next = clock.getAsLong() + period;
  }

  /**
   * A beat; the next comes in a period.
   *
   * @return whether Redis has had its time and has not answered
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

  /** A PING is sent, at a beat or between two. */
  void ping(boolean isAtBeat) {
    sent++;
    dueAfter = isAtBeat ? beats : beats + 1;
    prolonged = false;
  }

  /** The PING in flight is answered. */
  void pong() {
    answered++;
  }

  /** Whether none is in flight. */
  boolean isAnswered() {
    return answered == sent;
  }

  /** How many have been sent. */
  long sent() {
    return sent;
  }

  /** How many have been answered. */
  long answered() {
    return answered;
  }
}
