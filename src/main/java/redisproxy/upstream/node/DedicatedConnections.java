package redisproxy.upstream.node;

import io.vertx.core.Vertx;
import io.vertx.core.net.NetSocket;
import java.nio.charset.StandardCharsets;
import java.security.MessageDigest;
import redisproxy.config.Settings;
import redisproxy.metrics.Connections;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.RedisConnection;
import redisproxy.upstream.connection.Transport;

/**
 * Opens dedicated connections. Belongs to one event loop.
 *
 * <p>A dedicated connection is not logged in when it opens. Where Redis authenticates the clients,
 * each client logs in over it. Where the proxy authenticates them, the proxy sends the {@link
 * #greeting} first.
 */
public final class DedicatedConnections {
  private static final byte[] DEFAULT_USER = bytes("default");

  /** Opens a connection. Bytes written before it is connected wait. */
  interface Opener {
    RedisConnection open(RedisConnection.Receiver receiver, Connections.Kind kind);
  }

  private final Settings.Redis redis;
  private final int maxPendingBytes;
  private final Transport transport;
  private final Connections connections = new Connections();
  private final SpareConnection spare;

  /** Create it on the event loop that will use it. */
  public DedicatedConnections(Vertx vertx, Transport transport, int maxPendingBytes) {
    this.transport = transport;
    this.redis = transport.redis();
    this.maxPendingBytes = maxPendingBytes;
    this.spare = new SpareConnection(vertx, transport::connect);
  }

  /** Whether Redis needs no password, judging by whether the proxy itself has one. */
  public boolean areOpen() {
    return redis.password() == null;
  }

  /**
   * Whether these are the proxy's own credentials.
   *
   * @param credentials a password, or a user and a password
   */
  @SuppressWarnings("ShortCircuitBoolean") // else the time it takes would reveal which is wrong
  public boolean areOwn(byte[][] credentials) {
    if (redis.password() == null || credentials.length < 1 || credentials.length > 2) {
      return false;
    }
    byte[] user = credentials.length == 2 ? credentials[0] : DEFAULT_USER;
    byte[] own = redis.username() == null ? DEFAULT_USER : bytes(redis.username());
    return MessageDigest.isEqual(user, own)
        & MessageDigest.isEqual(
            credentials[credentials.length - 1], bytes(redis.password().value()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.UTF_8);
  }

  /**
   * The request that logs a dedicated connection in as the proxy's own user; empty if none is
   * needed.
   */
  public byte[] greeting() {
    return Greeting.of(redis, 0);
  }

  /** Counts the connections that were opened here. */
  public Connections connections() {
    return connections;
  }

  /**
   * Opens the dedicated connection of a session. Bytes written before it is connected wait. If a
   * spare connection is taken, it is connected at once, and the session gets no {@code writable}
   * call for that.
   */
  public RedisConnection open(RedisConnection.Receiver session) {
    NetSocket ready = spare.take();
    RedisConnection.Observer observer = observer(Connections.Kind.DEDICATED, spare::replace);
    if (ready == null) {
      return transport.open(session, maxPendingBytes, observer);
    }
    RedisConnection connection = new RedisConnection(session, maxPendingBytes, observer);
    connection.attach(ready);
    return connection;
  }

  /** Opens a dedicated connection that belongs to one session for good. */
  public DedicatedConnection openForGood() {
    DedicatedConnection opened = new DedicatedConnection(null, 0);
    opened.redis(open(opened));
    return opened;
  }

  /** Opens a dedicated connection of a pool. Bytes written before it is connected wait. */
  RedisConnection openPooled(RedisConnection.Receiver receiver) {
    return transport.open(
        receiver, maxPendingBytes, observer(Connections.Kind.DEDICATED, () -> {}));
  }

  /**
   * The access rules may have changed for connections that are not logged in. A spare connection
   * may still have the old rights, so it is dropped.
   */
  public void accessChanged() {
    spare.drop();
  }

  /** Opens a connection for many sessions. Bytes written before it is connected wait. */
  RedisConnection openShared(RedisConnection.Receiver sessions, Connections.Kind kind) {
    return transport.open(sessions, maxPendingBytes, observer(kind, () -> {}));
  }

  private RedisConnection.Observer observer(Connections.Kind kind, Runnable opened) {
    return new RedisConnection.Observer() {
      @Override
      public void opened() {
        connections.opened(kind);
        opened.run();
      }

      @Override
      public void closed() {
        connections.closed(kind);
      }
    };
  }
}
