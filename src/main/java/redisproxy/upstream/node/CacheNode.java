package redisproxy.upstream.node;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisConnection;
import java.util.function.LongSupplier;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;
import redisproxy.upstream.Server;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.feed.Feed;
import redisproxy.upstream.load.Loader;

/**
 * One Redis server as the cache uses it: the loader of values, the feed of invalidations, and the
 * probe of its role and its access. {@link Node} is the same server as sessions use it. Belongs to
 * the cache verticle's event loop.
 *
 * @param <W> what waits for a load
 */
public final class CacheNode<W> {
  /** Receives news about the server. The same news may come more than once. */
  public interface Owner {
    /** The server's properties are known; comes once for each connection. */
    void known(Server server);

    /** Whether the server can be reached. */
    void reachable(boolean now);

    /** Whether the server lets the proxy in. */
    void admitted(boolean now);

    /** Connections made before must not be used any more, on any event loop. */
    void renewed();
  }

  private final Vertx vertx;
  private final Transport transport;
  private final Settings.Coherence coherence;
  private final LongSupplier clock;
  private final Owner owner;
  private final Loader<W> loader;
  private final Probe probe;

  /**
   * Opens nothing yet. Create it on the event loop that will use it.
   *
   * @param clock milliseconds, monotonic
   * @param readThrough receives the result of each load
   */
  public CacheNode(
      Vertx vertx,
      Transport transport,
      Settings settings,
      LongSupplier clock,
      ReadThrough<W> readThrough,
      Owner owner) {
    this.vertx = vertx;
    this.transport = transport;
    this.coherence = settings.coherence();
    this.clock = clock;
    this.owner = owner;
    this.loader =
        new Loader<>(
            vertx,
            transport,
            settings.cache().maxValueBytes(),
            clock,
            readThrough,
            new LoaderOwner());
    this.probe = new Probe(vertx, transport, clock, new ProbeOwner());
  }

  /**
   * Begins to connect, and to probe.
   *
   * @return completes when {@link Loader#start} does
   */
  public Future<Void> start() {
    probe.start(coherence);
    return loader.start();
  }

  /** Closes the loader's connections; loads in flight fail. */
  public Future<Void> stop() {
    return loader.stop();
  }

  public Loader<W> loader() {
    return loader;
  }

  public Probe probe() {
    return probe;
  }

  /** A feed of invalidations, not yet started. */
  public Feed feed(Feed.Owner feedOwner) {
    return new Feed(vertx, transport, coherence, clock, feedOwner);
  }

  private final class LoaderOwner implements Loader.Owner {
    @Override
    public void connected(RedisConnection connection) {
      owner.admitted(true);
      owner.reachable(true);
      probe.connected(connection);
    }

    @Override
    public void known(Server server) {
      probe.roleSaid(server.role());
      owner.known(server);
    }

    @Override
    public void lost(boolean isRefused) {
      owner.reachable(false);
      if (isRefused) {
        owner.admitted(false);
      }
    }
  }

  private final class ProbeOwner implements Probe.Owner {
    @Override
    public void admitted() {
      loader.admitted();
    }

    /** Redis would refuse a new connection of the proxy, so the open ones must not be used. */
    @Override
    public void refused() {
      disconnect("Redis requires a password");
    }

    /** Only a new connection shows whether Redis lets the proxy in. */
    @Override
    public void accessUnknown() {
      disconnect("Redis does not say whether it requires a password");
    }

    /** Clears the cache too: its values must not be served without access to Redis. */
    private void disconnect(String why) {
      if (loader.isConnected()) {
        loader.readThrough().invalidateAll();
        owner.admitted(false);
        renew(why);
      }
    }

    @Override
    public boolean masterFound(long openedAt) {
      boolean isNews = !loader.isBegunAfter(openedAt);
      if (isNews) {
        renew("another server may accept writes now");
      }
      return isNews;
    }

    private void renew(String why) {
      loader.renew(why);
      owner.renewed();
    }
  }
}
