package redisproxy.upstream.node;

import io.netty.buffer.ByteBuf;
import io.vertx.core.Vertx;
import java.util.function.Consumer;
import java.util.function.Function;
import java.util.function.LongConsumer;
import redisproxy.command.Writes;
import redisproxy.config.Settings;
import redisproxy.metrics.Tally;

/**
 * The shared connections of one front: one for each version of RESP. They carry requests to the
 * configured database that leave no state on the connection and have short replies. Belongs to one
 * event loop.
 */
public final class SharedConnections {
  private final Function<Boolean, SharedConnection> open;
  private final LongConsumer moved;
  private SharedConnection resp2;
  private SharedConnection resp3;
  private int renewals;

  /** Redis refused a write over a connection in use, and has accepted none since. */
  private boolean refusesWrites;

  /**
   * Create it on the event loop that will use it.
   *
   * @param invalidate drops the written keys, before the session that wrote them gets its reply
   * @param moved is called when Redis accepts writes again after it refused them, before the
   *     session that wrote gets its reply. Another server may accept them than the one that older
   *     connections lead to. Receives the time when the connection was begun, by {@link
   *     System#nanoTime}
   * @param tally counts the answered requests
   */
  public SharedConnections(
      Vertx vertx,
      Settings.Redis redis,
      DedicatedConnections.Opener opener,
      Consumer<Writes> invalidate,
      LongConsumer moved,
      Tally tally) {
    this.moved = moved;
    this.open =
        isResp3 -> new SharedConnection(vertx, redis, opener, isResp3, invalidate, this, tally);
    renew();
  }

  /** Requests from now on go over new connections; the old ones close when they are unused. */
  public void renew() {
    resp2 = open.apply(false);
    resp3 = open.apply(true);
    renewals++;
    refusesWrites = false;
  }

  /**
   * Redis refuses writes over a connection. It may have been the master, and its address may lead
   * to the new master now, so the connection is replaced. A connection that was begun a moment ago
   * is not replaced: a permanent replica would otherwise cause a reconnect for every write.
   *
   * @param hasLasted whether the connection was begun more than a moment ago
   * @return whether requests from now on go over another connection
   */
  boolean writesRefused(SharedConnection connection, boolean hasLasted) {
    boolean isInUse = connection == resp2 || connection == resp3;
    refusesWrites |= isInUse;
    if (hasLasted && isInUse) {
      renewals++;
      if (connection == resp2) {
        resp2 = open.apply(false);
      } else {
        resp3 = open.apply(true);
      }
    }
    return hasLasted;
  }

  /**
   * Redis accepted a write. Called before the session that wrote gets its reply.
   *
   * @param openedAt when the connection was begun, by {@link System#nanoTime}
   */
  void writesTaken(long openedAt) {
    if (refusesWrites) {
      refusesWrites = false;
      moved.accept(openedAt);
    }
  }

  /**
   * Changes when requests begin to go over another connection. Redis may read the old and the new
   * connection in any order.
   */
  public int renewals() {
    return renewals;
  }

  /**
   * Copies and sends a request. Its receiver is called later, once.
   *
   * @return false if there is no room for it now; then the receiver is not called
   */
  public boolean send(
      boolean isResp3,
      ByteBuf request,
      int start,
      int end,
      Writes writes,
      Call.Receiver receiver,
      int ticket) {
    return (isResp3 ? resp3 : resp2).send(request, start, end, writes, receiver, ticket);
  }
}
