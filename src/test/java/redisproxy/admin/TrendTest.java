package redisproxy.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;

import io.vertx.core.json.JsonArray;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import redisproxy.bus.Bus;
import redisproxy.bus.Census;
import redisproxy.bus.CoherenceState;
import redisproxy.bus.Reading;
import redisproxy.cache.CacheStats;
import redisproxy.cache.Trust;
import redisproxy.config.TransportKind;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Histogram;
import redisproxy.metrics.Outcome;
import redisproxy.metrics.Tally;
import redisproxy.transport.Choice;
import redisproxy.upstream.load.Reachability;

/** How readings become points of the dashboard's charts. */
class TrendTest {
  private static final long SECOND = 1_000_000_000;

  private final Trend trend = new Trend();

  private static Reading reading(long hits, long misses, Tally resp, Tally http) {
    CacheStats stats =
        new CacheStats(
            hits, misses, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 4, 0, 7, 10, 700, 1000, 0, Map.of());
    Bus.Report report =
        new Bus.Report(
            stats,
            0,
            new Reachability(true, true, ""),
            new CoherenceState("tracking", "", Trust.VERIFIED, 0, 0, null, -1),
            new Choice(TransportKind.NIO, "for a test"));
    Reading reading = new Reading(List.of());
    reading.add(Census.CACHE, share(new Tally(), report));
    reading.add(Census.RESP, share(resp, null));
    reading.add(Census.HTTP, share(http, null));
    return reading;
  }

  private static Census.Share share(Tally tally, Bus.Report report) {
    return new Census.Share(tally, new Connections(), new Histogram(), report);
  }

  private Object number(String column) {
    JsonArray newest = trend.newest();
    return newest.getValue(trend.columns().getList().indexOf(column));
  }

  @Test
  void point_holdsRatesPerSecondSinceThePreviousReading() {
    Tally before = new Tally();
    before.count(Outcome.HIT, 100, 5_000);
    trend.add(reading(100, 5, before, new Tally()), 0);
    assertNull(trend.newest());
    Tally resp = before.copy();
    resp.count(Outcome.HIT, 30, 60_000_000);
    resp.count(Outcome.TUNNEL);
    Tally http = new Tally();
    http.count(Outcome.MISS, 10, 3_000_000);
    trend.add(reading(130, 15, resp, http), 2 * SECOND);
    assertEquals(15L, number("resp.hit"));
    assertEquals(0.5, number("resp.tunnel"));
    assertEquals(5L, number("http.miss"));
    assertEquals(75L, number("hitRatio"));
    assertEquals(75L, number("p50.hit"), "halfway through the bucket of 50 to 100 ms");
    assertEquals(99.5, number("p99.hit"));
    assertNull(number("p50.trunk"));
    assertEquals(7L, number("entries"));
    assertEquals(0L, number("evictions"));
  }

  @Test
  void hitRatio_withoutLookups_isNull() {
    trend.add(reading(1, 1, new Tally(), new Tally()), 0);
    trend.add(reading(1, 1, new Tally(), new Tally()), SECOND);
    assertNull(number("hitRatio"));
  }

  @Test
  void points_coverTheLastFiveMinutes() {
    for (int i = 0; i <= 1000; i++) {
      trend.add(reading(i * (i + 1) / 2, 0, new Tally(), new Tally()), i * SECOND);
    }
    assertEquals(Trend.POINTS, trend.points().size());
    assertEquals(trend.columns().size(), trend.newest().size());
  }
}
