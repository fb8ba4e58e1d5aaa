package redisproxy.upstream.load;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Queue;
import java.util.function.LongSupplier;
import redisproxy.cache.Key;
import redisproxy.cache.Load;
import redisproxy.config.Settings;
import redisproxy.upstream.connection.KeepAlive;
import redisproxy.upstream.connection.Transport;

/**
 * The loads of one database, all on one link, each with a deadline. While Redis cannot be reached a
 * load fails at once. Belongs to the cache verticle's event loop.
 *
 * @param <W> what waits for a load
 */
final class Pipeline<W> {
  /**
   * A load sends two commands, or six when an empty value must be distinguished from a missing key.
   */
  private static final int COMMANDS_PER_LOAD = 6;

  /** Commands besides loads: for the server's properties and its role, a PING and a TOUCH. */
  private static final int OTHER_COMMANDS = 5;

  /**
   * The most loads that share a write. The client holds all their values until the last has come.
   */
  private static final int MAX_BATCH = 16;

  private final Vertx vertx;
  private final long timeout;
  private final LongSupplier clock;
  private final Loader<W> loader;
  private final Link.Owner owner;
  private final Link link;

  /** Questions in order of sending. An answered question is removed when it reaches the head. */
  private final Queue<Question<W>> sent = new ArrayDeque<>();

  /** The questions of this event-loop turn, which are sent together when it ends. */
  private List<Question<W>> batch = new ArrayList<>();

  /** Loads that wait for a connection. */
  private List<Load<W>> held = new ArrayList<>();

  private long lastUsed;
  private final KeepAlive keepAlive = new KeepAlive();

  /** The reply to the last keep-alive PING. */
  private Future<?> ping = Future.succeededFuture();

  /** The reply to the last TOUCH. */
  private Future<?> touch = Future.succeededFuture();

  /**
   * Creates a pipeline to one database without connecting it.
   *
   * @param owner receives the link's events: {@code connected} before the held loads are sent,
   *     {@code down} before the sent ones are held or fail
   */
  Pipeline(
      Vertx vertx,
      Transport transport,
      int db,
      LongSupplier clock,
      Loader<W> loader,
      Link.Owner owner) {
    this.vertx = vertx;
    Settings.Redis redis = transport.redis();
    this.timeout = redis.loadTimeout().toMillis();
    this.clock = clock;
    this.loader = loader;
    this.owner = owner;
    this.link =
        new Link(
            vertx,
            transport,
            db,
            redis.maxLoads() * COMMANDS_PER_LOAD + OTHER_COMMANDS,
            clock,
            new LinkOwner());
  }

  Link link() {
    return link;
  }

  /** Closes the connection for good; loads in flight fail. */
  Future<Void> stop() {
    Future<Void> closed = link.stop();
    failAll();
    return closed;
  }

  /** Whether no load is in flight. */
  boolean isIdle() {
    dropAnswered();
    return sent.isEmpty() && held.isEmpty();
  }

  /** Whether no load is in flight, and the last was started at least this many milliseconds ago. */
  boolean isIdleFor(long millis) {
    return isIdle() && clock.getAsLong() - lastUsed >= millis;
  }

  /**
   * Starts a load.
   *
   * @param holdMs the longest wait for an attempt to connect that has just begun, in milliseconds
   */
  void load(Load<W> load, long holdMs) {
    lastUsed = clock.getAsLong();
    // Loads wait for the first attempt after a loss. In an outage they wait only for a moment.
    long wait = link.isReconnecting() ? timeout : holdMs;
    if (link.connection() != null) {
      ask(link.connection(), load);
    } else if (link.wanted(wait)) {
      hold(load, wait);
    } else {
      loader.readThrough().failed(load, loader.unreachable(), loader.now());
    }
  }

