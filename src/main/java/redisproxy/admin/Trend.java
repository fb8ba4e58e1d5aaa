package redisproxy.admin;

import io.vertx.core.json.JsonArray;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Deque;
import java.util.List;
import java.util.Locale;
import java.util.function.ToDoubleFunction;
import java.util.function.ToLongFunction;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Reading;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.CacheStats;
import redisproxy.metrics.Histogram;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;

/**
 * The last five minutes of statistics: one point for each second, one number for each column. Keeps
 * the points as JSON, ready to send. Belongs to one event loop.
 */
final class Trend {
  static final int POINTS = 300;

  /**
   * Two consecutive readings.
   *
   * @param seconds the time between them
   */
  private record Step(Reading before, Reading now, double seconds) {
    double rate(ToLongFunction<Reading> counter) {
      return (counter.applyAsLong(now) - counter.applyAsLong(before)) / seconds;
    }
  }

  private record Column(String name, ToDoubleFunction<Step> source) {}

  private final List<Column> columns = new ArrayList<>();
  private final Deque<JsonArray> points = new ArrayDeque<>();
  private @Nullable Reading last;
  private long lastAt;

  Trend() {
    column("time", step -> System.currentTimeMillis() / 1000.0);
    for (Outcome each : Outcome.values()) {
      rate(
          name(StatsCollector.RESP, each),
          reading -> reading.tally(StatsCollector.RESP).total(each));
    }
    for (Outcome each : new Outcome[] {Outcome.HIT, Outcome.MISS, Outcome.FAILED}) {
      rate(
          name(StatsCollector.HTTP, each),
          reading -> reading.tally(StatsCollector.HTTP).total(each));
    }
    column("hitRatio", Trend::hitRatio);
    for (Outcome each : new Outcome[] {Outcome.HIT, Outcome.MISS, Outcome.SHARED}) {
      column(name("p50", each), step -> millis(step, each, 0.5));
      column(name("p99", each), step -> millis(step, each, 0.99));
    }
    column("entries", step -> cache(step.now).entries());
    column("bytes", step -> cache(step.now).bytes());
    rate("invalidations", reading -> cache(reading).invalidations());
    rate("evictions", reading -> cache(reading).evictions());
    rate("expirations", reading -> cache(reading).expirations());
  }

  private static String name(String of, Outcome outcome) {
    return of + "." + outcome.name().toLowerCase(Locale.ROOT);
  }

  private void column(String name, ToDoubleFunction<Step> source) {
    columns.add(new Column(name, source));
  }

  private void rate(String name, ToLongFunction<Reading> counter) {
    column(name, step -> step.rate(counter));
  }

  private static CacheStats cache(Reading reading) {
    return reading.report().cache();
  }

  /** In percent; NaN if there were no lookups. */
  private static double hitRatio(Step step) {
    double hits = step.rate(reading -> cache(reading).hits());
    double lookups = hits + step.rate(reading -> cache(reading).misses());
    return lookups == 0 ? Double.NaN : 100 * hits / lookups;
  }

  private static double millis(Step step, Outcome outcome, double part) {
    return durations(step.now, outcome).quantile(part, durations(step.before, outcome)) / 1e6;
  }

  private static Histogram durations(Reading reading, Outcome outcome) {
    Tally both = reading.tally(StatsCollector.RESP).copy();
    both.add(reading.tally(StatsCollector.HTTP));
    return both.durations(outcome);
  }

  /**
   * Adds a point for the time since the previous reading. Adds none for the first reading.
   *
   * @param nanos when the reading was taken, by {@link System#nanoTime}
   */
  void add(Reading reading, long nanos) {
    if (last != null && nanos > lastAt) {
      Step step = new Step(last, reading, (nanos - lastAt) / 1e9);
      JsonArray point = new JsonArray();
      columns.forEach(column -> add(point, column.source.applyAsDouble(step)));
      points.addLast(point);
      if (points.size() > POINTS) {
        points.removeFirst();
      }
    }
    last = reading;
    lastAt = nanos;
  }

  private static void add(JsonArray point, double number) {
    if (Double.isFinite(number)) {
      double rounded = Math.rint(number * 1000) / 1000;
      point.add(rounded == Math.rint(rounded) ? (Object) (long) rounded : (Object) rounded);
    } else {
      point.addNull();
    }
  }

  /** The names of a point's numbers, in their order. */
  JsonArray columns() {
    return new JsonArray(columns.stream().map(Column::name).toList());
  }

  /** All points, the oldest first. */
  JsonArray points() {
    return new JsonArray(new ArrayList<>(points));
  }

  /** The newest point; null if there is none yet. */
  @Nullable JsonArray newest() {
    return points.peekLast();
  }
}
