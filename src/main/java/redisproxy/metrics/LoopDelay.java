package redisproxy.metrics;

import io.vertx.core.Vertx;

/**
 * Measures how late an event loop is: the time between when a timer is due and when the loop runs
 * it. All other work on the loop waited as long. Belongs to that loop.
 */
public final class LoopDelay {
  private static final long EVERY_MS = 100;

  private final Vertx vertx;
  private final Histogram delays = new Histogram();

  /** Starts to measure the event loop it is called on. */
  public LoopDelay(Vertx vertx) {
    this.vertx = vertx;
    next();
  }

  /** Sets one timer at a time. With a periodic timer one delay would be recorded several times. */
  private void next() {
    long due = System.nanoTime() + EVERY_MS * 1_000_000;
    vertx.setTimer(
        EVERY_MS,
        timer -> {
          delays.record(Math.max(0, System.nanoTime() - due), 1);
          next();
        });
  }

  public Histogram delays() {
    return delays;
  }
}
