package redisproxy.upstream.load;

import io.vertx.core.Vertx;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import redisproxy.cache.Load;
import redisproxy.cache.Read;
import redisproxy.upstream.connection.Transport;

/**
 * Loads the replies to reads other than GET, byte for byte, over a raw connection for each database
 * and version of RESP in use. The Redis client parses a RESP3 reply and does not keep its bytes.
 *
 * <p>Belongs to the cache verticle's event loop.
 *
 * @param <W> a waiter
 */
final class ReplyLoader<W> {
  /** A connection that has not been used for so long is closed, in milliseconds. */
  private static final long IDLE_MS = 60_000;

  /** How many connections there may be. */
  private static final int MOST = 32;

  private final Vertx vertx;
  private final Transport transport;
  private final Loader<W> loader;

  /** By database, and by version of RESP. */
  private final Map<Integer, ReplyPipeline<W>> pipelines = new HashMap<>();

  ReplyLoader(Vertx vertx, Transport transport, Loader<W> loader) {
    this.vertx = vertx;
    this.transport = transport;
    this.loader = loader;
  }

  /** Starts a load. */
  void load(Load<W> load, Read read) {
    boolean isResp3 = read.has(Read.RESP3);
    int name = load.key().db() * 2 + (isResp3 ? 1 : 0);
    ReplyPipeline<W> pipeline = pipelines.get(name);
    if (pipeline == null) {
      if (pipelines.size() >= MOST) {
        pipelines.values().removeIf(idle -> idle.closeIfIdleFor(0));
      }
      if (pipelines.size() >= MOST) {
        loader.readThrough().failed(load, Loader.TOO_MANY_DATABASES, loader.now());
        return;
      }
      pipeline = new ReplyPipeline<>(vertx, transport, loader, load.key().db(), isResp3);
      pipelines.put(name, pipeline);
    }
    pipeline.load(load, read);
  }

  /** Fails the loads whose deadline is past, and closes connections that are not used. */
  void check() {
    for (ReplyPipeline<W> pipeline : List.copyOf(pipelines.values())) {
      pipeline.checkDeadlines();
    }
    pipelines.values().removeIf(pipeline -> pipeline.closeIfIdleFor(IDLE_MS));
  }

  /** Closes the connections: they may lead to another server than those made from now on. */
  void renew() {
    List.copyOf(pipelines.values()).forEach(ReplyPipeline::renew);
  }

  /** How many connections are open. */
  long connected() {
    return pipelines.values().stream().filter(ReplyPipeline::isOpen).count();
  }

  /** Closes all connections; loads in flight fail. */
  void stop() {
    List.copyOf(pipelines.values()).forEach(ReplyPipeline::stop);
  }
}
