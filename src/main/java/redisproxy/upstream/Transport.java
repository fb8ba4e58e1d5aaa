package redisproxy.upstream;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import redisproxy.config.Settings;
import redisproxy.tls.ToRedis;

/** How connections to Redis are made, whatever for: the one place for their options. */
final class Transport {
  private Transport() {}

  /** A client on the event loop of the caller. */
  static NetClient client(Vertx vertx, Settings.Redis redis) {
    return vertx.createNetClient(options(redis));
  }

  /** For those who make the client themselves. */
  static NetClientOptions options(Settings.Redis redis) {
    NetClientOptions options =
        new NetClientOptions()
            .setConnectTimeout((int) redis.connectTimeout().toMillis())
            .setTcpKeepAlive(true)
            .setTcpNoDelay(true);
    ToRedis.applyTo(options, redis);
    return options;
  }

  /** Why a connection could not be made, or was lost, in words. */
  static String reason(Settings.Redis redis, Throwable failure) {
    return ToRedis.reason(redis, failure);
  }
}
