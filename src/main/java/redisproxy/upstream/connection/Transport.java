package redisproxy.upstream.connection;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.internal.ContextInternal;
import io.vertx.core.net.ConnectOptions;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetClientOptions;
import io.vertx.core.net.NetSocket;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisOptions;
import org.jspecify.annotations.Nullable;
import redisproxy.config.Settings;
import redisproxy.tls.ToRedis;

/**
 * Makes all connections to Redis: the one place for their options. Each connection uses the
 * certificates that are current when it is made. Belongs to one event loop.
 */
public class Transport {
  private static final int MAX_PENDING = 64 * 1024;

  private final ContextInternal home;
  private final Settings.Redis redis;
  private final ToRedis tls;
  private final NetClient client;
  private final Dialer dialer;

  /** Create it on the event loop that will use it. */
  public Transport(Vertx vertx, Settings.Redis redis, ToRedis tls) {
    this.home = (ContextInternal) vertx.getOrCreateContext();
    this.redis = redis;
    this.tls = tls;
    this.client = vertx.createNetClient(tcp());
    this.dialer = new Dialer(vertx, redis.endpoint());
  }

  /**
   * Calls a receiver on its verticle's context, so that the verticle sees its exceptions. A
   * connection makes its calls on the bare event loop.
   */
  private record OnContext(ContextInternal context, RedisConnection.Receiver receiver)
      implements RedisConnection.Receiver {
    @Override
    public void received(ByteBuf data) {
      context.dispatch(data, receiver::received);
    }

    @Override
    public void receivedAll() {
      context.dispatch(receiver::receivedAll);
    }

    @Override
    public void writable() {
      context.dispatch(receiver::writable);
    }

    @Override
    public void lost(@Nullable Throwable cause) {
      context.dispatch(() -> receiver.lost(cause));
    }
  }

  /** The settings of the connections: address, credentials and timeouts. */
  public Settings.Redis redis() {
    return redis;
  }

  /** A promise on the verticle's context. A timeout of its future is reported there too. */
  public <T> Promise<T> promise() {
    return home.promise();
  }

  public Future<NetSocket> connect() {
    // New options for each connection cost little: Vert.x shares one SslContext between equal ones.
    return client.connect(
        new ConnectOptions()
            .setHost(redis.endpoint().host())
            .setPort(redis.endpoint().port())
            .setSsl(redis.endpoint().tls())
            .setSslOptions(tls.options()));
  }

  /** Opens a connection for small requests. Bytes written before it is open wait. */
  public RedisConnection open(RedisConnection.Receiver receiver) {
    return open(new OnContext(home, receiver), MAX_PENDING, RedisConnection.Observer.NONE);
  }

  /**
   * Opens a connection. Bytes written before it is open wait. Its receiver is called on the bare
   * event loop.
   *
   * @param maxPendingBytes see {@link RedisConnection}
   */
  public RedisConnection open(
      RedisConnection.Receiver receiver, int maxPendingBytes, RedisConnection.Observer observer) {
    RedisConnection connection = new RedisConnection(receiver, maxPendingBytes, observer);
    connect().onComplete(connection::connected, connection::unreachable);
    return connection;
  }

  /**
   * A Redis client for one connection, not yet connected. It uses the certificates that are current
   * now, so each connection needs a new client.
   *
   * @param options the client's options; this method sets the address and the TCP and TLS options
   */
  public Redis client(RedisOptions options, int database) {
    NetClientOptions tcp = tcp();
    tls.applyTo(tcp);
    return Redis.createClient(
        dialer,
        options.setConnectionString(dialer.connectionString(database)).setNetClientOptions(tcp));
  }

  private NetClientOptions tcp() {
    return new NetClientOptions()
        .setConnectTimeout((int) redis.connectTimeout().toMillis())
        .setSslEngineOptions(tls.engine())
        .setTcpKeepAlive(true)
        .setTcpNoDelay(true);
  }

  /**
   * Why a connection could not be made, or was lost, in words.
   *
   * @param failure null if Redis closed the connection
   */
  public String reason(@Nullable Throwable failure) {
    return failure == null ? "the connection was closed" : tls.reason(failure);
  }
}
