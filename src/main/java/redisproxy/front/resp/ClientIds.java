package redisproxy.front.resp;

import java.security.SecureRandom;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * The ids of sessions, and of their connections to Redis. A session keeps its id for life, whether
 * or not it has a connection; Redis's own ids are those of connections. So clients are told the
 * proxy's ids wherever Redis would tell its own, and may use them wherever Redis takes one.
 *
 * <p>An id of the proxy is {@code 2^52 + r * 2^32 + n}: one that no Redis reaches, that JavaScript
 * holds exactly (it is below 2^53), and that differs between proxies, for {@code r} is random.
 *
 * <p>Shared by all instances of the RESP verticle; safe for use by many threads.
 */
public final class ClientIds {
  private static final long FIRST = 1L << 52;
  private static final int COUNTER_BITS = 32;
  private static final int RANDOM_BITS = 20;

  private final long base =
      FIRST + ((long) new SecureRandom().nextInt(1 << RANDOM_BITS) << COUNTER_BITS);
  private final AtomicLong counter = new AtomicLong();

  private final Map<Long, Client> clients = new ConcurrentHashMap<>();
  private final Map<Long, Long> byConnection = new ConcurrentHashMap<>();

  /** What is done to a session on behalf of another; may be called from any thread. */
  interface Session {
    /** Closes it. */
    void kill();

    /** Opens its connection to Redis, unless there is one. */
    void connect();
  }

  /** One session, as far as others know it. */
  final class Client {
    private final long id;
    private final Session session;

    /** The id of its connection; 0 while there is none, or it is not known. */
    private volatile long connection;

    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    private Client(long id, Session session) {
      this.id = id;
      this.session = session;
    }

    long id() {
      return id;
    }

    /** The table it is in. */
    ClientIds all() {
      return ClientIds.this;
    }

    /** Redis has told the id of its connection. */
    void connected(long redisId) {
      disconnected();
      connection = redisId;
      byConnection.put(redisId, id);
      tellWaiting();
    }

    /** Tells those that wait for its connection, if its id is known. */
    void tellWaiting() {
      for (Runnable next = next(); next != null; next = next()) {
        next.run();
      }
    }

    private @Nullable Runnable next() {
      return connection == 0 ? null : waiting.poll();
    }

    /** Its connection has ended. */
    void disconnected() {
      if (connection != 0) {
        byConnection.remove(connection, id);
        connection = 0;
      }
    }

    /** The session has ended. */
    void close() {
      disconnected();
      clients.remove(id);
    }

    void kill() {
      session.kill();
    }

    /** Opens a connection to Redis; the task is run when its id is known, on whatever thread. */
    void connect(Runnable connected) {
      waiting.add(connected);
      session.connect();
    }
  }

  /** Gives a session an id. */
  Client open(Session session) {
    long id = base + (counter.incrementAndGet() & (1L << COUNTER_BITS) - 1);
    Client client = new Client(id, session);
    clients.put(id, client);
    return client;
  }

  /** The session with this id, or null: the id is no session's of this proxy. */
  @Nullable Client client(long id) {
    return id < FIRST ? null : clients.get(id);
  }

  /** The id that Redis knows a session by; where there is none, what was given. */
  long toRedis(long id) {
    Client client = client(id);
    return client == null || client.connection == 0 ? id : client.connection;
  }

  /** Whether Redis knows this session. */
  boolean isConnected(long id) {
    return toRedis(id) != id;
  }

  /** The id that clients know a connection by; that of Redis where it is no session's. */
  long toClient(long redisId) {
    return byConnection.getOrDefault(redisId, redisId);
  }
}
