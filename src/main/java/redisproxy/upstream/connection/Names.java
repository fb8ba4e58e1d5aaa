package redisproxy.upstream.connection;

import io.vertx.core.dns.AddressResolverOptions;
import redisproxy.config.Settings;

/**
 * How the name of Redis is looked up: anew, nearly, for each connection, for behind it may be
 * another server after a failover.
 */
public final class Names {
  /** So long at most, in seconds, an address is used again, whatever the name server allows. */
  private static final int KEPT_S = 2;

  /** The same of {@code /etc/hosts}, in nanoseconds; Vert.x would read it once and for all. */
  private static final int HOSTS_KEPT_NANOS = 1_000_000_000;

  private Names() {}

  /** For the Vertx that connects to Redis. */
  public static AddressResolverOptions resolver(Settings.Redis redis) {
    return new AddressResolverOptions()
        .setCacheMaxTimeToLive(KEPT_S)
        .setQueryTimeout(redis.connectTimeout().toMillis())
        .setHostsRefreshPeriod(HOSTS_KEPT_NANOS);
  }
}
