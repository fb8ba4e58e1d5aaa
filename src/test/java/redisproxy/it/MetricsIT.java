package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** The output for Prometheus. */
@InEachShape
class MetricsIT {
  @RegisterExtension static final Opened shared = Opened.forClass();

  private static EmbeddedRedis redis;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @BeforeAll
  static void start() {
    redis = shared.redis();
  }

  /** Returns each series, with its labels, and its value. */
  private static Map<String, Double> scrape(RunningProxy proxy) {
    var response = proxy.admin("/metrics");
    assertEquals(200, response.statusCode());
    assertTrue(
        response
            .headers()
            .firstValue("content-type")
            .orElse("")
            .startsWith("text/plain; version=0.0.4"));
    return response
        .body()
        .lines()
        .filter(line -> !line.startsWith("#"))
        .collect(
            Collectors.toMap(
                line -> line.substring(0, line.lastIndexOf(' ')),
                line -> Double.valueOf(line.substring(line.lastIndexOf(' ') + 1)),
                (a, b) -> b,
                TreeMap::new));
  }

  private static void assertSeries(double expected, Map<String, Double> scrape, String series) {
    assertEquals(expected, scrape.get("redisproxy_" + series), series);
  }

  /** MetersTest compares the manual's table with the code. */
  @Test
  void names_areThoseOfTheManual() throws IOException {
    Set<String> manual =
        Files.readAllLines(Path.of("docs/operating.md")).stream()
            .filter(line -> line.startsWith("| `redisproxy_"))
            .map(line -> line.split("`")[1])
            .collect(Collectors.toCollection(TreeSet::new));
    RunningProxy proxy = opened.proxy(shape, redis.url());
    Set<String> shown =
        proxy
            .admin("/metrics")
            .body()
            .lines()
            .filter(line -> line.startsWith("# TYPE redisproxy_"))
            .map(line -> line.split(" ")[2])
            .collect(Collectors.toCollection(TreeSet::new));
    assertEquals(manual, shown);
  }

  @Test
  void requests_areCountedByOutcome() {
    RunningProxy proxy = opened.proxy(shape, redis.url(), "resp.pooling", "false");
    RespClient client = opened.client(proxy);
    client.call("SET", "m", "v");
    client.call("GET", "m");
    client.call("GET", "m");
    client.call("GET", "m");
    client.call("PING");
    proxy.http("/keys/m");
    proxy.http("/keys/m-not-there");
    proxy.http("/nowhere");
    client.call("KEYS", "none");
    Map<String, Double> scrape = scrape(proxy);
    assertSeries(1, scrape, "resp_requests_total{outcome=\"miss\"}");
    assertSeries(2, scrape, "resp_requests_total{outcome=\"hit\"}");
    assertSeries(1, scrape, "resp_requests_total{outcome=\"local\"}");
    assertSeries(1, scrape, "resp_requests_total{outcome=\"shared\"}");
    assertSeries(1, scrape, "resp_requests_total{outcome=\"dedicated\"}");
    assertSeries(1, scrape, "http_lookups_total{outcome=\"hit\"}");
    assertSeries(1, scrape, "http_lookups_total{outcome=\"miss\"}");
    assertSeries(1, scrape, "http_responses_total{status=\"200\"}");
    assertSeries(2, scrape, "http_responses_total{status=\"404\"}");
    assertSeries(2, scrape, "resp_duration_seconds_count{outcome=\"hit\"}");
    assertSeries(2, scrape, "resp_duration_seconds_bucket{outcome=\"hit\",le=\"+Inf\"}");
    assertSeries(1, scrape, "resp_duration_seconds_count{outcome=\"shared\"}");
    assertSeries(3, scrape, "hits_total");
    assertSeries(2, scrape, "misses_total");
    assertSeries(1, scrape, "entries");
    assertSeries(1, scrape, "clients{protocol=\"resp\"}");
    assertSeries(1, scrape, "upstream_connections{kind=\"shared\"}");
    assertSeries(1, scrape, "upstream_connections{kind=\"dedicated\"}");
    assertSeries(1, scrape, "feed_state{state=\"tracking\"}");
    assertSeries(1, scrape, "redis_up");
    assertTrue(scrape.keySet().stream().anyMatch(name -> name.startsWith("jvm_memory_used")));
  }

  /** Whatever a command is counted as, there is a series for it. */
  @Test
  void lookups_areCountedByCommand() {
    RunningProxy proxy = opened.proxy(shape, redis.url(), "cache.commands", "default,-hlen");
    RespClient client = opened.client(proxy);
    client.call("HSET", "m:h", "f", "v");
    for (int i = 0; i < 3; i++) {
      client.call("GET", "m");
      client.call("HKEYS", "m:h");
      client.call("HLEN", "m:h");
      client.call("MGET", "m", "m2");
      client.call("EXISTS", "m", "m:h");
    }
    proxy.http("/keys/m");
    Map<String, Double> scrape = scrape(proxy);
    assertSeries(2, scrape, "command_hits_total{command=\"hkeys\"}");
    assertSeries(1, scrape, "command_misses_total{command=\"hkeys\"}");
    assertSeries(0, scrape, "command_misses_total{command=\"zcard\"}");
    assertFalse(scrape.containsKey("redisproxy_command_hits_total{command=\"hlen\"}"));
    double hits = 0;
    double misses = 0;
    for (Map.Entry<String, Double> each : scrape.entrySet()) {
      hits += each.getKey().startsWith("redisproxy_command_hits_total") ? each.getValue() : 0;
      misses += each.getKey().startsWith("redisproxy_command_misses_total") ? each.getValue() : 0;
    }
    assertSeries(hits, scrape, "hits_total");
    assertSeries(misses, scrape, "misses_total");
  }

  @Test
  void connections_areCountedWhenTheyCloseAndReopen() {
    EmbeddedRedis own = opened.redis();
    RunningProxy proxy = opened.proxy(shape, own.url(), "resp.pooling", "false");
    try (RespClient client = proxy.resp()) {
      client.call("KEYS", "none");
      assertSeries(1, scrape(proxy), "upstream_connections{kind=\"dedicated\"}");
    }
    await()
        .untilAsserted(
            () -> assertSeries(0, scrape(proxy), "upstream_connections{kind=\"dedicated\"}"));
    own.stop();
    await().untilAsserted(() -> assertSeries(0, scrape(proxy), "redis_up"));
    await()
        .untilAsserted(() -> assertSeries(0, scrape(proxy), "upstream_connections{kind=\"feed\"}"));
    own.restart();
    await()
        .untilAsserted(
            () ->
                assertSeries(2, scrape(proxy), "upstream_connections_opened_total{kind=\"feed\"}"));
    await()
        .untilAsserted(
            () ->
                assertSeries(
                    2, scrape(proxy), "upstream_connections_opened_total{kind=\"loader\"}"));
    assertSeries(1, scrape(proxy), "upstream_connections{kind=\"loader\"}");
  }
}
