package redisproxy.upstream.connection;

import io.vertx.core.dns.AddressResolverOptions;
import redisproxy.config.Settings;

/**
 * DNS options for the host name of Redis. Addresses are cached for about a second or two only,
 * because after a failover the name may lead to another server.
 */
public final class Names {
  /** The longest time that an address is cached, in seconds, even if DNS allows more. */
  private static final int MAX_TTL_S = 2;

  /** How often {@code /etc/hosts} is read, in nanoseconds; by default Vert.x reads it only once. */
  private static final int HOSTS_REFRESH_NANOS = 1_000_000_000;

  private Names() {}

  /** The options of the Vertx that connects to Redis. */
  public static AddressResolverOptions resolver(Settings.Redis redis) {
    return new AddressResolverOptions()
        .setCacheMaxTimeToLive(MAX_TTL_S)
        .setQueryTimeout(redis.connectTimeout().toMillis())
        .setHostsRefreshPeriod(HOSTS_REFRESH_NANOS);
  }
}
