package redisproxy.front.resp;

import java.security.SecureRandom;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicLong;
import org.jspecify.annotations.Nullable;

/**
 * Maps the ids of sessions to the ids of their connections to Redis. A session keeps its id for
 * life, with or without a connection, but Redis's ids belong to connections. So clients see the
 * proxy's ids wherever Redis would send its own, and may use them wherever Redis accepts an id.
 *
 * <p>An id of the proxy is {@code 2^52 + r * 2^32 + n}. No Redis reaches such a number. JavaScript
 * represents it exactly, because it is below 2^53. It differs between proxies, because {@code r} is
 * random.
 *
 * <p>Shared by all instances of the RESP verticle. Thread-safe.
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

  /** What one session may do to another. May be called from any thread. */
  interface Session {
    /** Closes the session. */
    void kill();

    /** Opens a dedicated connection, unless there is one, and keeps it for good. */
    void connect();
  }

  /** A session, as other sessions see it. */
  final class Client {
    private final long id;
    private final Session session;

    /** Redis's id of its connection; 0 without a connection or while the id is unknown. */
    private volatile long connection;

    /** The session has its connection for good. */
    private volatile boolean keeps;

    /** Another session has used the id of the connection. */
    private boolean claimed;

    private final Queue<Runnable> waiting = new ConcurrentLinkedQueue<>();

    private Client(long id, Session session) {
      this.id = id;
      this.session = session;
    }

    long id() {
      return id;
    }

    /** The table that contains this session. */
    ClientIds all() {
      return ClientIds.this;
    }

    /** Redis has sent the id of the session's connection. */
    void connected(long redisId) {
      connect(redisId);
      runWaiting();
    }

    private synchronized void connect(long redisId) {
      if (connection != redisId) {
        disconnected();
        connection = redisId;
        byConnection.put(redisId, id);
      }
    }

    /** Runs the tasks that wait for the connection's id, if the id is known. */
    void runWaiting() {
      for (Runnable next = next(); next != null; next = next()) {
        next.run();
      }
    }

    private @Nullable Runnable next() {
      return connection == 0 || !keeps ? null : waiting.poll();
    }

    /** The session's connection has ended, or the session uses it no more. */
    synchronized void disconnected() {
      if (connection != 0) {
        byConnection.remove(connection, id);
        connection = 0;
      }
      claimed = false;
    }

    /**
     * The session is about to give its connection back.
     *
     * @return false if another session has used the connection's id: Redis may still execute that
     *     request, so no other session may get the connection
     */
    synchronized boolean mayGiveBack() {
      boolean may = !claimed;
      disconnected();
      return may;
    }

    /** Redis's id of the connection, or 0. The connection is not given to another session now. */
    private synchronized long claim() {
      claimed = true;
      return connection;
    }

    /** The session keeps its connection for good. */
    void keeps() {
      keeps = true;
    }

    /** The session has ended. */
    void close() {
      disconnected();
      clients.remove(id);
    }

    void kill() {
      session.kill();
    }

    /** Opens a connection to Redis. The task runs when its id is known, on any thread. */
    void connect(Runnable connected) {
      waiting.add(connected);
      session.connect();
    }
  }

  /** Adds a session, with a new id. */
  Client open(Session session) {
    long id = base + (counter.incrementAndGet() & (1L << COUNTER_BITS) - 1);
    Client client = new Client(id, session);
    clients.put(id, client);
    return client;
  }

  /** The session with this id, or null if this proxy has none. */
  @Nullable Client client(long id) {
    return id < FIRST ? null : clients.get(id);
  }

  /** The id of a session's connection in Redis, or the given id if there is none. */
  long toRedis(long id) {
    Client client = client(id);
    return client == null || client.connection == 0 ? id : client.connection;
  }

  /**
   * Like {@link #toRedis}, for a request that changes that connection. The connection will not be
   * given to another session.
   */
  long claim(long id) {
    Client client = client(id);
    long connection = client == null ? 0 : client.claim();
    return connection == 0 ? id : connection;
  }

  /** Whether the session has its connection to Redis for good, and its id is known. */
  boolean keepsConnection(long id) {
    Client client = client(id);
    return client != null && client.keeps && client.connection != 0;
  }

  /** Whether the session has a connection to Redis whose id is known. */
  boolean isConnected(long id) {
    return toRedis(id) != id;
  }

  /** The id of the session with this connection, or the given id if no session has it. */
  long toClient(long redisId) {
    return byConnection.getOrDefault(redisId, redisId);
  }
}
