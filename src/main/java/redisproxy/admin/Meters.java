package redisproxy.admin;

import static redisproxy.metrics.Meter.Type.COUNTER;
import static redisproxy.metrics.Meter.Type.GAUGE;
import static redisproxy.metrics.Meter.Type.HISTOGRAM;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.function.Function;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.Gate;
import redisproxy.bus.CoherenceState;
import redisproxy.bus.Reading;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.CacheStats;
import redisproxy.cache.Trust;
import redisproxy.config.TransportKind;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Meter;
import redisproxy.metrics.Meter.Series;
import redisproxy.metrics.Outcome;
import redisproxy.upstream.feed.Feed;

/**
 * The table of all metrics, one row each. The Prometheus output derives from it, and a test
 * compares the manual with it.
 */
final class Meters {
  /** The statuses of HTTP responses. */
  private static final int[] STATUSES = {
    200, 204, 304, 400, 401, 403, 404, 405, 406, 409, 413, 414, 429, 431, 500, 502, 503, 504
  };

  private final List<Meter<Reading>> rows = new ArrayList<>();

  private Meters() {}

  /**
   * All metrics.
   *
   * @param commands the names of the cached commands
   */
  static List<Meter<Reading>> table(Gate resp, Gate http, Gate requests, List<String> commands) {
    Meters meters = new Meters();
    meters.cache();
    meters.commands(commands);
    meters.fronts();
    meters.clients(resp, http, requests);
    meters.redis();
    meters.dedicated();
    meters.loops();
    return meters.rows;
  }

  private void cache() {
    cacheCounter("hits", "Lookups answered from the cache", CacheStats::hits);
    cacheCounter("misses", "Lookups that the cache could not answer", CacheStats::misses);
    cacheCounter("loads", "Loads sent to Redis", CacheStats::loads);
    cacheCounter("loads_coalesced", "Misses that joined a load in flight", CacheStats::coalesced);
    cacheCounter("loads_failed", "Loads that failed", CacheStats::failures);
    cacheCounter(
        "loads_rejected",
        "Misses refused because too many loads were in flight",
        c -> c.rejected());
    cacheCounter("loads_too_large", "Loads of values too large to keep", CacheStats::tooLarge);
    cacheCounter(
        "loads_overtaken",
        "Loads not kept because their key was invalidated meanwhile",
        c -> c.overtaken());
    cacheCounter("refreshes", "Loads of entries that were about to expire", CacheStats::refreshes);
    cacheCounter("evictions", "Entries dropped to make room", CacheStats::evictions);
    cacheCounter("expirations", "Entries dropped because they expired", CacheStats::expirations);
    cacheCounter(
        "invalidations", "Keys dropped because they may have been written", c -> c.invalidations());
    cacheCounter(
        "flushes",
        "Times all entries were dropped because any key may have been written",
        CacheStats::flushes);
    cacheCounter(
        "unverified",
        "Lookups answered from the cache while Redis was unreachable",
        CacheStats::unverified);
    cacheGauge("entries", "", "Entries in the cache", CacheStats::entries);
    cacheGauge("capacity_entries", "", "Largest number of entries", CacheStats::capacity);
    cacheGauge("entries_bytes", "bytes", "Size of the entries", CacheStats::bytes);
    cacheGauge("capacity_bytes", "bytes", "Largest size of the entries", CacheStats::maxBytes);
    cacheGauge("loads_in_flight", "", "Loads not yet answered", CacheStats::loadsInFlight);
  }

  private void cacheCounter(String name, String help, Function<CacheStats, Object> source) {
    single(COUNTER, name + "_total", "", help, reading -> source.apply(reading.report().cache()));
  }

  private void cacheGauge(
      String name, String unit, String help, Function<CacheStats, Object> source) {
    gauge(name, unit, help, reading -> source.apply(reading.report().cache()));
  }

