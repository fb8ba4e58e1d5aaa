package redisproxy.upstream.load;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Response;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.Load;
import redisproxy.cache.Read;
import redisproxy.cache.ReadThrough;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.upstream.Server;
import redisproxy.upstream.connection.Transport;

/**
 * Sends loads to Redis over one {@link Pipeline} for each database in use. The pipeline of the
 * configured database is open from start to stop, and shows whether Redis can be reached. Others
 * are opened by the first load and closed when unused. Belongs to the cache verticle's event loop.
 *
 * @param <W> what waits for a load
 */
public final class Loader<W> {
  /** Receives the events of the connection to the configured database. */
  public interface Owner {
    void connected(RedisConnection connection);

    /** The server has reported its properties. */
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
   * The longest that a load waits for an attempt to connect that has just begun, in milliseconds.
   */
  private static final long HOLD_MS = 100;

  /** The longest that the start waits for the first attempt to connect, in milliseconds. */
  private static final long START_MS = 1_000;

  /** The failure of a load when no more connections to other databases may be opened. */
  static final Failure TOO_MANY_DATABASES =
      new Failure(Failure.Kind.OVERLOADED, "too many databases are being read at a time");

  private final Vertx vertx;
  private final Transport transport;
  private final int database;
  private final long timeout;
  private final int maxValueBytes;
  private final LongSupplier clock;
  private final ReadThrough<W> readThrough;
  private final Pipeline<W> home;

  private final OtherPipelines<W> others;
  private final ReplyLoader<W> replies;
  private final Owner owner;
  private final Promise<Void> firstAttempt = Promise.promise();
  private boolean everConnected;
  private long opened;

  /** Set, and never unset, when the server's access rules forbid GETRANGE to the proxy's user. */
  private boolean rangeForbidden;

  private boolean timeUnknown;

  /**
   * Creates a loader without starting it.
   *
   * @param maxValueBytes the longest value that is loaded whole
   * @param clock milliseconds, monotonic
   * @param readThrough receives the result of each load
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
    this.replies = new ReplyLoader<>(vertx, transport, this);
    this.owner = owner;
  }

  private Pipeline<W> pipeline(int db, Link.Owner owner) {
    return new Pipeline<>(vertx, transport, db, clock, this, owner);
  }

  /**
   * Begins to connect, and to watch deadlines.
   *
   * @return completes when Redis was reached and asked for its properties, or could not be reached,
   *     or has taken too long. So clients that see the proxy start can usually read from Redis
   */
  public Future<Void> start() {
    vertx.setPeriodic(Math.max(1, timeout / 20), id -> check());
    vertx.setTimer(START_MS, id -> firstAttempt.tryComplete());
    home.link().attempt();
    return firstAttempt.future();
  }

  /** Closes all connections; loads in flight fail. */
  public Future<Void> stop() {
    List<Future<Void>> closed = new ArrayList<>();
    closed.add(home.stop());
    closed.add(others.stop());
    replies.stop();
    return Future.join(closed).mapEmpty();
  }

  /** Whether there is a connection, and whether there ever was. */
  public Reachability reachability() {
    return new Reachability(isConnected(), everConnected, home.link().reason());
  }

  /** Adds the loader's connections to the counts. */
  public void count(Connections connections) {
    long open = others.connected() + replies.connected() + (isConnected() ? 1 : 0);
    connections.add(Connections.Kind.LOADER, open, opened);
  }

  /** Counts a pipeline that has connected. */
  void opened() {
    opened++;
  }

  public boolean isConnected() {
    return home.link().connection() != null;
  }

  /** Redis lets the proxy in again: links that were refused connect at once. */
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
   * System#nanoTime}. If so, the address already led to the server that a connection begun at this
   * time has reached.
   */
  public boolean isBegunAfter(long nanoTime) {
    return home.link().isBegunAfter(nanoTime);
  }

  /** Closes the connections, because their replies cannot be trusted. */
  public void abandon(String why) {
    if (isConnected()) {
      home.link().abandon(why);
    }
    renewOthers();
  }

