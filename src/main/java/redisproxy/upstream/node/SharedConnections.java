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
 * The shared connections of one front: one for each version of RESP. For requests to the configured
 * database that leave no state behind on their connection and have short replies. Belongs to one
 * event loop.
 */
public final class SharedConnections {
  private final Function<Boolean, SharedConnection> open;
  private final LongConsumer moved;
  private SharedConnection resp2;
  private SharedConnection resp3;
  private int renewals;

  /** Redis refused a write over one of them, and took none since. */
  private boolean refusesWrites;

  /**
   * To be made on the event loop that will use it.
   *
   * @param invalidate has dropped what was written, before whoever wrote it is told
   * @param moved is told when writes are taken again that were not, before whoever wrote is: it may
   *     be another server that does than who began to connect sooner has found. Is given when the
   *     connection was begun, by {@link System#nanoTime}
   * @param tally counts what is answered
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

  /** What is sent from now on goes over new ones; those there were end when they are unused. */
  public void renew() {
    resp2 = open.apply(false);
    resp3 = open.apply(true);
    renewals++;
    refusesWrites = false;
  }

  /**
   * Redis takes no writes over a connection. It may have been the master, and its address may lead
   * to the new one. But one that is a replica for good is not connected to for every write.
   *
   * @param hasLasted whether the connection was not begun a moment ago
   * @return whether what is sent from now on goes over another one
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
   * Redis took a write. Comes before whoever wrote is told.
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
   * Changes when what is sent goes over another connection than before: the two may be read by
   * Redis in any order.
   */
  public int renewals() {
    return renewals;
  }

  /**
   * Sends a request, whose bytes are copied. Its receiver is told of it later, once.
   *
   * @return false when there is no room for it now; then nobody is told anything
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
