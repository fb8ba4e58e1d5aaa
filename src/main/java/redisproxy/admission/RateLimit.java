package redisproxy.admission;

import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Limits;

/**
 * Limits the requests per second of one instance of a front, for each client and for all clients
 * together. A burst may use up the limit of one second at once. The limit for all clients is
 * divided evenly among the instances. Belongs to one event loop.
 */
public final class RateLimit {
  private final LiveRate live;
  private final int instances;
  private final LongSupplier clock;
  private final Map<String, Bucket> clients = new RecentClients<>();
  private final Bucket all;
  private long now;

  /** The client of the last request, with its bucket: consecutive requests often share a client. */
  private @Nullable String last;

  private @Nullable Bucket lastBucket;

  /**
   * A limit of one instance.
   *
   * @param clock nanoseconds, monotonic
   */
  public RateLimit(LiveRate live, int instances, LongSupplier clock) {
    this.live = live;
    this.instances = instances;
    this.clock = clock;
    this.now = clock.getAsLong();
    this.all = new Bucket(now);
  }

  /** Whether there is a limit. */
  public boolean isOn() {
    return live.get() != null;
  }

  /** Reads the clock. Call it before the first of the requests that arrived together. */
  public void tick() {
    now = clock.getAsLong();
  }

  /** Whether one more request of a client is within the limits. If so, it is counted. */
  public boolean take(String client) {
    Limits.Rate rate = live.get();
    if (rate == null) {
      return true;
    }
    Bucket own = rate.perClient() > 0 ? bucket(client) : null;
    if (own != null && !own.has(now, rate.perClient())) {
      return false;
    }
    if (rate.global() > 0) {
      if (!all.has(now, (double) rate.global() / instances)) {
        return false;
      }
      all.take();
    }
    if (own != null) {
      own.take();
    }
    return true;
  }

  private Bucket bucket(String client) {
    if (lastBucket == null || !client.equals(last)) {
      last = client;
      lastBucket = clients.computeIfAbsent(client, added -> new Bucket(now));
    }
    return lastBucket;
  }
}
