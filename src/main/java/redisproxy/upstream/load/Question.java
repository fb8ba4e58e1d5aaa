package redisproxy.upstream.load;

import io.vertx.core.AsyncResult;
import io.vertx.core.Future;
import io.vertx.redis.client.Command;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.ResponseType;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Failure;
import redisproxy.cache.Load;
import redisproxy.cache.ReadThrough;

/**
 * What is said with Redis for one load.
 *
 * <p>{@code GETRANGE k 0 max} and {@code PTTL k} in one go tell value, missing and larger, and
 * never bring more than max + 1 bytes. They are two commands, and the key may change between them.
 * An empty range of a key that has a time to live is the one pair that could mean a value Redis
 * never had (the key appeared in between), so it is asked again within MULTI. Where GETRANGE or
 * MULTI is forbidden to the proxy's user, GET is asked instead.
 *
 * @param <W> who waits for the load
 */
public final class Question<W> {

  /** PTTL's answer for a key that does not exist. */
  private static final long GONE = -2;

  /** PTTL was refused, or what it said is no time. */
  private static final long REFUSED = Long.MIN_VALUE;

  private final Loader<W> loader;
  private final RedisConnection connection;
  private final Load<W> load;
  private final long askedAt;
  private boolean answered;
  private boolean done;

  Question(Loader<W> loader, RedisConnection connection, Load<W> load) {
    this.loader = loader;
    this.connection = connection;
    this.load = load;
    this.askedAt = loader.now();
  }

  Load<W> load() {
    return load;
  }

  /** When it was asked over this connection, by the loader's clock. */
  long askedAt() {
    return askedAt;
  }

  /**
   * Whether Redis has said all it will; with the deadline past, those who waited may have gone
   * before.
   */
  boolean isAnswered() {
    return answered;
  }

  /**
   * Asks all of these in one write. The client reports one error of many in place of all replies,
   * and not in Redis's words: then each is asked by itself.
   */
  static <W> void ask(RedisConnection connection, List<Question<W>> questions) {
    List<Request> requests = new ArrayList<>(2 * questions.size());
    for (Question<W> question : questions) {
      requests.add(question.range());
      requests.add(question.remaining());
    }
    connection
        .batch(requests)
        .onComplete(
            replies -> {
              for (int i = 0; i < replies.size(); i += 2) {
                questions.get(i / 2).ranged(replies.get(i), replies.get(i + 1));
              }
            },
            failure -> questions.forEach(Question::ask));
  }

  /** Asks this one by itself. */
  void ask() {
    if (loader.rangeForbidden()) {
      askWhole();
      return;
    }
    Future<Response> range = connection.send(range());
    connection.send(remaining()).onComplete(pttl -> ranged(range, pttl));
  }

  private void ranged(Future<Response> range, AsyncResult<Response> pttl) {
    if (range.succeeded()) {
      ranged(range.result(), remaining(pttl));
    } else if (RedisError.forbids(range.cause(), "getrange")) {
      loader.forbidRange(String.valueOf(range.cause().getMessage()));
      askWhole();
    } else {
      fail(range.cause());
    }
  }

  private void ranged(Response range, Response pttl) {
    ranged(range, remaining(pttl));
  }

  private void ranged(Response range, long remaining) {
    if (!isString(range)) {
      failWithoutString();
      return;
    }
    boolean empty = range.toBuffer().length() == 0;
    if (empty && remaining != GONE) {
      askAtOnce();
    } else {
      conclude(empty ? null : range, remaining);
    }
  }

  /** The same two commands with nothing in between. */
  private void askAtOnce() {
    connection.send(Request.cmd(Command.MULTI));
    connection.send(range());
    connection.send(remaining());
    connection
        .send(Request.cmd(Command.EXEC))
        .onComplete(
            exec -> {
              if (exec.failed() || !isPair(exec.result())) {
                askWhole();
              } else {
                atOnce(exec.result().get(0), exec.result().get(1));
              }
            });
  }

  private void atOnce(Response range, Response pttl) {
    long remaining = remaining(pttl);
    if (range instanceof Throwable error) {
      fail(error);
    } else if (!isString(range) || remaining == REFUSED && range.toBuffer().length() == 0) {
      askWhole();
    } else {
      conclude(range.toBuffer().length() == 0 && remaining == GONE ? null : range, remaining);
    }
  }

  private void askWhole() {
    Future<Response> value = connection.send(Request.cmd(Command.GET).arg(load.key().bytes()));
    connection
        .send(remaining())
        .onComplete(
            pttl -> {
              if (value.failed()) {
                fail(value.cause());
              } else if (value.result() != null && !isString(value.result())) {
                failWithoutString();
              } else {
                conclude(value.result(), remaining(pttl));
              }
            });
  }

  private Request range() {
    return Request.cmd(Command.GETRANGE).arg(load.key().bytes()).arg(0).arg(loader.maxValueBytes());
  }

  private Request remaining() {
    return Request.cmd(Command.PTTL).arg(load.key().bytes());
  }

  /** Redis says so; what stands between it and the proxy may not. */
  private static boolean isString(@Nullable Response reply) {
    return reply != null && reply.type() == ResponseType.BULK;
  }

  private static boolean isPair(@Nullable Response reply) {
    return reply != null && reply.type() == ResponseType.MULTI && reply.size() == 2;
  }

  /** What Redis said of the remaining time; a refusal counts as not known. */
  private long remaining(AsyncResult<Response> pttl) {
    if (pttl.succeeded()) {
      return remaining(pttl.result());
    }
    String text = RedisError.text(pttl.cause());
    if (text != null) {
      loader.withoutTime(text);
    }
    return REFUSED;
  }

  private long remaining(@Nullable Response pttl) {
    if (pttl != null && pttl.type() == ResponseType.NUMBER) {
      return pttl.toLong();
    }
    loader.withoutTime(
        pttl instanceof Throwable error ? String.valueOf(error.getMessage()) : "no number");
    return REFUSED;
  }

  private void conclude(@Nullable Response value, long remaining) {
    answered = true;
    if (done) {
      return;
    }
    done = true;
    try {
      tell(value, remaining);
    } catch (Throwable fault) {
      loader.readThrough().failed(load, loader.broken(fault), loader.now());
    }
  }

  private void tell(@Nullable Response value, long remaining) {
    if (value == null) {
      loader.readThrough().missing(load, loader.now());
    } else if (value.toBuffer().length() > loader.maxValueBytes()) {
      loader.readThrough().tooLarge(load);
    } else {
      loader.readThrough().found(load, value.toBytes(), known(remaining), loader.now());
    }
  }

  private static long known(long remaining) {
    return remaining < ReadThrough.NO_EXPIRY ? ReadThrough.UNKNOWN : remaining;
  }

  /** Without an error of Redis's the connection is lost; the pipeline decides what follows. */
  private void fail(Throwable cause) {
    String text = RedisError.text(cause);
    if (text != null) {
      answered = true;
      fail(new Failure(Failure.Kind.REDIS, text));
    }
  }

  /** Its connection is lost: the load is asked in another way. False when it has ended already. */
  boolean giveUp() {
    boolean pending = !done;
    done = true;
    return pending;
  }

  private void failWithoutString() {
    answered = true;
    fail(new Failure(Failure.Kind.REDIS, "ERR redis-proxy: Redis gave a reply that is no string"));
  }

  /** Ends the load, unless it has ended; a reply that comes later changes nothing. */
  void fail(Failure failure) {
    if (!done) {
      done = true;
      loader.readThrough().failed(load, failure, loader.now());
    }
  }
}
