package redisproxy.upstream.load;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.ProtocolVersion;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import org.slf4j.event.Level;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.upstream.connection.Backoff;
import redisproxy.upstream.connection.Transport;

/**
 * A long-lived connection to Redis that is opened again whenever it is lost: at once if it had
 * lasted, else after a backoff, or sooner when a load {@linkplain #wanted wants} it. Belongs to one
 * event loop.
 *
 * <p>The Redis client neither reconnects nor times out, and leaves its socket open when a handshake
 * fails (docs/decisions.md). So each attempt has its own client, which is closed with all its
 * sockets when the attempt has failed or the connection is lost.
 */
public final class Link {
  private static final Logger LOG = LoggerFactory.getLogger(Link.class);

  /** A load causes no attempt within this many milliseconds after a failed one. */
  private static final long WANTED_SPACING_MS = 100;

  private static final long NO_TIMER = -1;

  /** Receives the events of a link. */
  public interface Owner {
    /** Ignores them. */
    Owner NOBODY =
        new Owner() {
          @Override
          public void connected(RedisConnection connection) {}

          @Override
          public void down(String reason) {}
        };

    void connected(RedisConnection connection);

    /** An attempt failed or the connection was lost; clients may see {@code reason}. */
    void down(String reason);
  }

  private final Vertx vertx;
  private final Transport transport;
  private final Settings.Redis redis;
  private final Settings.Endpoint endpoint;
  private final LongSupplier clock;
  private final Owner owner;
  private final int pipeline;
  private final Backoff backoff;

  private @Nullable Redis client;
  private @Nullable RedisConnection connection;
  private boolean attempting;

  /** The attempt under way is the first after the loss of a connection that had lasted. */
  private boolean reconnecting;

  private boolean stopped;
  private boolean refusedCredentials;
  private boolean asksForPassword;
  private long startedAt;

  /** The same time by {@link System#nanoTime}, which is comparable between event loops. */
  private long begunAt;

  private long openedAt;
  private long endedAt = Long.MIN_VALUE / 2;
  private long timer = NO_TIMER;
  private String reason = "not connected yet";

  /**
   * Creates a link without opening it.
   *
   * @param db the database, in place of the one in the settings
   * @param pipeline how many commands may be unanswered at once
   * @param clock milliseconds, monotonic
   */
  public Link(
      Vertx vertx, Transport transport, int db, int pipeline, LongSupplier clock, Owner owner) {
    this.vertx = vertx;
    this.transport = transport;
    this.redis = transport.redis();
    Settings.Endpoint to = redis.endpoint();
    this.endpoint = new Settings.Endpoint(to.host(), to.port(), db, to.tls());
    this.pipeline = pipeline;
    this.clock = clock;
    this.owner = owner;
    this.backoff = new Backoff(redis.backoffMax().toMillis());
  }

  /** The connection, or null while there is none. */
  @Nullable RedisConnection connection() {
    return connection;
  }

  /** Why there is no connection. */
  String reason() {
    return reason;
  }

  /** Whether Redis refused the credentials at the last attempt. */
  boolean isRefused() {
    return refusedCredentials;
  }

  /** Whether Redis asked for a password at the last attempt, and the proxy has none. */
  boolean isPasswordMissing() {
    return refusedCredentials && asksForPassword && redis.password() == null;
  }

  /** Redis lets the proxy in again: connects at once, in place of any attempt under way. */
  void admitted() {
    if (refusedCredentials || attempting) {
      refusedCredentials = false;
      if (attempting) {
        closeClient();
        attempting = false;
      }
      reconnecting = true;
      attempt();
    }
  }

  /**
   * A load waits for the connection. Tries at once, unless an attempt is under way, the last one
   * failed a moment ago, or Redis refused the credentials: another attempt would be refused too.
   *
   * @param within milliseconds
   * @return whether an attempt is under way that began less than {@code within} ago
   */
  boolean wanted(long within) {
    long now = clock.getAsLong();
    if (!refusedCredentials && now - endedAt >= WANTED_SPACING_MS) {
      attempt();
    }
    return attempting && now - startedAt < within;
  }

  /**
   * Whether the connection was lost a moment ago and is being made again. Redis is most likely up,
   * so it pays to wait for that attempt.
   */
  boolean isReconnecting() {
    return reconnecting;
  }

