package redisproxy.session;

import java.util.function.BooleanSupplier;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;

/**
 * How a session comes back from its tunnel to the cache: not before everything it may have seen of
 * Redis is invalidated, or it could read a new value here and then an old one there. A fence begun
 * after the last reply of its tunnel tells; where Redis tells nothing of writes, it stays.
 */
final class WayBack implements Bus.Fenced {
  /** After a fence that did not pass, none is asked for so long. */
  private static final long REFUSED_FOR_NANOS = 500_000_000;

  private final RespSession session;
  private final Front front;
  private final BooleanSupplier isQuiet;
  private final BooleanSupplier hasTold;
  private final Runnable forgetTold;
  private boolean asked;

  /** When a fence last did not pass. */
  private long refusedAt = System.nanoTime() - REFUSED_FOR_NANOS;

  /**
   * The way back from one tunnel, or from what is forwarded.
   *
   * @param isQuiet whether nothing is on its way there, and a GET would get what anybody would get
   * @param hasTold whether a reply has told the client something of what is in Redis
   * @param forgetTold called when all of that is invalidated
   */
  WayBack(
      RespSession session,
      Front front,
      BooleanSupplier isQuiet,
      BooleanSupplier hasTold,
      Runnable forgetTold) {
    this.session = session;
    this.front = front;
    this.isQuiet = isQuiet;
    this.hasTold = hasTold;
    this.forgetTold = forgetTold;
  }

  /** Whether the cache may answer the client now. */
  boolean isOpen() {
    return !asked && isQuiet.getAsBoolean() && !hasTold.getAsBoolean();
  }

  /** Whether that is being found out; the session goes on when it is known. */
  boolean isAsked() {
    return asked;
  }

  /** Begins to find it out, if there is a chance. */
  void ask() {
    if (!asked && isQuiet.getAsBoolean() && System.nanoTime() - refusedAt > REFUSED_FOR_NANOS) {
      asked = true;
      front.fence(this, false);
    }
  }

  /** Nothing has come from Redis since the fence was asked for, for nothing was asked of it. */
  @Override
  public void fenced(boolean passed) {
    asked = false;
    if (passed && isQuiet.getAsBoolean()) {
      forgetTold.run();
    } else {
      refusedAt = System.nanoTime();
    }
    session.advance();
  }

  @Override
  public void broken(Throwable fault) {
    session.broken(fault);
  }
}
