package redisproxy.upstream;

import io.vertx.core.Handler;
import io.vertx.core.Vertx;
import java.lang.reflect.Method;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.function.LongSupplier;
import java.util.stream.Stream;
import redisproxy.upstream.connection.Transport;

/**
 * Time that passes only when the test says so: a clock in milliseconds, and a Vertx whose timers
 * follow it.
 */
public final class VirtualTime implements LongSupplier {
  /** A timer that is set; its period is 0 if it fires once. */
  private record Timer(long id, long dueAt, long period, Handler<Long> handler) {}

  private final Loop loop;
  private final List<Timer> timers = new ArrayList<>();
  private long now = 1_000_000;
  private long lastId;

  /** The event loop's Vertx, except for its timers. */
  public final Vertx vertx;

  public VirtualTime(Loop loop) {
    this.loop = loop;
    Class<?>[] interfaces = {Vertx.class};
    vertx =
        (Vertx)
            Proxy.newProxyInstance(
                VirtualTime.class.getClassLoader(),
                interfaces,
                (proxy, method, arguments) -> call(method, arguments));
  }

  @SuppressWarnings("unchecked")
  private Object call(Method method, Object[] arguments) throws ReflectiveOperationException {
    return switch (method.getName()) {
      case "setTimer" -> set((long) arguments[0], 0, (Handler<Long>) arguments[1]);
      case "setPeriodic" ->
          set((long) arguments[0], (long) arguments[0], (Handler<Long>) arguments[1]);
      case "cancelTimer" -> timers.removeIf(timer -> timer.id == (long) arguments[0]);
      default -> method.invoke(loop.vertx, arguments);
    };
  }

  private long set(long delay, long period, Handler<Long> handler) {
    timers.add(new Timer(++lastId, now + delay, period, handler));
    return lastId;
  }

  /** A transport whose connect timeout, which runs in real time, is an hour unless it is set. */
  public Transport transport(String... settings) throws Exception {
    Stream<String> bound = Stream.of("redis.connect-timeout", "1h");
    return loop.transport(Stream.concat(bound, Stream.of(settings)).toArray(String[]::new));
  }

  @Override
  public long getAsLong() {
    return now;
  }

  /** Lets this many milliseconds pass; each timer fires when it is due. */
  public void pass(long millis) throws Exception {
    long end = loop.call(() -> now + millis);
    while (loop.call(() -> fireNext(end))) {
      // Each timer fires in its own turn.
    }
    loop.run(() -> now = end);
  }

  /** Simulates a pause of the JVM: timers that become due fire afterwards. */
  public void standStill(long millis) throws Exception {
    loop.run(() -> now += millis);
    pass(0);
  }

  private boolean fireNext(long end) {
    Timer next = timers.stream().min(Comparator.comparingLong(Timer::dueAt)).orElse(null);
    if (next == null || next.dueAt > end) {
      return false;
    }
    timers.remove(next);
    now = Math.max(now, next.dueAt);
    if (next.period > 0) {
      timers.add(new Timer(next.id, now + next.period, next.period, next.handler));
    }
    next.handler.handle(next.id);
    return true;
  }

  /** How many timers are set. */
  public int pending() throws Exception {
    return loop.call(timers::size);
  }

  /** The remaining time of each timer that is set, in milliseconds, in the order of setting. */
  public List<Long> waits() throws Exception {
    return loop.call(() -> timers.stream().map(timer -> timer.dueAt - now).toList());
  }
}
