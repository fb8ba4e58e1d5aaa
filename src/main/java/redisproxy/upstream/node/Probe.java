package redisproxy.upstream.node;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.upstream.Server;
import redisproxy.upstream.connection.Backoff;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.SingleQuery;
import redisproxy.upstream.connection.Transport;

/**
 * Asks a Redis server whether it still lets the proxy in, and whether it is still the master. Open
 * connections show neither: Redis keeps connections that it accepted before a password was set, and
 * a demoted master goes on answering.
 *
 * <pre>
 *   asked, with HELLO            over                     when
 *   its role                     the loader's connection  each second
 *   whether it lets the proxy    a new connection         every ten heartbeats of the feed, and
 *   in without a password                                 when a command changed who may log in
 *   whether its address leads    a new connection         while the server is demoted, with a
 *   to a master now                                       backoff
 *
 *              says master             says replica
 *   UNKNOWN ────────────────▶ MASTER ────────────────▶ DEMOTED
 *                               ▲      says master        │
 *                               └─────────────────────────┘
 * </pre>
 *
 * <p>If the server has been a replica since the start, it is read on purpose. Shared connections
 * notice a change as well: when writes are accepted again after they were refused, another server
 * may accept them. Belongs to the loader's event loop.
 */
public final class Probe {
  /** Receives what the probe finds. */
  public interface Owner {
    /** Redis lets in a client without a password. */
    void admitted();

    /** Redis requires a password, and the proxy has none. */
    void refused();

    /** Access may have changed, and Redis did not answer in time whether it lets the proxy in. */
    void accessUnknown();

    /**
     * A connection led to a master. The loader's connection may lead to another server.
     *
     * @param openedAt when the connection to the master was begun, by {@link System#nanoTime}
     * @return whether connections are made anew because of it
     */
    boolean masterFound(long openedAt);
  }

  private enum Role {
    UNKNOWN,
    MASTER,
    DEMOTED
  }

  private enum Access {
    ADMITTED,
    REFUSED,
    UNKNOWN
  }

  private static final Logger LOG = LoggerFactory.getLogger(Probe.class);

  /** The time between two questions about the role, in milliseconds. */
  private static final long ROLE_MS = 1_000;

  /** How many heartbeats of the feed lie between two questions about access. */
  private static final int HEARTBEATS = 10;

  /**
   * How often the proxy may find a master, reconnect, and get a replica again. After that the
   * address leads to several servers permanently, and the proxy reads whichever it gets.
   */
  private static final int MAX_VAIN_RENEWALS = 3;

  private final Vertx vertx;
  private final Transport transport;
  private final LongSupplier clock;
  private final Owner owner;
  private final Backoff backoff;

  /** The connection whose server is asked for its role; null if that server does not report it. */
  private @Nullable RedisConnection watched;

  private Future<?> roleAsked = Future.succeededFuture();
  private Role role = Role.UNKNOWN;

  /** How often connections were renewed for a master since the loader last read from one. */
  private int vainRenewals;

  private long seekAt = Long.MIN_VALUE;

  /** A question over a new connection has no answer yet. */
  private boolean asking;

  /** Callers that wait for the answer to the next question, which is asked after they came. */
  private List<Promise<Void>> waiting = new ArrayList<>();

  /**
   * Asks nothing yet.
   *
   * @param clock milliseconds, monotonic
   */
  public Probe(Vertx vertx, Transport transport, LongSupplier clock, Owner owner) {
    this.vertx = vertx;
    this.transport = transport;
    this.clock = clock;
    this.owner = owner;
    this.backoff = new Backoff(transport.redis().backoffMax().toMillis());
  }

  /**
   * Begins to ask. Asks about access only if the proxy has no password: else Redis checks the
   * credentials of each client.
   */
  public void start(Settings.Coherence coherence) {
    vertx.setPeriodic(ROLE_MS, id -> askRole());
    if (hasNoPassword()) {
      vertx.setPeriodic(coherence.heartbeat().toMillis() * HEARTBEATS, id -> ask());
    }
  }

  private boolean hasNoPassword() {
    return transport.redis().password() == null;
  }

  // Access

