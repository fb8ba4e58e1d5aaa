package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import io.vertx.redis.client.RedisConnection;
import java.util.function.LongPredicate;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.log.LogKey;

/**
 * Watches whether the server that is read is still the master it was. One that has been demoted
 * goes on answering who is connected to it, and where nobody writes nobody notices. So it is asked
 * each second, and when it has become a replica, connections are made until one leads to a master.
 * Replicas that are read on purpose have never been masters here. Belongs to the loader's event
 * loop.
 */
final class MasterWatch {
  private static final Logger LOG = LoggerFactory.getLogger(MasterWatch.class);

  private static final long PERIOD_MS = 1_000;

  /** Then the address leads to several servers, for good, and a replica is as good as any other. */
  private static final int MOST_VAIN = 3;

  private final Transport transport;
  private final LongSupplier clock;
  private final LongPredicate moved;
  private final Backoff backoff;

  /** Whose role is watched, or null: there is none, or it does not tell. */
  private @Nullable RedisConnection watched;

  private Future<?> asked = Future.succeededFuture();
  private long askedAt;

  /** The address has led to a master. */
  private boolean hadMaster;

  /** How often it was left in vain: the address led to a master, and then to a replica again. */
  private int vain;

  private boolean demoted;
  private boolean seeking;
  private long seekAt = Long.MIN_VALUE;

  /**
   * Watches nothing yet.
   *
   * @param clock milliseconds, monotonic
   * @param moved is told when a master was reached where a replica is read, and when that was
   *     begun, by {@link System#nanoTime}; tells whether the connection is made anew for it
   */
  MasterWatch(Transport transport, LongSupplier clock, LongPredicate moved) {
    this.transport = transport;
    this.clock = clock;
    this.moved = moved;
    this.backoff = new Backoff(transport.redis().backoffMax().toMillis());
  }

  /** There is a connection, and nothing to hope for from the one before. */
  void connected(RedisConnection connection) {
    watched = connection;
    asked = Future.succeededFuture();
    askedAt = clock.getAsLong();
  }

  /** To be called several times a second. */
  void check() {
    RedisConnection connection = watched;
    long now = clock.getAsLong();
    if (connection != null && asked.isComplete() && now - askedAt >= PERIOD_MS) {
      askedAt = now;
      asked =
          Server.role(connection)
              .onComplete(role -> told(connection, role), refused -> leaveAlone(connection));
    }
  }

  /** It would refuse each time. */
  private void leaveAlone(RedisConnection connection) {
    if (connection == watched) {
      watched = null;
    }
  }

  /** What the server at the other end says that it is. */
  void told(RedisConnection connection, String role) {
    if (connection != watched) {
      return;
    }
    if (role.equals(Server.MASTER)) {
      hadMaster = true;
      demoted = false;
      vain = 0;
      backoff.reset();
    } else if (hadMaster && vain < MOST_VAIN && !role.isEmpty()) {
      noteDemotion();
      seek();
    }
  }

  private void noteDemotion() {
    if (!demoted) {
      demoted = true;
      LOG.atWarn()
          .addKeyValue(LogKey.REDIS, transport.redis().endpoint())
          .log("Redis was a master and is a replica now: another is looked for at its address");
    }
  }

  /** The address may lead to another server now. What is read from is left only for a master. */
  private void seek() {
    long now = clock.getAsLong();
    if (seeking || now < seekAt) {
      return;
    }
    seeking = true;
    seekAt = now + backoff.next();
    long openedAt = System.nanoTime();
    Buffer hello = Greeting.hello(transport.redis(), 2);
    OneOff.ask(transport, hello)
        .onComplete(
            reply -> {
              seeking = false;
              vain += Server.saysMaster(reply) && moved.test(openedAt) ? 1 : 0;
            },
            failure -> seeking = false);
  }
}
