package redisproxy.upstream.load;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisConnection;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Failure;
import redisproxy.cache.Load;
import redisproxy.cache.ReadThrough;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.upstream.Server;
import redisproxy.upstream.connection.Transport;

/**
 * Carries loads to Redis over one {@link Pipeline} for each database in use. That of the configured
 * database is held from start to end, and tells whether Redis can be reached; others are opened by
 * the first load and closed when unused. Belongs to the cache verticle's event loop.
 *
 * @param <W> who waits for a load
 */
public final class Loader<W> {
  /** Is told of the connection to the configured database. */
  public interface Owner {
    void connected(RedisConnection connection);

    /** What the server at its other end is. */
    void known(Server server);

    /**
     * An attempt failed, or the connection was lost.
     *
     * @param isRefused whether Redis refused the proxy's credentials
     */
    void lost(boolean isRefused);
  }

  private static final Logger LOG = LoggerFactory.getLogger(Loader.class);

  /**
   * How long a load waits at most for an attempt to connect that has just begun, in milliseconds.
   */
  private static final long HOLD_MS = 100;

  /** How long the start waits at most for the first attempt to connect, in milliseconds. */
  private static final long START_MS = 1_000;

  private final Vertx vertx;
  private final Transport transport;
  private final int database;
  private final long timeout;
  private final int maxValueBytes;
  private final LongSupplier clock;
  private final ReadThrough<W> readThrough;
  private final Pipeline<W> home;

  private final OtherPipelines<W> others;
  private final Owner owner;
  private final Promise<Void> tried = Promise.promise();
  private boolean everConnected;
  private long opened;

  /** Set for good when the server's access rules forbid GETRANGE to the proxy's user. */
  private boolean rangeForbidden;

  private boolean timeUnknown;

  /**
   * A loader, not yet started.
   *
   * @param maxValueBytes the longest value that is loaded whole
   * @param clock milliseconds, monotonic
   * @param readThrough is told what becomes of each load
   */
  public Loader(
      Vertx vertx,
      Transport transport,
      int maxValueBytes,
      LongSupplier clock,
      ReadThrough<W> readThrough,
      Owner owner) {
    this.vertx = vertx;
    this.transport = transport;
    this.database = transport.redis().endpoint().database();
    this.timeout = transport.redis().loadTimeout().toMillis();
    this.maxValueBytes = maxValueBytes;
    this.clock = clock;
    this.readThrough = readThrough;
    this.home = pipeline(database, new HomeOwner());
    this.others = new OtherPipelines<>(db -> pipeline(db, Link.Owner.NOBODY));
    this.owner = owner;
  }

  private Pipeline<W> pipeline(int db, Link.Owner owner) {
    return new Pipeline<>(vertx, transport, db, clock, this, owner);
  }

  /**
   * Begins to connect, and to watch deadlines.
   *
   * @return ends when Redis was reached, or was found not to be there, or lets the start wait too
   *     long: whoever is told that the proxy is up can read what is in Redis
   */
  public Future<Void> start() {
    vertx.setPeriodic(Math.max(1, timeout / 20), id -> check());
    vertx.setTimer(START_MS, id -> tried.tryComplete());
    home.link().attempt();
    return tried.future();
  }

  /** Closes all connections; loads in flight fail. */
  public Future<Void> stop() {
    List<Future<Void>> closed = new ArrayList<>();
    closed.add(home.stop());
    closed.add(others.stop());
    return Future.join(closed).mapEmpty();
  }

  /** Whether there is a connection, and whether there ever was. */
  public Reachability reachability() {
    return new Reachability(isConnected(), everConnected, home.link().reason());
  }

  /** Adds the connections that loads have. */
  public void count(Connections connections) {
    long open = others.connected() + (isConnected() ? 1 : 0);
    connections.add(Connections.Kind.LOADER, open, opened);
  }

  /** A pipeline has been connected. */
  void opened() {
    opened++;
  }