  private void commands(List<String> names) {
    commandCounter(
        "hits", "Lookups answered from the cache, by command", names, CacheStats.Command::hits);
    commandCounter(
        "misses",
        "Lookups that the cache could not answer, by command",
        names,
        CacheStats.Command::misses);
  }

  private void commandCounter(
      String name, String help, List<String> commands, Function<CacheStats.Command, Long> source) {
    row(
        COUNTER,
        "command_" + name + "_total",
        "",
        help,
        "command",
        commands.stream()
            .map(
                command ->
                    new Series<Reading>(
                        command,
                        reading -> source.apply(reading.report().cache().command(command))))
            .toList());
  }

  private void fronts() {
    row(
        COUNTER,
        "resp_requests_total",
        "",
        "RESP requests by outcome",
        "outcome",
        outcomes(StatsCollector.RESP, Outcome.values()));
    row(
        COUNTER,
        "http_lookups_total",
        "",
        "HTTP lookups by outcome",
        "outcome",
        outcomes(StatsCollector.HTTP, Outcome.HIT, Outcome.MISS, Outcome.FAILED));
    row(COUNTER, "http_responses_total", "", "HTTP responses by status", "status", statuses());
    row(
        HISTOGRAM,
        "resp_duration_seconds",
        "seconds",
        "Time from reading a RESP request to answering it",
        "outcome",
        durations(StatsCollector.RESP, Outcome.HIT, Outcome.MISS, Outcome.SHARED));
    row(
        HISTOGRAM,
        "http_duration_seconds",
        "seconds",
        "Time that HTTP lookups took",
        "outcome",
        durations(StatsCollector.HTTP, Outcome.HIT, Outcome.MISS));
  }

  private static List<Series<Reading>> outcomes(String front, Outcome... outcomes) {
    return Arrays.stream(outcomes)
        .map(each -> series(each, reading -> reading.tally(front).total(each)))
        .toList();
  }

  private static List<Series<Reading>> durations(String front, Outcome... outcomes) {
    return Arrays.stream(outcomes)
        .map(each -> series(each, reading -> reading.tally(front).durations(each)))
        .toList();
  }

  private static List<Series<Reading>> statuses() {
    return Arrays.stream(STATUSES)
        .mapToObj(
            status ->
                new Series<Reading>(
                    Integer.toString(status),
                    reading -> reading.tally(StatsCollector.HTTP).statuses(status)))
        .toList();
  }

  private void clients(Gate resp, Gate http, Gate requests) {
    gates(GAUGE, "clients", "Clients connected", resp, http, Gate::current);
    gates(
        COUNTER,
        "clients_accepted_total",
        "Clients accepted since the start",
        resp,
        http,
        Gate::total);
    gates(
        COUNTER,
        "clients_rejected_total",
        "Clients rejected because too many were connected",
        resp,
        http,
        Gate::rejected);
    gates(GAUGE, "clients_max", "Largest number of clients", resp, http, Gate::limit);
    single(
        COUNTER,
        "resp_clients_stalled_total",
        "",
        "Clients that sent requests without reading replies until the proxy stopped reading from them",
        reading -> reading.tally(StatsCollector.RESP).stalledClients());
    gauge("http_requests_in_flight", "", "HTTP lookups not yet answered", r -> requests.current());
    single(
        COUNTER,
        "http_requests_rejected_total",
        "",
        "HTTP lookups refused because too many were in flight",
        reading -> requests.rejected());
  }

  private void gates(
      Meter.Type type,
      String name,
      String help,
      Gate resp,
      Gate http,
      Function<Gate, Object> source) {
    row(
        type,
        name,
        "",
        help,
        "protocol",
        List.of(
            new Series<>(StatsCollector.RESP, reading -> source.apply(resp)),
            new Series<>(StatsCollector.HTTP, reading -> source.apply(http))));
  }

