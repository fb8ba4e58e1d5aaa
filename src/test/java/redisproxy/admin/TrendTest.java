package redisproxy.admin;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Set;
import java.util.TreeSet;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.Test;
import redisproxy.bus.Bus;
import redisproxy.bus.CoherenceState;
import redisproxy.bus.Reading;
import redisproxy.bus.StatsCollector;
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
    reading.add(StatsCollector.CACHE, share(new Tally(), report));
    reading.add(StatsCollector.RESP, share(resp, null));
    reading.add(StatsCollector.HTTP, share(http, null));
    return reading;
  }

  private static StatsCollector.VerticleStats share(Tally tally, Bus.Report report) {
    return new StatsCollector.VerticleStats(tally, new Connections(), new Histogram(), report);
  }

  private Object number(String column) {
    JsonArray newest = trend.newest();
    return newest.getValue(trend.columns().getList().indexOf(column));
  }

  /** A chart of a column that does not exist would be empty. */
  @Test
  void columnsOfTheDashboard_exist() throws IOException {
    Matcher named =
        Pattern.compile("\"((?:resp|http|p50|p99)\\.\\w+)\"")
            .matcher(Files.readString(Path.of("src/main/resources/dashboard/charts.js")));
    Set<String> names = new TreeSet<>();
    while (named.find()) {
      names.add(named.group(1));
    }
    assertTrue(names.size() > 10, names::toString);
    names.removeAll(trend.columns().getList());
    assertEquals(Set.of(), names);
  }

  @Test
  void connectionsOfTheDashboard_haveTheirNames() throws IOException {
    String script = Files.readString(Path.of("src/main/resources/dashboard/main.js"));
    for (Connections.Kind kind : Connections.Kind.values()) {
      String name = kind.name().toLowerCase(Locale.ROOT);
      assertTrue(script.contains(" " + name + ": \""), name);
    }
  }

  @Test
  void point_holdsRatesPerSecondSinceThePreviousReading() {
    Tally before = new Tally();
    before.count(Outcome.HIT, 100, 5_000);
    trend.add(reading(100, 5, before, new Tally()), 0);
    assertNull(trend.newest());
    Tally resp = before.copy();
    resp.count(Outcome.HIT, 30, 60_000_000);
    resp.count(Outcome.DEDICATED);
    Tally http = new Tally();
    http.count(Outcome.MISS, 10, 3_000_000);
    trend.add(reading(130, 15, resp, http), 2 * SECOND);
    assertEquals(15L, number("resp.hit"));
    assertEquals(0.5, number("resp.dedicated"));
    assertEquals(5L, number("http.miss"));
    assertEquals(75L, number("hitRatio"));
    assertEquals(75L, number("p50.hit"), "halfway through the bucket of 50 to 100 ms");
    assertEquals(99.5, number("p99.hit"));
    assertNull(number("p50.shared"));
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
