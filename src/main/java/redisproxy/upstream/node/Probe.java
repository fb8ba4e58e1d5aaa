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
 * Asks a Redis server whether it still lets the proxy in, and whether it is still the master. Its
 * connections do not show either: Redis keeps those that it accepted before a password was set, and
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
 * <p>A replica that was never a master here is read on purpose. Shared connections notice a change
 * as well: when writes are taken again that were refused, another server may take them. Belongs to
 * the loader's event loop.
 */
public final class Probe {
  /** Is told of what has been found. */
  public interface Owner {
    /** Redis lets in a client without a password. */
    void admitted();

    /** Redis asks for a password, and the proxy has none. */
    void refused();

    /** Access may have changed, and Redis did not say in time what holds now. */
    void accessUnknown();

    /**
     * A connection led to a master, and the one that is read from may lead to another server.
     *
     * @param openedAt when that connection was begun, by {@link System#nanoTime}
     * @return whether connections are made anew for it
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

  /** How often the role is asked for, in milliseconds. */
  private static final long ROLE_MS = 1_000;

  /** How many heartbeats of the feed lie between two questions about access. */
  private static final int HEARTBEATS = 10;

  /**
   * How often a master may be found in vain. Then the address leads to several servers, for good,
   * and a replica is as good as any other.
   */
  private static final int MAX_VAIN = 3;

  private final Vertx vertx;
  private final Transport transport;
  private final LongSupplier clock;
  private final Owner owner;
  private final Backoff backoff;

  /** The connection whose server is asked for its role; null if that server does not tell it. */
  private @Nullable RedisConnection watched;

  private Future<?> roleAsked = Future.succeededFuture();
  private Role role = Role.UNKNOWN;

  /** How often a master was found since, and then a replica was read again. */
  private int vain;

  private long seekAt = Long.MIN_VALUE;

  /** A question over a new connection has no answer yet. */
  private boolean asking;

  /** Those wait for an answer to a question that is asked after they came. */
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

  /** Begins to ask. Access only where the proxy has no password: else Redis judges each client. */
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
   * Access may have changed: asks what holds now.
   *
   * @return ends when the owner knows what holds, or knows that nobody does: within {@code
   *     redis.load-timeout}; never fails
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

  /** HELLO may be forbidden to a user that is let in, or unknown to an old server. */
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

  private void tellAccess(Access access, List<Promise<Void>> asked) {
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

  /** The loader has a new connection, and will hear nothing over the one before. */
  void connected(RedisConnection connection) {
    watched = connection;
    roleAsked = Future.succeededFuture();
  }

  private void askRole() {
    RedisConnection connection = watched;
    if (connection != null && roleAsked.isComplete()) {
      roleAsked =
          Server.role(connection)
              .onComplete(said -> said(connection, said), refused -> leaveAlone(connection));
    }
  }

  private void said(RedisConnection connection, String said) {
    if (connection == watched) {
      roleSaid(said);
    }
  }

  /** It would refuse each time. */
  private void leaveAlone(RedisConnection connection) {
    if (connection == watched) {
      watched = null;
    }
  }

  /** What the server that is read says that it is; empty if it does not say. */
  void roleSaid(String said) {
    if (said.equals(Server.MASTER)) {
      role = Role.MASTER;
      vain = 0;
      backoff.reset();
    } else if (role != Role.UNKNOWN && vain < MAX_VAIN && !said.isEmpty()) {
      noteDemotion();
      seekMaster();
    }
  }

  private void noteDemotion() {
    if (role != Role.DEMOTED) {
      role = Role.DEMOTED;
      LOG.atWarn()
          .addKeyValue(LogKey.REDIS, transport.redis().endpoint())
          .log("Redis was a master and is a replica now: another is looked for at its address");
    }
  }

  /** The address may lead to another server now. What is read from is left only for a master. */
  private void seekMaster() {
    long now = clock.getAsLong();
    if (!asking && now >= seekAt) {
      seekAt = now + backoff.next();
      ask();
    }
  }

  /**
   * A shared connection that took no writes, or one in its place, takes them again.
   *
   * @param openedAt when it was begun, by {@link System#nanoTime}
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
   * Redis has answered.
   *
   * @param reply empty if it has not
   */
  private void answered(String reply, long openedAt, List<Promise<Void>> asked) {
    asking = false;
    if (hasNoPassword()) {
      tellAccess(access(reply), asked);
    }
    boolean isFound = role == Role.DEMOTED && vain < MAX_VAIN && Server.saysMaster(reply);
    if (isFound && owner.masterFound(openedAt)) {
      vain++;
    }
    if (!waiting.isEmpty()) {
      ask();
    }
  }
}
