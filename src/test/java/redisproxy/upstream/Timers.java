package redisproxy.upstream;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import java.util.Comparator;
import java.util.HashMap;
import java.util.Map;

/** A Vertx whose timers run by a clock that the test sets, in milliseconds. */
final class Timers extends VertxWrapper {
  private record Timer(long id, long at, Handler<Long> handler) {}

  private final Loop loop;
  private final Map<Long, Timer> pending = new HashMap<>();
  private long ids;
  private volatile long now;

  Timers(Loop loop, Vertx vertx) {
    super((VertxInternal) vertx);
    this.loop = loop;
  }

  long now() {
    return now;
  }

  @Override
  public long setTimer(long delay, Handler<Long> handler) {
    pending.put(++ids, new Timer(ids, now + delay, handler));
    return ids;
  }

  @Override
  public boolean cancelTimer(long id) {
    return pending.remove(id) != null;
  }

  /** How many timers are set. */
  int pending() throws Exception {
    return loop.call(pending::size);
  }

  /** Time passes; each timer runs when it is due. */
  void pass(long millis) throws Exception {
    long end = now + millis;
    for (Timer next = next(); next != null && next.at <= end; next = next()) {
      now = next.at;
      fire(next);
    }
    now = end;
  }

  /** The JVM stands still: the timers that are due meanwhile run afterwards. */
  void standStill(long millis) throws Exception {
    now += millis;
    for (Timer next = next(); next != null && next.at <= now; next = next()) {
      fire(next);
    }
  }

  private Timer next() throws Exception {
    return loop.call(
        () -> pending.values().stream().min(Comparator.comparingLong(Timer::at)).orElse(null));
  }

  private void fire(Timer timer) throws Exception {
    loop.run(
        () -> {
          if (pending.remove(timer.id) != null) {
            timer.handler.handle(timer.id);
          }
        });
  }
}
