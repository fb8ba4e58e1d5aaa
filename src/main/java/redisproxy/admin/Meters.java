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
import redisproxy.bus.Census;
import redisproxy.bus.CoherenceState;
import redisproxy.bus.Reading;
import redisproxy.cache.CacheStats;
import redisproxy.cache.Trust;
import redisproxy.config.TransportKind;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Meter;
import redisproxy.metrics.Meter.Series;
import redisproxy.metrics.Outcome;
import redisproxy.upstream.feed.Feed;

/**
 * The table of all that is measured: a row for each meter. What Prometheus is shown derives from
 * it, and the manual is checked against it.
 */
final class Meters {
  /** The statuses that responses over HTTP have. */
  private static final int[] STATUSES = {
    200, 204, 304, 400, 401, 403, 404, 405, 406, 409, 413, 414, 429, 431, 500, 502, 503, 504
  };

  private final List<Meter<Reading>> rows = new ArrayList<>();

  private Meters() {}

  static List<Meter<Reading>> table(Gate resp, Gate http, Gate requests) {
    Meters meters = new Meters();
    meters.cache();
    meters.fronts();
    meters.clients(resp, http, requests);
    meters.redis();
    meters.loops();
    return meters.rows;
  }

  private void cache() {
    count("hits", "Lookups answered from the cache", CacheStats::hits);
    count("misses", "Lookups that were not", CacheStats::misses);
    count("loads", "Questions put to Redis", CacheStats::loads);
    count("loads_coalesced", "Misses that joined a load in flight", CacheStats::coalesced);
    count("loads_failed", "Loads that ended in a failure", CacheStats::failures);
    count("loads_rejected", "Misses refused, for too many loads were in flight", c -> c.rejected());
    count("loads_too_large", "Loads of values too large to keep", CacheStats::tooLarge);
    count("loads_overtaken", "Loads not kept, for their key was invalidated", c -> c.overtaken());
    count("refreshes", "Loads of entries that were about to expire", CacheStats::refreshes);
    count("evictions", "Entries dropped for room", CacheStats::evictions);
    count("expirations", "Entries dropped because they had expired", CacheStats::expirations);
    count(
        "invalidations", "Keys dropped because they may have been written", c -> c.invalidations());
    count("flushes", "Times everything was dropped because of that", CacheStats::flushes);
    count("unverified", "Lookups served while Redis was out of reach", CacheStats::unverified);
    held("entries", "", "Entries held", CacheStats::entries);
    held("capacity_entries", "", "Entries that may be held", CacheStats::capacity);
    held("entries_bytes", "bytes", "What they weigh", CacheStats::bytes);
    held("capacity_bytes", "bytes", "What they may weigh", CacheStats::maxBytes);
    held("loads_in_flight", "", "Loads not yet answered", CacheStats::loadsInFlight);
  }

  private void count(String name, String help, Function<CacheStats, Object> source) {
    one(COUNTER, name + "_total", "", help, reading -> source.apply(reading.report().cache()));
  }

  private void held(String name, String unit, String help, Function<CacheStats, Object> source) {
    gauge(name, unit, help, reading -> source.apply(reading.report().cache()));
  }

  private void fronts() {
    row(
        COUNTER,
        "resp_requests_total",
        "",
        "Requests over RESP by what became of them",
        "outcome",
        outcomes(Census.RESP, Outcome.values()));
    row(
        COUNTER,
        "http_lookups_total",
        "",
        "Lookups over HTTP by what became of them",
        "outcome",
        outcomes(Census.HTTP, Outcome.HIT, Outcome.MISS, Outcome.FAILED));
    row(COUNTER, "http_responses_total", "", "Responses over HTTP", "status", statuses());
    row(
        HISTOGRAM,
        "resp_duration_seconds",
        "seconds",
        "How long RESP requests took from being read to being answered",
        "outcome",
        durations(Census.RESP, Outcome.HIT, Outcome.MISS, Outcome.TRUNK));
    row(
        HISTOGRAM,
        "http_duration_seconds",
        "seconds",
        "How long HTTP lookups took",
        "outcome",
        durations(Census.HTTP, Outcome.HIT, Outcome.MISS));
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
                    reading -> reading.tally(Census.HTTP).statuses(status)))
        .toList();
  }

  private void clients(Gate resp, Gate http, Gate requests) {
    gates(GAUGE, "clients", "Clients connected", resp, http, Gate::current);
    gates(COUNTER, "clients_accepted_total", "Clients ever let in", resp, http, Gate::total);
    gates(COUNTER, "clients_rejected_total", "Clients turned away", resp, http, Gate::rejected);
    gates(GAUGE, "clients_max", "Clients that may be connected", resp, http, Gate::limit);
    one(
        COUNTER,
        "resp_clients_stalled_total",
        "",
        "Clients that sent requests and read no replies, until they were read no more",
        reading -> reading.tally(Census.RESP).stalledClients());
    gauge("http_requests_in_flight", "", "HTTP lookups not answered", r -> requests.current());
    one(
        COUNTER,
        "http_requests_rejected_total",
        "",
        "HTTP lookups refused, for too many were in flight",
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
            new Series<>(Census.RESP, reading -> source.apply(resp)),
            new Series<>(Census.HTTP, reading -> source.apply(http))));
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
        "1 for how far what is kept is believed",
        "trust",
        Arrays.stream(Trust.values())
            .map(each -> series(each, r -> r.report().coherence().trust() == each ? 1 : 0))
            .toList());
    gauge(
        "feed_round_trip_seconds",
        "seconds",
        "How long the feed's last PING took; -1 before the first",
        reading -> roundTrip(reading.report().coherence().feed()));
    one(COUNTER, "fences_total", "", "Fences asked for", r -> r.report().coherence().fences());
    row(
        GAUGE,
        "upstream_connections",
        "",
        "Connections to Redis by what they are for",
        "kind",
        kinds(Connections::open));
    row(
        COUNTER,
        "upstream_connections_opened_total",
        "",
        "Such connections ever opened, reconnections included",
        "kind",
        kinds(Connections::total));
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
        "1 for what reads and writes sockets",
        "transport",
        TransportKind.BEST_FIRST.stream()
            .map(kind -> series(kind, r -> r.report().transport().kind() == kind ? 1 : 0))
            .toList());
    row(
        HISTOGRAM,
        "event_loop_delay_seconds",
        "seconds",
        "How late the event loops of verticles come to a timer",
        "verticle",
        List.of(delay(Census.CACHE), delay(Census.RESP), delay(Census.HTTP)));
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
    one(GAUGE, name, unit, help, source);
  }

  private void one(
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
