package redisproxy.bus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Histogram;
import redisproxy.metrics.Tally;

/** The statistics of the whole proxy: those of all verticles, summed up. */
public final class Reading {
  private final List<String> silent;
  private final Map<String, Tally> tallies = new HashMap<>();
  private final Map<String, Histogram> loopDelays = new HashMap<>();
  private final Connections connections = new Connections();
  private Bus.@Nullable Report cache;

  /**
   * Starts with no statistics.
   *
   * @param silent the verticles that have not answered in time
   */
  public Reading(List<String> silent) {
    this.silent = silent;
  }

  public void add(String kind, StatsCollector.VerticleStats share) {
    tally(kind).add(share.tally());
    loopDelay(kind).add(share.loopDelay());
    connections.add(share.connections());
    if (share.cache() != null) {
      cache = share.cache();
    }
  }

  /** The names of the verticles that have not answered in time: their event loop is stuck. */
  public List<String> silent() {
    return silent;
  }

  /** The cache's latest report; null if it has never sent one. */
  public Bus.@Nullable Report cache() {
    return cache;
  }

  /** The cache's latest report. Fails if the cache has never sent one. */
  public Bus.Report report() {
    return Objects.requireNonNull(cache);
  }

  /** The counts of answers of the fronts of a kind. */
  public Tally tally(String kind) {
    return tallies.computeIfAbsent(kind, absent -> new Tally());
  }

  /** The delays of the event loops of a kind of verticle. */
  public Histogram loopDelay(String kind) {
    return loopDelays.computeIfAbsent(kind, absent -> new Histogram());
  }

  public Connections connections() {
    return connections;
  }
}
