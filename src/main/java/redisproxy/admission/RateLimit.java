package redisproxy.admission;

import java.util.Map;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Limits;

/**
 * How many requests a second one front answers, each client and all together. A second's worth may
 * come at once. What is for all is divided evenly among the instances of a front. To be used on one
 * event loop.
 */
public final class RateLimit {
  private final LiveRate live;
  private final int instances;
  private final LongSupplier clock;
  private final Map<String, Bucket> clients = new RecentClients<>();
  private final Bucket all;
  private long now;

  /** Who asked last: requests come in runs. */
  private @Nullable String last;

  private @Nullable Bucket lasts;

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

  /** Looks at the clock; to be called before the first of the requests that came together. */
  public void tick() {
    now = clock.getAsLong();
  }

  /** Whether one more request of a client is to be answered; it counts if so. */
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
    if (lasts == null || !client.equals(last)) {
      last = client;
      lasts = clients.computeIfAbsent(client, added -> new Bucket(now));
    }
    return lasts;
  }
}
