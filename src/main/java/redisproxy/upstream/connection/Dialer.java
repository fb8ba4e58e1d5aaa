package redisproxy.upstream.connection;

import io.vertx.core.Completable;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.internal.VertxInternal;
import io.vertx.core.internal.VertxWrapper;
import io.vertx.core.internal.net.NetClientInternal;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.core.net.SocketAddress;
import io.vertx.core.spi.metrics.Metrics;
import java.time.Duration;
import redisproxy.config.Settings;

/**
 * A Vertx for the Redis client. Its connections go to the configured host and port and ignore the
 * client's connection string. The client parses that string with {@link java.net.URI}, which
 * rejects some host names that DNS accepts, such as those with an underscore (docs/decisions.md).
 */
public final class Dialer extends VertxWrapper {
  private final SocketAddress address;
  private final boolean tls;

  /** The verticle's context. */
  private final ContextInternal home;

  Dialer(Vertx vertx, Settings.Endpoint endpoint) {
    super((VertxInternal) vertx);
    this.address = SocketAddress.inetSocketAddress(endpoint.port(), endpoint.host());
    this.tls = endpoint.tls();
    this.home = super.getOrCreateContext();
  }

  /** A connection string for the Redis client. Only its scheme and its database matter. */
  String connectionString(int database) {
    return (tls ? "rediss" : "redis") + "://redis/" + database;
  }

  /** Not the current context: during a reconnect that may be the context of the old connection. */
  @Override
  public ContextInternal getOrCreateContext() {
    return home;
  }

  @Override
  public NetClient createNetClient(NetClientOptions options) {
    return new Client((NetClientInternal) super.createNetClient(options), address, home);
  }

  /**
   * The client of {@link #createNetClient}. It replaces the address and the context, and leaves the
   * rest to Vert.x.
   *
   * @param home the context of every connection. The Redis client's pool would make a new context
   *     for each, and nobody would see its exceptions. The verticle must see what the Redis client
   *     throws on input that is not RESP
   */
  private record Client(NetClientInternal client, SocketAddress address, ContextInternal home)
      implements NetClientInternal {
    @Override
    public void connectInternal(
        ConnectOptions options, Promise<NetSocket> connected, ContextInternal ofPool) {
      client.connectInternal(options.setRemoteAddress(address), connected, home);
    }

    @Override
    public Future<NetSocket> connect(ConnectOptions options) {
      return client.connect(options.setRemoteAddress(address));
    }

    @Override
    public Future<NetSocket> connect(int port, String host) {
      return client.connect(address);
    }

    @Override
    public Future<NetSocket> connect(int port, String host, String serverName) {
      return client.connect(address, serverName);
    }

    @Override
    public Future<NetSocket> connect(SocketAddress remote) {
      return client.connect(address);
    }

    @Override
    public Future<NetSocket> connect(SocketAddress remote, String serverName) {
      return client.connect(address, serverName);
    }

    @Override
    public Future<Boolean> updateSSLOptions(ClientSSLOptions options, boolean force) {
      return client.updateSSLOptions(options, force);
    }

    @Override
    public Future<Void> shutdown(Duration timeout) {
      return client.shutdown(timeout);
    }

    @Override
    public void close(Completable<Void> closed) {
      client.close(closed);
    }

    @Override
    public Future<Void> closeFuture() {
      return client.closeFuture();
    }

    @Override
    public Metrics getMetrics() {
      return client.getMetrics();
    }
  }
}
