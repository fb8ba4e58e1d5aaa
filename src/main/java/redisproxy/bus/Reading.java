package redisproxy.bus;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Histogram;
import redisproxy.metrics.Tally;

/** How the whole proxy is doing: what its verticles have told, summed up. */
public final class Reading {
  private final List<String> silent;
  private final Map<String, Tally> tallies = new HashMap<>();
  private final Map<String, Histogram> loopDelays = new HashMap<>();
  private final Connections connections = new Connections();
  private Bus.@Nullable Report cache;

  /**
   * One to be added to.
   *
   * @param silent the verticles that have not answered in time
   */
  public Reading(List<String> silent) {
    this.silent = silent;
  }

  public void add(String kind, Census.Share share) {
    tally(kind).add(share.tally());
    loopDelay(kind).add(share.loopDelay());
    connections.add(share.connections());
    if (share.cache() != null) {
      cache = share.cache();
    }
  }

  /** The names of the verticles whose event loop is stuck. */
  public List<String> silent() {
    return silent;
  }

  /** What the cache told last; null when it never has. */
  public Bus.@Nullable Report cache() {
    return cache;
  }

  /** The same; not to be asked before it has told. */
  public Bus.Report report() {
    return Objects.requireNonNull(cache);
  }

  /** What the fronts of a kind have answered. */
  public Tally tally(String kind) {
    return tallies.computeIfAbsent(kind, absent -> new Tally());
  }

  /** How late the event loops of a kind of verticle are. */
  public Histogram loopDelay(String kind) {
    return loopDelays.computeIfAbsent(kind, absent -> new Histogram());
  }

  public Connections connections() {
    return connections;
  }
}