  public boolean isConnected() {
    return home.link().connection() != null;
  }

  /** Redis lets the proxy in after all: connects at once where it was refused. */
  public void admitted() {
    home.link().admitted();
    others.admitted();
  }

  /** Makes the connections anew: their address may lead to another server now. */
  public void renew(String why) {
    home.link().renew(why);
  }

  /**
   * Whether the connection, or the last attempt at one, was begun later than this, by {@link
   * System#nanoTime}: then it has led to the same server as one that was begun at this moment.
   */
  public boolean isBegunAfter(long nanoTime) {
    return home.link().isBegunAfter(nanoTime);
  }

  /** Gives the connections up, for what comes over them is not to be believed. */
  public void abandon(String why) {
    if (isConnected()) {
      home.link().abandon(why);
    }
    others.renew();
  }

  /** Starts a load. */
  public void load(Load<W> load) {
    int db = load.key().db();
    Pipeline<W> pipeline = db == database ? home : others.of(db);
    if (pipeline == null) {
      readThrough.failed(
          load,
          new Failure(Failure.Kind.OVERLOADED, "too many databases are being read at a time"),
          now());
    } else {
      // Redis is known to be there: a link that is opened for this load gets the time that takes
      pipeline.load(load, pipeline != home && isConnected() ? timeout : HOLD_MS);
    }
  }

  private void check() {
    home.checkDeadlines();
    home.keepAlive();
    others.check();
  }

  private final class HomeOwner implements Link.Owner {
    private boolean wasConnected;

    @Override
    public void connected(RedisConnection connection) {
      everConnected = true;
      wasConnected = true;
      owner.connected(connection);
      others.renew();
      Server.ask(connection)
          .onSuccess(server -> known(connection, server))
          .onComplete(asked -> tried.tryComplete());
    }

    private void known(RedisConnection connection, Server server) {
      if (connection == home.link().connection()) {
        owner.known(server);
      }
    }

    @Override
    public void down(String reason) {
      if (home.link().isRefused()) {
        // What Redis let it read before it lets nobody read through it now.
        readThrough.invalidateAll();
      }
      owner.lost(home.link().isRefused());
      if (wasConnected) {
        wasConnected = false;
        others.renew();
      }
      tried.tryComplete();
    }
  }

  /**
   * The reason is for the log and for those who run the proxy; clients need not know where Redis
   * is.
   */
  Failure unreachable() {
    if (!home.link().isRefused()) {
      return new Failure(Failure.Kind.UNREACHABLE, ValueStream.UNREACHABLE);
    }
    return new Failure(
        home.link().isPasswordMissing() ? Failure.Kind.NO_PASSWORD : Failure.Kind.UNREACHABLE,
        "Redis refuses the proxy's credentials");
  }

  boolean rangeForbidden() {
    return rangeForbidden;
  }

  void forbidRange(String text) {
    if (!rangeForbidden) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, text)
          .addKeyValue(LogKey.REMEDY, "allow GETRANGE to the proxy's user")
          .log("large values are read whole, for GETRANGE is forbidden");
      rangeForbidden = true;
    }
  }

  /** PTTL did not tell a time. */
  void withoutTime(String text) {
    if (!timeUnknown) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, text)
          .addKeyValue(LogKey.REMEDY, "allow PTTL to the proxy's user")
          .log("values are not kept, for PTTL does not tell how long they last");
      timeUnknown = true;
    }
  }

  public ReadThrough<W> readThrough() {
    return readThrough;
  }

  /**
   * The cache is in no known state any more, because of a fault of the proxy, so it begins anew.
   *
   * @return what whoever waits is told
   */
  public Failure broken(Throwable fault) {
    LOG.error("everything is dropped because of a fault of the proxy", fault);
    readThrough.invalidateAll();
    return Failure.BROKEN;
  }

  long now() {
    return clock.getAsLong();
  }

  int maxValueBytes() {
    return maxValueBytes;
  }
}
