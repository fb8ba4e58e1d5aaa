package redisproxy.upstream.load;

import io.vertx.core.Vertx;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.upstream.connection.Transport;

/**
 * Opens streams of values too large for the cache, each over a connection to Redis of its own.
 * Belongs to one event loop; the permits are shared by all of them.
 */
public final class ValueStreams {
  private final Vertx vertx;
  private final Transport transport;
  private final Semaphore permits;
  private final Consumer<Key> seen;

  /**
   * To be made on the event loop that will use it.
   *
   * @param permits how many streams may be open at once
   * @param seen is told of a key before the sink is told anything that Redis has said of it: that
   *     may be newer than what the feed has told, so nothing older is to be served behind it
   */
  public ValueStreams(Vertx vertx, Transport transport, Semaphore permits, Consumer<Key> seen) {
    this.vertx = vertx;
    this.transport = transport;
    this.permits = permits;
    this.seen = seen;
  }

  /** Asks Redis for a key's value and streams it to the sink. */
  public void open(Key key, ValueStream.Sink sink) {
    if (!permits.tryAcquire()) {
      sink.failed(new Failure(Failure.Kind.OVERLOADED, "too many large values are being streamed"));
      return;
    }
    new ValueStream(vertx, transport, key, sink, seen, permits::release).open();
  }
}