  /** Other connections may lead to another server than the next one of the configured database. */
  private void renewOthers() {
    others.renew();
    replies.renew();
  }

  /** Starts a load. */
  public void load(Load<W> load) {
    Read read = load.read();
    if (read != null) {
      loadReply(load, read);
      return;
    }
    int db = load.key().db();
    Pipeline<W> pipeline = db == database ? home : others.of(db);
    if (pipeline == null) {
      readThrough.failed(load, TOO_MANY_DATABASES, now());
    } else {
      // If Redis is known to be up, this load may wait the whole timeout for its link to open.
      pipeline.load(load, pipeline != home && isConnected() ? timeout : HOLD_MS);
    }
  }

  /**
   * Touches keys of a database at Redis. Closes no connection to another database for that.
   *
   * @return how many of the keys exist
   */
  Future<Response> touch(int db, List<Key> keys) {
    Pipeline<W> pipeline = db == database ? home : others.ofIfRoom(db);
    return pipeline == null
        ? Future.failedFuture("too many databases are in use")
        : pipeline.touch(keys);
  }

  private void loadReply(Load<W> load, Read read) {
    if (isConnected()) {
      replies.load(load, read);
    } else {
      readThrough.failed(load, unreachable(), now());
    }
  }

  private void check() {
    home.checkDeadlines();
    home.keepAlive();
    others.check();
    replies.check();
  }

  private final class HomeOwner implements Link.Owner {
    private boolean wasConnected;

    @Override
    public void connected(RedisConnection connection) {
      everConnected = true;
      wasConnected = true;
      owner.connected(connection);
      renewOthers();
      Server.ask(connection)
          .onSuccess(server -> known(connection, server))
          .onComplete(asked -> firstAttempt.tryComplete());
    }

    private void known(RedisConnection connection, Server server) {
      if (connection == home.link().connection()) {
        owner.known(server);
      }
    }

    @Override
    public void down(String reason) {
      if (home.link().isRefused()) {
        // The cached values were read with access that the proxy no longer has.
        readThrough.invalidateAll();
      }
      owner.lost(home.link().isRefused());
      if (wasConnected) {
        wasConnected = false;
        renewOthers();
      }
      firstAttempt.tryComplete();
    }
  }

  /**
   * The failure for clients. The detailed reason goes to the log and to operators: clients need not
   * know where Redis is.
   */
  Failure unreachable() {
    if (!home.link().isRefused()) {
      return new Failure(Failure.Kind.UNREACHABLE, ValueStream.UNREACHABLE);
    }
    return new Failure(
        home.link().isPasswordMissing() ? Failure.Kind.NO_PASSWORD : Failure.Kind.UNREACHABLE,
        "Redis refuses the proxy's credentials");
  }

  /** The failure of a load whose deadline is past. */
  Failure late() {
    return new Failure(Failure.Kind.TIMEOUT, "Redis did not answer within " + timeout + " ms");
  }

  boolean rangeForbidden() {
    return rangeForbidden;
  }

  void forbidRange(String text) {
    if (!rangeForbidden) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, text)
          .addKeyValue(LogKey.REMEDY, "allow GETRANGE to the proxy's user")
          .log("large values are read whole: GETRANGE is forbidden");
      rangeForbidden = true;
    }
  }

  /** PTTL returned no time. */
  void warnTimeUnknown(String text) {
    if (!timeUnknown) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, text)
          .addKeyValue(LogKey.REMEDY, "allow PTTL to the proxy's user")
          .log("values are not cached: PTTL does not return their time to live");
      timeUnknown = true;
    }
  }

  public ReadThrough<W> readThrough() {
    return readThrough;
  }

  /**
   * The cache may be inconsistent because of a fault of the proxy, so all entries are dropped.
   *
   * @return the failure for those that wait for an answer
   */
  public Failure broken(Throwable fault) {
    LOG.error("the cache is cleared because of a fault of the proxy", fault);
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
