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
 * How connections to Redis are made, whatever for: the one place for their options. Each is made
 * with the certificates there are at that moment. Belongs to one event loop.
 */
public class Transport {
  private static final int MAX_PENDING = 64 * 1024;

  private final ContextInternal home;
  private final Settings.Redis redis;
  private final ToRedis tls;
  private final NetClient client;
  private final Dialer dialer;

  /** To be made on the event loop that will use it. */
  public Transport(Vertx vertx, Settings.Redis redis, ToRedis tls) {
    this.home = (ContextInternal) vertx.getOrCreateContext();
    this.redis = redis;
    this.tls = tls;
    this.client = vertx.createNetClient(tcp());
    this.dialer = new Dialer(vertx, redis.endpoint());
  }

  /**
   * Tells a receiver on its verticle's context, which sees what it throws. A connection tells on
   * the bare event loop.
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

  /** What is to be reached, and as whom. */
  public Settings.Redis redis() {
    return redis;
  }

  /** A promise on the verticle's context: also when its future times out, that is told there. */
  public <T> Promise<T> promise() {
    return home.promise();
  }

  public Future<NetSocket> connect() {
    // Of options that are equal Vert.x makes one context.
    return client.connect(
        new ConnectOptions()
            .setHost(redis.endpoint().host())
            .setPort(redis.endpoint().port())
            .setSsl(redis.endpoint().tls())
            .setSslOptions(tls.options()));
  }

  /** Opens a connection that few bytes are written to; what is written before it is open waits. */
  public RedisConnection open(RedisConnection.Receiver receiver) {
    return open(new OnContext(home, receiver), MAX_PENDING, RedisConnection.Observer.NONE);
  }

  /**
   * Opens a connection; what is written before it is open waits. Its receiver is told on the bare
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
   * A Redis client for one connection, which it has yet to make. It speaks TLS with the
   * certificates of this moment, so each connection needs a client of its own.
   *
   * @param options what the client does; where it connects to, and how, is set here
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

  /** Why a connection could not be made, or was lost, in words; null if Redis closed it. */
  public String reason(@Nullable Throwable failure) {
    return failure == null ? "the connection was closed" : tls.reason(failure);
  }
}
