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
 * <p>A dedicated connection is not logged in as it opens: where Redis judges clients, it asks them
 * for a password. Where the proxy judges them, it sends the {@link #greeting} first.
 */
public final class DedicatedConnections {
  private static final byte[] DEFAULT_USER = bytes("default");

  /** Opens a connection; what is written to it before it is connected waits. */
  interface Opener {
    RedisConnection open(RedisConnection.Receiver receiver, Connections.Kind kind);
  }

  private final Settings.Redis redis;
  private final int maxPendingBytes;
  private final Transport transport;
  private final Connections connections = new Connections();
  private final SpareConnection spare;

  /** To be made on the event loop that will use it. */
  public DedicatedConnections(Vertx vertx, Transport transport, int maxPendingBytes) {
    this.transport = transport;
    this.redis = transport.redis();
    this.maxPendingBytes = maxPendingBytes;
    this.spare = new SpareConnection(vertx, transport::connect);
  }

  /** Whether Redis asks nobody for a password, as far as the proxy's own credentials tell. */
  public boolean areOpen() {
    return redis.password() == null;
  }

  /** Whether these, a password or a user and a password, are the proxy's own credentials. */
  @SuppressWarnings("ShortCircuitBoolean") // or the time it takes would tell which is wrong
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
   * The one request that logs a dedicated connection in as the proxy's own user; empty when none is
   * needed.
   */
  public byte[] greeting() {
    return Greeting.of(redis, 0);
  }

  /** Those that have been opened here. */
  public Connections connections() {
    return connections;
  }

  /**
   * Opens the dedicated connection of a session. It may be connected at once, which the session is
   * not told; what is written to it before it is connected waits.
   */
  public RedisConnection open(RedisConnection.Receiver session) {
    NetSocket ready = spare.take();
    RedisConnection.Observer observer = observer(Connections.Kind.TUNNEL, spare::replace);
    if (ready == null) {
      return transport.open(session, maxPendingBytes, observer);
    }
    RedisConnection connection = new RedisConnection(session, maxPendingBytes, observer);
    connection.attach(ready);
    return connection;
  }

  /**
   * Who may do what without logging in may have changed: connections that Redis accepted before are
   * not for who comes now.
   */
  public void accessChanged() {
    spare.drop();
  }

  /** Opens one for many sessions. What is written to it before it is connected waits. */
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
