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
 * The commands that the proxy sends to Redis for one load.
 *
 * <p>{@code GETRANGE k 0 max} and {@code PTTL k}, sent together, show whether the value is there,
 * missing or too large, and never bring more than max + 1 bytes. They are two commands, and the key
 * may change between them. An empty range of a key that PTTL finds could then mean a value that
 * Redis never had: the key may have appeared between the two. So this pair is sent again within
 * MULTI. If GETRANGE or MULTI is forbidden to the proxy's user, GET is sent instead.
 *
 * @param <W> what waits for the load
 */
public final class Question<W> {

  /** PTTL's answer for a key that does not exist. */
  private static final long GONE = -2;

  /** PTTL was refused, or its reply is no time. */
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

  /** When the question was sent over this connection, by the loader's clock. */
  long askedAt() {
    return askedAt;
  }

  /** Whether Redis owes no more replies. The load may have failed before that, at its deadline. */
  boolean isAnswered() {
    return answered;
  }

  /**
   * Sends all these questions in one write. If one command fails, the Redis client reports only an
   * error in place of all replies, and not in Redis's words. Then each question is sent alone.
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

  /** Sends this question alone. */
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
      askInTransaction();
    } else {
      conclude(empty ? null : range, remaining);
    }
  }

  /** Sends the same two commands in a transaction, so that the key cannot change between them. */
  private void askInTransaction() {
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
                transacted(exec.result().get(0), exec.result().get(1));
              }
            });
  }

  private void transacted(Response range, Response pttl) {
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

  /** Redis replies with a string; a server between it and the proxy may not. */
  private static boolean isString(@Nullable Response reply) {
    return reply != null && reply.type() == ResponseType.BULK;
  }

  private static boolean isPair(@Nullable Response reply) {
    return reply != null && reply.type() == ResponseType.MULTI && reply.size() == 2;
  }

  /** The remaining time that Redis reported; {@link #REFUSED} if it reported none. */
  private long remaining(AsyncResult<Response> pttl) {
    if (pttl.succeeded()) {
      return remaining(pttl.result());
    }
    String text = RedisError.text(pttl.cause());
    if (text != null) {
      loader.warnTimeUnknown(text);
    }
    return REFUSED;
  }

  private long remaining(@Nullable Response pttl) {
    if (pttl != null && pttl.type() == ResponseType.NUMBER) {
      return pttl.toLong();
    }
    loader.warnTimeUnknown(
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
      report(value, remaining);
    } catch (Throwable fault) {
      loader.readThrough().failed(load, loader.broken(fault), loader.now());
    }
  }

  private void report(@Nullable Response value, long remaining) {
    if (value == null) {
      loader.readThrough().missing(load, loader.now());
    } else if (value.toBuffer().length() > loader.maxValueBytes()) {
      loader.readThrough().tooLarge(load, loader.now());
    } else {
      loader.readThrough().found(load, value.toBytes(), known(remaining), loader.now());
    }
  }

  private static long known(long remaining) {
    return remaining < ReadThrough.NO_EXPIRY ? ReadThrough.UNKNOWN : remaining;
  }

  /** A failure that is no error reply means a lost connection, which the pipeline handles. */
  private void fail(Throwable cause) {
    String text = RedisError.text(cause);
    if (text != null) {
      answered = true;
      fail(new Failure(Failure.Kind.REDIS, text));
    }
  }

  /** The connection is lost: another question asks for the load. False if the load has ended. */
  boolean giveUp() {
    boolean pending = !done;
    done = true;
    return pending;
  }

  private void failWithoutString() {
    answered = true;
    fail(
        new Failure(
            Failure.Kind.REDIS, "ERR redis-proxy: Redis sent a reply that is not a string"));
  }

  /** Fails the load, unless it has ended. A later reply changes nothing. */
  void fail(Failure failure) {
    if (!done) {
      done = true;
      loader.readThrough().failed(load, failure, loader.now());
    }
  }
}
