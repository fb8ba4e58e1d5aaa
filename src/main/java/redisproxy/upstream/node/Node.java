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
 * One Redis server as the sessions of an event loop reach it: over connections that they share,
 * over connections of their own, and over one for each large value. Belongs to that event loop.
 */
public final class Node {
  /**
   * What the cache has to know of what is said with the server.
   *
   * @param invalidate drops what was written, before the session that wrote it is told
   * @param seen is told of a key before a session is told anything of its value that did not come
   *     through the cache
   * @param moved is told when writes are taken again that were not: it may be another server that
   *     takes them. Is given when the connection to it was begun, by {@link System#nanoTime}
   * @param tally counts requests that were answered over a shared connection
   */
  public record Observers(
      Consumer<Writes> invalidate, Consumer<Key> seen, LongConsumer moved, Tally tally) {}

  private final DedicatedConnections dedicated;
  private final SharedConnections shared;
  private final Queries queries;
  private final ValueStreams largeValues;

  /**
   * Opens nothing yet. To be made on the event loop that will use it.
   *
   * @param memo replies that are the same for all sessions, shared by all event loops
   * @param streamPermits how many large values may be under way, shared by all event loops
   * @param maxPendingBytes of a connection's requests that have not left, and of a reply to a query
   */
  public Node(
      Vertx vertx,
      Transport transport,
      Memo memo,
      Semaphore streamPermits,
      int maxPendingBytes,
      Observers observers) {
    Settings.Redis redis = transport.redis();
    dedicated = new DedicatedConnections(vertx, transport, maxPendingBytes);
    shared =
        new SharedConnections(
            vertx,
            redis,
            dedicated::openShared,
            observers.invalidate(),
            observers.moved(),
            observers.tally());
    queries = new Queries(vertx, redis, dedicated::openShared, memo, maxPendingBytes);
    largeValues = new ValueStreams(vertx, transport, streamPermits, observers.seen());
  }

  /** Connections of one session each. */
  public DedicatedConnections dedicated() {
    return dedicated;
  }

  /** Connections that carry short requests of all sessions. */
  public SharedConnections shared() {
    return shared;
  }

  /** What is the same for all sessions. */
  public Queries queries() {
    return queries;
  }

  /** Values too large for the cache. */
  public ValueStreams largeValues() {
    return largeValues;
  }

  /**
   * Who may do what without logging in may have changed: a connection that was opened before is not
   * for a session that comes now.
   */
  public void accessChanged() {
    dedicated.accessChanged();
  }

  /**
   * The address may lead to another server now: what is sent from now on goes over new connections.
   * Those there were end when nothing is under way on them.
   */
  public void renew() {
    dedicated.accessChanged();
    shared.renew();
    queries.renew();
  }

  /** Those that are open, and have been. */
  public Connections connections() {
    return dedicated.connections();
  }
}
