package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.redis.client.RedisConnection;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.Consumer;
import java.util.function.LongSupplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Failure;
import redisproxy.cache.Load;
import redisproxy.cache.ReadThrough;
import redisproxy.config.Settings;

/**
 * Carries loads to Redis, all pipelined on one held connection, each with a deadline. While Redis
 * cannot be reached a load fails at once. Belongs to the cache verticle's event loop.
 *
 * @param <W> who waits for a load
 */
public final class Loader<W> {
  private static final Logger LOG = LoggerFactory.getLogger(Loader.class);

  /**
   * How long a load waits at most for an attempt to connect that has just begun, in milliseconds.
   */
  private static final long HOLD_MS = 100;

  /** How long the start waits at most for the first attempt to connect, in milliseconds. */
  private static final long START_MS = 1_000;

  /** A load sends two commands, or six when an empty value must be told from a missing key. */
  private static final int COMMANDS_PER_LOAD = 6;

  private final Vertx vertx;
  private final long timeout;
  private final int maxValueBytes;
  private final LongSupplier clock;
  private final ReadThrough<W> readThrough;
  private final Link link;

  /** Questions sent, in order; an answered one is dropped when it reaches the head. */
  private final Queue<Question<W>> sent = new ArrayDeque<>();

  private List<Load<W>> held = new ArrayList<>();
  private Consumer<Server> known = server -> {};
  private final Promise<Void> tried = Promise.promise();
  private boolean everConnected;

  /** Set for good when the server's access rules forbid GETRANGE to the proxy's user. */
  private boolean rangeForbidden;

  /**
   * A loader, not yet started.
   *
   * @param maxValueBytes the longest value that is loaded whole
   * @param clock milliseconds, monotonic
   * @param readThrough is told what becomes of each load
   */
  public Loader(
      Vertx vertx,
      Settings.Redis redis,
      int maxValueBytes,
      LongSupplier clock,
      ReadThrough<W> readThrough) {
    this.vertx = vertx;
    this.timeout = redis.loadTimeout().toMillis();
    this.maxValueBytes = maxValueBytes;
    this.clock = clock;
    this.readThrough = readThrough;
    this.link =
        new Link(vertx, redis, redis.maxLoads() * COMMANDS_PER_LOAD, clock, new LinkOwner());
  }

  /**
   * Begins to connect, and to watch deadlines.
   *
   * @return ends when Redis was reached, or was found not to be there, or lets the start wait too
   *     long: whoever is told that the proxy is up can read what is in Redis
   */
  public Future<Void> start() {
    vertx.setPeriodic(Math.max(1, timeout / 20), id -> checkDeadlines());
    vertx.setTimer(START_MS, id -> tried.tryComplete());
    link.attempt();
    return tried.future();
  }

  /**
   * Has somebody told what the server is, each time there is a connection. To be called before
   * {@link #start}.
   */
  public void whenKnown(Consumer<Server> teller) {
    known = teller;
  }

  /** Closes the connection; loads in flight fail. */
  public Future<Void> stop() {
    Future<Void> closed = link.stop();
    failAll();
    return closed;
  }

  /** Whether there is a connection, and whether there ever was. */
  public Reachability reachability() {
    return new Reachability(link.connection() != null, everConnected, link.reason());
  }

  /** Starts a load. */
  public void load(Load<W> load) {
    if (link.connection() != null) {
      ask(link.connection(), load);
    } else if (link.wanted(HOLD_MS)) {
      hold(load);
    } else {
      readThrough.failed(load, unreachable(), now());
    }
  }

  private void hold(Load<W> load) {
    held.add(load);
    List<Load<W>> holding = held;
    if (holding.size() == 1) {
      vertx.setTimer(
          HOLD_MS,
          id -> {
            if (holding == held) {
              failHeld();
            }
          });
    }
  }

  private List<Load<W>> takeHeld() {
    List<Load<W>> taken = held;
    held = new ArrayList<>();
    return taken;
  }

  private void failHeld() {
    takeHeld().forEach(load -> readThrough.failed(load, unreachable(), now()));
  }

  private void ask(RedisConnection connection, Load<W> load) {
    Question<W> question = new Question<>(this, connection, load);
    sent.add(question);
    question.ask();
  }

  /**
   * Tells those whose deadline is past; gives a connection up that owes a reply for twice as long.
   */
  private void checkDeadlines() {
    long now = clock.getAsLong();
    while (!sent.isEmpty() && sent.peek().isAnswered()) {
      sent.remove();
    }
    boolean silent = !sent.isEmpty() && now - sent.peek().load().sentAt() >= 2 * timeout;
    for (Question<W> question : sent) {
      if (!silent && now - question.load().sentAt() < timeout) {
        break;
      }
      question.fail(
          new Failure(Failure.Kind.TIMEOUT, "Redis did not answer within " + timeout + " ms"));
    }
    if (silent) {
      link.abandon("no reply within " + 2 * timeout + " ms");
    }
  }

  private final class LinkOwner implements Link.Owner {
    @Override
    public void connected(RedisConnection connection) {
      everConnected = true;
      Server.ask(connection).onSuccess(known::accept).onComplete(asked -> tried.tryComplete());
      takeHeld().forEach(load -> ask(connection, load));
    }

    @Override
    public void down(String reason) {
      tried.tryComplete();
      failAll();
    }
  }

  private void failAll() {
    List<Question<W>> lost = new ArrayList<>(sent);
    sent.clear();
    lost.forEach(question -> question.fail(unreachable()));
    failHeld();
  }

  /**
   * The reason is for the log and for those who run the proxy; clients need not know where Redis
   * is.
   */
  Failure unreachable() {
    return new Failure(
        Failure.Kind.UNREACHABLE,
        link.isRefused() ? "Redis refuses the proxy's credentials" : ValueStream.UNREACHABLE);
  }

  boolean rangeForbidden() {
    return rangeForbidden;
  }

  void forbidRange(String text) {
    if (!rangeForbidden) {
      LOG.atWarn()
          .addKeyValue("reason", text)
          .addKeyValue("remedy", "allow GETRANGE to the proxy's user")
          .log("large values are read whole, for GETRANGE is forbidden");
      rangeForbidden = true;
    }
  }

  ReadThrough<W> readThrough() {
    return readThrough;
  }

  long now() {
    return clock.getAsLong();
  }

  int maxValueBytes() {
    return maxValueBytes;
  }
}