  private void hold(Load<W> load, long holdMs) {
    held.add(load);
    List<Load<W>> holding = held;
    if (holding.size() == 1) {
      vertx.setTimer(
          holdMs,
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
    takeHeld()
        .forEach(load -> loader.readThrough().failed(load, loader.unreachable(), loader.now()));
  }

  private void ask(RedisConnection connection, Load<W> load) {
    Question<W> question = new Question<>(loader, connection, load);
    sent.add(question);
    batch.add(question);
    if (batch.size() == 1) {
      vertx.runOnContext(turn -> sendBatch());
    } else if (batch.size() == MAX_BATCH) {
      sendBatch();
    }
  }

  private void sendBatch() {
    List<Question<W>> questions = batch;
    batch = new ArrayList<>();
    if (questions.isEmpty() || link.connection() == null) {
      return;
    }
    if (loader.rangeForbidden()) {
      questions.forEach(Question::ask);
    } else {
      Question.ask(link.connection(), questions);
    }
    keepAlive.used();
  }

  /** Sends a PING if there has been no load for a while. */
  void keepAlive() {
    if (link.connection() != null && keepAlive.isDue() && ping.isComplete()) {
      keepAlive.used();
      ping = link.connection().send(Request.cmd(Command.PING));
    }
  }

  /**
   * Touches keys at Redis. Fails without a connection, and while a TOUCH is unanswered, so that a
   * silent Redis does not collect them.
   */
  Future<Response> touch(List<Key> keys) {
    lastUsed = clock.getAsLong();
    RedisConnection open = link.connection();
    if (open == null) {
      link.wanted(0);
      return Future.failedFuture("there is no connection to the database");
    }
    if (!touch.isComplete()) {
      return Future.failedFuture("Redis has not answered the last TOUCH");
    }
    Request request = Request.cmd(Command.TOUCH);
    keys.forEach(key -> request.arg(key.bytes()));
    keepAlive.used();
    Future<Response> reply = open.send(request);
    touch = reply;
    return reply;
  }

  private void dropAnswered() {
    while (!sent.isEmpty() && sent.peek().isAnswered()) {
      sent.remove();
    }
  }

  /**
   * Fails loads whose deadline is past, whether they were sent or wait for a connection. Closes a
   * connection that has owed a reply for twice the timeout.
   */
  void checkDeadlines() {
    long now = clock.getAsLong();
    dropAnswered();
    boolean silent = !sent.isEmpty() && now - sent.peek().askedAt() >= 2 * timeout;
    for (Question<W> question : sent) {
      if (!silent && !isLate(question.load(), now)) {
        break;
      }
      question.fail(loader.late());
    }
    if (silent) {
      link.abandon("no reply within " + 2 * timeout + " ms");
    }
    failLateHeld(now);
  }

  private boolean isLate(Load<W> load, long now) {
    return now - load.sentAt() >= timeout;
  }

  /**
   * Held loads may be late: those that were sent over a lost connection keep their old deadline.
   */
  private void failLateHeld(long now) {
    List<Load<W>> late = held.stream().filter(load -> isLate(load, now)).toList();
    held.removeAll(late);
    late.forEach(load -> loader.readThrough().failed(load, loader.unreachable(), now));
  }

  private final class LinkOwner implements Link.Owner {
    @Override
    public void connected(RedisConnection connection) {
      ping = Future.succeededFuture();
      touch = Future.succeededFuture();
      loader.opened();
      owner.connected(connection);
      takeHeld().forEach(load -> ask(connection, load));
    }

    @Override
    public void down(String reason) {
      owner.down(reason);
      if (link.isReconnecting()) {
        holdSent();
      } else {
        failAll();
      }
    }
  }

  /** Loads only read, so those that were lost with a connection can be sent again over the next. */
  private void holdSent() {
    List<Question<W>> lost = new ArrayList<>(sent);
    sent.clear();
    batch.clear();
    for (Question<W> question : lost) {
      if (isLate(question.load(), clock.getAsLong())) {
        question.fail(loader.unreachable());
      } else if (question.giveUp()) {
        hold(question.load(), timeout);
      }
    }
  }

  private void failAll() {
    List<Question<W>> lost = new ArrayList<>(sent);
    sent.clear();
    batch.clear();
    lost.forEach(question -> question.fail(loader.unreachable()));
    failHeld();
  }
}