  /**
   * Access may have changed: asks Redis.
   *
   * @return completes when the owner knows whether Redis lets the proxy in, or that this is
   *     unknown: within {@code redis.load-timeout}; never fails
   */
  public Future<Void> accessChanged() {
    if (!hasNoPassword()) {
      return Future.succeededFuture();
    }
    Promise<Void> known = transport.promise();
    waiting.add(known);
    ask();
    return known
        .future()
        .timeout(transport.redis().loadTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .recover(
            late -> {
              owner.accessUnknown();
              return Future.succeededFuture();
            });
  }

  /** An admitted user may still be forbidden to use HELLO, and an old server may not know it. */
  private static Access access(String reply) {
    if (reply.startsWith("-NOAUTH")) {
      return Access.REFUSED;
    }
    boolean isAdmitted =
        reply.startsWith("*")
            || reply.startsWith("-NOPERM")
            || reply.startsWith("-ERR unknown command");
    return isAdmitted ? Access.ADMITTED : Access.UNKNOWN;
  }

  private void reportAccess(Access access, List<Promise<Void>> asked) {
    switch (access) {
      case ADMITTED -> owner.admitted();
      case REFUSED -> owner.refused();
      case UNKNOWN -> {
        asked.forEach(each -> each.tryFail("Redis does not say"));
        return;
      }
    }
    asked.forEach(Promise::tryComplete);
  }

  // Role

  /** The loader has a new connection; no reply will come over the old one. */
  void connected(RedisConnection connection) {
    watched = connection;
    roleAsked = Future.succeededFuture();
  }

  private void askRole() {
    RedisConnection connection = watched;
    if (connection != null && roleAsked.isComplete()) {
      roleAsked =
          Server.role(connection)
              .onComplete(said -> said(connection, said), refused -> stopAsking(connection));
    }
  }

  private void said(RedisConnection connection, String said) {
    if (connection == watched) {
      roleSaid(said);
    }
  }

  /** The server would refuse each time. */
  private void stopAsking(RedisConnection connection) {
    if (connection == watched) {
      watched = null;
    }
  }

  /**
   * The server that the loader reads from has reported its role.
   *
   * @param said empty if it reported none
   */
  void roleSaid(String said) {
    if (said.equals(Server.MASTER)) {
      role = Role.MASTER;
      vainRenewals = 0;
      backoff.reset();
    } else if (role != Role.UNKNOWN && vainRenewals < MAX_VAIN_RENEWALS && !said.isEmpty()) {
      noteDemotion();
      seekMaster();
    }
  }

  private void noteDemotion() {
    if (role != Role.DEMOTED) {
      role = Role.DEMOTED;
      LOG.atWarn()
          .addKeyValue(LogKey.REDIS, transport.redis().endpoint())
          .log(
              "Redis was a master and is now a replica: looking for another master at its address");
    }
  }

  /** The address may lead to another server now. The loader leaves its server only for a master. */
  private void seekMaster() {
    long now = clock.getAsLong();
    if (!asking && now >= seekAt) {
      seekAt = now + backoff.next();
      ask();
    }
  }

  /**
   * A shared connection, or its replacement, accepts writes again after they were refused.
   *
   * @param openedAt when the connection was begun, by {@link System#nanoTime}
   */
  public void writesTaken(long openedAt) {
    owner.masterFound(openedAt);
  }

  // Both

  /** Asks over a new connection. */
  private void ask() {
    if (asking) {
      return;
    }
    asking = true;
    List<Promise<Void>> asked = waiting;
    waiting = new ArrayList<>();
    long openedAt = System.nanoTime();
    SingleQuery.ask(transport, Greeting.hello(transport.redis(), 2))
        .otherwise("")
        .onSuccess(reply -> answered(reply, openedAt, asked));
  }

  /**
   * The question has ended.
   *
   * @param reply empty if Redis did not answer
   */
  private void answered(String reply, long openedAt, List<Promise<Void>> asked) {
    asking = false;
    if (hasNoPassword()) {
      reportAccess(access(reply), asked);
    }
    boolean isFound =
        role == Role.DEMOTED && vainRenewals < MAX_VAIN_RENEWALS && Server.saysMaster(reply);
    if (isFound && owner.masterFound(openedAt)) {
      vainRenewals++;
    }
    if (!waiting.isEmpty()) {
      ask();
    }
  }
}
