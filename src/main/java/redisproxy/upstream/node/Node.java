package redisproxy.upstream.node;

import io.vertx.core.Vertx;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import redisproxy.cache.Key;
import redisproxy.command.Writes;
import redisproxy.config.Settings;
import redisproxy.metrics.Connections;
import redisproxy.metrics.Tally;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.load.ValueStreams;

/**
 * One Redis server as the sessions of one event loop use it: over shared connections, over
 * dedicated connections, and over one connection for each large value. Belongs to that event loop.
 */
public final class Node {
  /**
   * How the cache learns what passes between sessions and the server.
   *
   * @param invalidate drops the written keys, before the session that wrote them gets its reply
   * @param seen receives a key before a session gets any of its value that did not come through the
   *     cache
   * @param moved is called when Redis accepts writes again after it refused them: another server
   *     may accept them now. Receives the time when the connection to it was begun, by {@link
   *     System#nanoTime}
   * @param tally counts requests that were answered over a shared connection
   */
  public record Observers(
      Consumer<Writes> invalidate, Consumer<Key> seen, LongConsumer moved, Tally tally) {}

  private final DedicatedConnections dedicated;
  private final ConnectionPool pool;
  private final SharedConnections shared;
  private final Queries queries;
  private final ValueStreams largeValues;

  /**
   * Opens nothing yet. Create it on the event loop that will use it.
   *
   * @param lastReplies replies that are the same for all sessions, shared by all event loops
   * @param streamPermits how many large values may be under way, shared by all event loops
   * @param resp {@code resp.max-pending-bytes} limits a connection's requests that have not been
   *     sent, and the reply to a query
   */
  public Node(
      Vertx vertx,
      Transport transport,
      LastReplies lastReplies,
      Semaphore streamPermits,
      Settings.Resp resp,
      Observers observers) {
    Settings.Redis redis = transport.redis();
    int maxPendingBytes = resp.maxPendingBytes();
    dedicated = new DedicatedConnections(vertx, transport, maxPendingBytes);
    pool =
        new ConnectionPool(
            vertx,
            dedicated,
            Math.max(1, redis.maxConnections() / resp.instances()),
            redis.loadTimeout().toMillis());
    shared =
        new SharedConnections(
            vertx,
            redis,
            dedicated::openShared,
            observers.invalidate(),
            observers.moved(),
            observers.tally());
    queries = new Queries(vertx, redis, dedicated::openShared, lastReplies, maxPendingBytes);
    largeValues = new ValueStreams(vertx, transport, streamPermits, observers.seen());
  }

  /** Connections of one session each. */
  public DedicatedConnections dedicated() {
    return dedicated;
  }

  /** Dedicated connections that sessions borrow. */
  public ConnectionPool pool() {
    return pool;
  }

  /** Connections that carry short requests of all sessions. */
  public SharedConnections shared() {
    return shared;
  }

  /** Questions whose answers are the same for all sessions. */
  public Queries queries() {
    return queries;
  }

  /** Streams of values that are too large for the cache. */
  public ValueStreams largeValues() {
    return largeValues;
  }

  /**
   * The access rules may have changed for connections that are not logged in. New sessions must not
   * get a connection that was opened before.
   */
  public void accessChanged() {
    dedicated.accessChanged();
    pool.renew();
  }

  /**
   * The address may lead to another server now. Requests from now on go over new connections. The
   * old ones close when nothing is under way on them.
   */
  public void renew() {
    accessChanged();
    shared.renew();
    queries.renew();
  }

  /** Counts the connections that are open, and those that have been opened. */
  public Connections connections() {
    pool.countIn(dedicated.connections());
    return dedicated.connections();
  }
}
