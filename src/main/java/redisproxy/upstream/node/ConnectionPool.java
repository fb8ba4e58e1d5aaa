package redisproxy.upstream.node;

import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.Map;
import org.jspecify.annotations.Nullable;
import redisproxy.command.Pin;
import redisproxy.metrics.Connections;

/**
 * The dedicated connections that sessions borrow. Opens one when a session needs one, none is idle
 * and there is room; else the session waits. {@link Pool} keeps the books. Belongs to one event
 * loop.
 *
 * <p>All connections are of the same user: the proxy's own, or Redis's default user where Redis
 * requires no password.
 */
public final class ConnectionPool {
  /** A session that wants a connection. Exactly one of the methods is called, once. */
  public interface Borrower {
    /** The session's database. */
    int db();

    /** Whether the session speaks RESP3. */
    boolean isResp3();

    /** The session has a connection now. Bytes written before it is connected wait. */
    void granted(DedicatedConnection connection);

    /** No connection was free in time. */
    void expired();
  }

  /**
   * How long a connection stays idle, in checks: ten seconds, as long as a verdict on credentials
   * is valid.
   */
  private static final int MAX_IDLE = 10;

  private static final long CHECK_MS = 1_000;

  /** A session in the books. */
  private final class Entry implements Pool.Borrower<DedicatedConnection> {
    private final Borrower session;
    private boolean granted;
    private long timer = -1;

    Entry(Borrower session) {
      this.session = session;
    }

    void startWaiting() {
      if (!granted) {
        waiting.put(session, this);
        timer = vertx.setTimer(maxWaitMillis, id -> expired());
      }
    }

    @Override
    public boolean suits(DedicatedConnection idle) {
      return idle.db() == session.db() && idle.isResp3() == session.isResp3();
    }

    @Override
    public void granted(@Nullable DedicatedConnection idle) {
      granted = true;
      stopWaiting();
      session.granted(idle == null ? open() : idle);
    }

    private void expired() {
      waiting.remove(session);
      if (pool.leave(this)) {
        session.expired();
      }
    }

    void stopWaiting() {
      if (timer >= 0) {
        vertx.cancelTimer(timer);
        waiting.remove(session);
      }
    }
  }

  private final Vertx vertx;
  private final DedicatedConnections connections;
  private final Pool<DedicatedConnection> pool;

  private final long maxWaitMillis;

  /** The sessions that wait. */
  private final Map<Borrower, Entry> waiting = new HashMap<>();

  /** How often the connections were renewed. */
  private int renewals;

  /** The last connection could be made. */
  private boolean reachable;

  /** A connection is being opened in advance. */
  private boolean warming;

  /** How many checks of idle connections there were. */
  private long checks;

  /** The next check is scheduled. */
  private boolean checking;

  /**
   * An empty pool.
   *
   * @param max how many connections may be lent and idle together; pinned ones do not count
   * @param maxWaitMillis how long a session waits for one
   */
  ConnectionPool(Vertx vertx, DedicatedConnections connections, int max, long maxWaitMillis) {
    this.vertx = vertx;
    this.connections = connections;
    this.maxWaitMillis = maxWaitMillis;
    this.pool = new Pool<>(max, MAX_IDLE, () -> checks);
  }

  /**
   * Lends a connection to a session: within this call, or when one is free.
   *
   * @param isUrgent whether the session does not wait, although the pool may be full
   */
  public void borrow(Borrower session, boolean isUrgent) {
    Entry entry = new Entry(session);
    if (isUrgent) {
      pool.borrowUrgently(entry);
    } else {
      pool.borrow(entry);
      entry.startWaiting();
    }
    warm();
  }

  /** A session does not wait any more. */
  public void leave(Borrower session) {
    Entry entry = waiting.get(session);
    if (entry != null) {
      entry.stopWaiting();
      pool.leave(entry);
    }
  }

  private DedicatedConnection open() {
    DedicatedConnection opened = new DedicatedConnection(this, renewals);
    opened.redis(connections.openPooled(opened));
    return opened;
  }

  /**
   * Opens a connection in advance if none is idle. The first request of the next session then
   * leaves at once, and no request of another client overtakes it.
   */
  private void warm() {
    if (reachable && !warming && pool.mayWarm()) {
      warming = true;
      pool.warm();
      open().warm();
    }
  }

  /** A connection is connected. */
  void connected() {
    reachable = true;
    warm();
  }

  /** A connection could not be made. */
  void unreachable() {
    reachable = false;
  }

  /** A connection that was opened in advance is ready, or is closed. */
  void warmed() {
    warming = false;
  }

  /** Idle connections are closed, and those that are lent are closed when they are given back. */
  void renew() {
    renewals++;
    pool.takeIdle().forEach(DedicatedConnection::close);
  }

  // For the connections

  void pin(Pin before, Pin now) {
    pool.pin(before, now);
    pool.takeExcess().forEach(DedicatedConnection::close);
  }

  /** Whether the pool keeps the connection. */
  boolean giveBack(DedicatedConnection connection) {
    if (connection.renewal() != renewals || !connection.isConnected()) {
      pool.closed(Pin.NONE);
      return false;
    }
    boolean isKept = pool.giveBack(connection);
    checkLater();
    return isKept;
  }

  void closed(Pin pin) {
    pool.closed(pin);
  }

  void idleClosed(DedicatedConnection connection) {
    pool.idleClosed(connection);
  }

  // Time

  private void checkLater() {
    if (!checking && pool.idle() > 0) {
      checking = true;
      vertx.setTimer(CHECK_MS, id -> check());
    }
  }

  private void check() {
    checking = false;
    checks++;
    pool.takeOld().forEach(DedicatedConnection::close);
    checkLater();
  }

  /** Counts the connections by their use, and the sessions that wait. */
  void countIn(Connections counts) {
    counts.use(Connections.Use.BORROWED, pool.lent());
    counts.use(Connections.Use.IDLE, pool.idle());
    for (Pin pin : Pin.values()) {
      if (pin != Pin.NONE) {
        counts.use(Connections.Use.valueOf(pin.name()), pool.pinned(pin));
      }
    }
    counts.waiting(pool.waiting());
  }
}
