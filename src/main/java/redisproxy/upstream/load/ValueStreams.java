package redisproxy.upstream.load;

import io.vertx.core.Vertx;
import java.util.concurrent.Semaphore;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.Read;
import redisproxy.upstream.connection.Transport;

/**
 * Opens streams of values too large for the cache, each over a new connection to Redis. Belongs to
 * one event loop; all event loops share the permits.
 */
public final class ValueStreams {
  private final Vertx vertx;
  private final Transport transport;
  private final Semaphore permits;
  private final Consumer<Key> seen;

  /**
   * Create it on the event loop that will use it.
   *
   * @param permits how many streams may be open at once
   * @param seen receives a key before the sink gets Redis's reply for it. The reply may be newer
   *     than the last invalidation from the feed, so no older value may be served after it
   */
  public ValueStreams(Vertx vertx, Transport transport, Semaphore permits, Consumer<Key> seen) {
    this.vertx = vertx;
    this.transport = transport;
    this.permits = permits;
    this.seen = seen;
  }

  /** Asks Redis for a key's value and streams it to the sink. */
  public void open(Key key, ValueStream.Sink sink) {
    open(key, null, sink);
  }

  /**
   * Sends a read of a key to Redis, and streams the reply to the sink.
   *
   * @param read null for GET
   */
  public void open(Key key, @Nullable Read read, ValueStream.Sink sink) {
    if (read != null) {
      // Without the cache, the client would have a connection of its own for it.
      new ValueStream(vertx, transport, key, read, sink, seen, () -> {}).open();
      return;
    }
    if (!permits.tryAcquire()) {
      sink.failed(new Failure(Failure.Kind.OVERLOADED, "too many large values are being streamed"));
      return;
    }
    new ValueStream(vertx, transport, key, read, sink, seen, permits::release).open();
  }
}