  /** Whether the connection, or the last attempt at one, was begun after this time. */
  boolean isBegunAfter(long nanoTime) {
    return begunAt - nanoTime > 0;
  }

  /** Tries to connect. The owner is told of success and of failure. */
  public void attempt() {
    if (stopped || attempting || connection != null) {
      return;
    }
    cancelTimer();
    attempting = true;
    startedAt = clock.getAsLong();
    begunAt = System.nanoTime();
    Redis attempt = transport.client(options(), endpoint.database());
    client = attempt;
    attempt
        .connect()
        .timeout(redis.connectTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(
            opened -> {
              if (attempt == client) {
                opened(opened);
              }
            },
            failure -> {
              if (attempt == client) {
                failed(failure);
              }
            });
  }

  private RedisOptions options() {
    RedisOptions options =
        new RedisOptions()
            .setPreferredProtocolVersion(ProtocolVersion.RESP2)
            .setMaxPoolSize(1)
            .setMaxWaitingHandlers(pipeline)
            .setPoolName("redis-proxy");
    if (redis.password() != null) {
      options.setPassword(redis.password().value());
      options.setUser(redis.username());
    }
    return options;
  }

  private void opened(RedisConnection opened) {
    attempting = false;
    reconnecting = false;
    if (stopped) {
      closeClient();
      return;
    }
    connection = opened;
    reason = "";
    refusedCredentials = false;
    openedAt = clock.getAsLong();
    opened.exceptionHandler(failure -> lost(opened, transport.reason(failure)));
    opened.endHandler(end -> lost(opened, "the connection was closed"));
    LOG.atLevel(isConfigured() ? Level.INFO : Level.DEBUG)
        .addKeyValue(LogKey.REDIS, endpoint)
        .log("connected to Redis");
    owner.connected(opened);
  }

  /**
   * Whether this is the link to the configured database. Only its events are worth an INFO or a
   * WARN: links to other databases come and go with their use, and fail when this one does.
   */
  private boolean isConfigured() {
    return endpoint.equals(redis.endpoint());
  }

  private void failed(Throwable failure) {
    attempting = false;
    reconnecting = false;
    refusedCredentials = RedisError.isRefusal(failure);
    asksForPassword = RedisError.asksForPassword(failure);
    down(transport.reason(failure), false);
  }

  private void lost(RedisConnection which, String why) {
    if (which == connection) {
      connection = null;
      long upMs = clock.getAsLong() - openedAt;
      if (upMs >= redis.backoffMax().toMillis()) {
        backoff.reset();
      }
      down(why, Backoff.isNeedless(upMs));
    }
  }

  /** Closes the connection, because it cannot be used any more. */
  void abandon(String why) {
    if (connection != null) {
      lost(connection, why);
    }
  }

  /**
   * Another server may be at the address now. Closes the connection, or ends the attempt under way,
   * and makes another at once, without a backoff.
   */
  void renew(String why) {
    if (connection != null) {
      abandon(why);
    } else if (attempting) {
      closeClient();
      attempting = false;
    }
    attempt();
  }

  private void down(String why, boolean reconnect) {
    closeClient();
    if (stopped) {
      return;
    }
    endedAt = clock.getAsLong();
    boolean news = isConfigured() && !why.equals(reason);
    reason = why;
    long delay = reconnect ? 0 : delay();
    LOG.atLevel(news ? Level.WARN : Level.DEBUG)
        .addKeyValue(LogKey.REDIS, endpoint)
        .addKeyValue(LogKey.REASON, why)
        .addKeyValue(LogKey.RETRY_MS, delay)
        .log("no connection to Redis");
    if (reconnect) {
      reconnecting = true;
      attempt();
    } else {
      timer = vertx.setTimer(delay, id -> attempt());
    }
    owner.down(why);
  }

  private long delay() {
    return refusedCredentials ? redis.backoffMax().toMillis() + 1 : backoff.next();
  }

  private void cancelTimer() {
    if (timer != NO_TIMER) {
      vertx.cancelTimer(timer);
      timer = NO_TIMER;
    }
  }

  /** Closes the connection for good. */
  Future<Void> stop() {
    stopped = true;
    connection = null;
    cancelTimer();
    return closeClient();
  }

  private Future<Void> closeClient() {
    return client == null ? Future.succeededFuture() : client.close();
  }
}
