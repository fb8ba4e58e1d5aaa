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
 * One Redis server as the cache reaches it: the loader of values, the feed of what is written, and
 * the probe of its role and its access. {@link Node} is the same server as clients reach it.
 * Belongs to the cache verticle's event loop.
 *
 * @param <W> who waits for a load
 */
public final class CacheNode<W> {
  /** Is told of the server. Each may be told the same again. */
  public interface Owner {
    /** What it is, each time there is a connection. */
    void known(Server server);

    /** Whether it is reached. */
    void reachable(boolean now);

    /** Whether it lets the proxy in. */
    void admitted(boolean now);

    /** Connections made before are not for use any more, whosever they are. */
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
   * Opens nothing yet. To be made on the event loop that will use it.
   *
   * @param clock milliseconds, monotonic
   * @param readThrough is told what becomes of each load
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
   * Begins to connect, and to ask.
   *
   * @return ends as {@link Loader#start} does
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

  /** A feed of what is written, not yet started. */
  public Feed feed(Feed.Owner toldTo) {
    return new Feed(vertx, transport, coherence, clock, toldTo);
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

    /** Redis would not let the proxy in any more, so it must not stay in. */
    @Override
    public void refused() {
      leave("Redis asks for a password");
    }

    /** Only a new connection shows whether Redis lets the proxy in. */
    @Override
    public void accessUnknown() {
      leave("Redis does not say whether it asks for a password");
    }

    /** What was read before must not be read through the proxy now. */
    private void leave(String why) {
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
        renew("another server may take the writes");
      }
      return isNews;
    }

    private void renew(String why) {
      loader.renew(why);
      owner.renewed();
    }
  }
}