  private void redis() {
    gauge("redis_up", "", "1 while loads reach Redis", r -> r.report().redis().now() ? 1 : 0);
    row(
        GAUGE,
        "feed_state",
        "",
        "1 for the state the feed is in",
        "state",
        CoherenceState.STATES.stream().map(Meters::feedState).toList());
    row(
        GAUGE,
        "trust",
        "",
        "1 for the current trust in cached entries",
        "trust",
        Arrays.stream(Trust.values())
            .map(each -> series(each, r -> r.report().coherence().trust() == each ? 1 : 0))
            .toList());
    gauge(
        "feed_round_trip_seconds",
        "seconds",
        "How long the feed's last PING took; -1 before the first",
        reading -> roundTrip(reading.report().coherence().feed()));
    single(
        COUNTER,
        "keys_touched_total",
        "",
        "Keys that Redis was told are read (cache.touch-interval)",
        reading -> reading.report().touched());
    single(COUNTER, "fences_total", "", "Fences requested", r -> r.report().coherence().fences());
    row(
        GAUGE,
        "upstream_connections",
        "",
        "Connections to Redis by purpose",
        "kind",
        kinds(Connections::open));
    row(
        COUNTER,
        "upstream_connections_opened_total",
        "",
        "Connections to Redis opened since the start, reconnections included",
        "kind",
        kinds(Connections::total));
  }

  private void dedicated() {
    row(
        GAUGE,
        "dedicated_connections",
        "",
        "Dedicated connections of the pools: borrowed, idle, or kept for a reason",
        "use",
        Arrays.stream(Connections.Use.values())
            .map(use -> series(use, reading -> reading.connections().used(use)))
            .toList());
    gauge(
        "dedicated_waiting",
        "",
        "Clients that wait for a dedicated connection",
        reading -> reading.connections().waiting());
  }

  private static Series<Reading> feedState(String state) {
    return new Series<>(
        state, reading -> reading.report().coherence().state().equals(state) ? 1 : 0);
  }

  private static double roundTrip(Feed.@Nullable Stats feed) {
    return feed == null || feed.roundTripNanos() < 0 ? -1 : feed.roundTripNanos() / 1e9;
  }

  private interface OfKind {
    long of(Connections connections, Connections.Kind kind);
  }

  private static List<Series<Reading>> kinds(OfKind source) {
    return Arrays.stream(Connections.Kind.values())
        .map(kind -> series(kind, reading -> source.of(reading.connections(), kind)))
        .toList();
  }

  private void loops() {
    row(
        GAUGE,
        "transport",
        "",
        "1 for the transport in use",
        "transport",
        TransportKind.BEST_FIRST.stream()
            .map(kind -> series(kind, r -> r.report().transport().kind() == kind ? 1 : 0))
            .toList());
    row(
        HISTOGRAM,
        "event_loop_delay_seconds",
        "seconds",
        "How late event loops run a timer",
        "verticle",
        List.of(
            delay(StatsCollector.CACHE), delay(StatsCollector.RESP), delay(StatsCollector.HTTP)));
    gauge(
        "event_loops_stuck",
        "",
        "Verticles whose event loop did not answer the scrape",
        reading -> reading.silent().size());
  }

  private static Series<Reading> delay(String kind) {
    return new Series<>(kind, reading -> reading.loopDelay(kind));
  }

  private static Series<Reading> series(Enum<?> value, Function<Reading, Object> source) {
    return new Series<>(value.name().toLowerCase(Locale.ROOT), source);
  }

  private void gauge(String name, String unit, String help, Function<Reading, Object> source) {
    single(GAUGE, name, unit, help, source);
  }

  private void single(
      Meter.Type type, String name, String unit, String help, Function<Reading, Object> source) {
    row(type, name, unit, help, "", List.of(new Series<>("", source)));
  }

  private void row(
      Meter.Type type,
      String name,
      String unit,
      String help,
      String label,
      List<Series<Reading>> series) {
    rows.add(new Meter<>("redisproxy_" + name, type, unit, help, label, series));
  }
}
