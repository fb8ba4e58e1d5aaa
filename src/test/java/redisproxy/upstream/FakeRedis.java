package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.Handler;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.ContextInternal;
import io.vertx.redis.client.Redis;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.RedisOptions;
import io.vertx.redis.client.Request;
import io.vertx.redis.client.Response;
import io.vertx.redis.client.impl.RequestImpl;
import io.vertx.redis.client.impl.types.BulkType;
import io.vertx.redis.client.impl.types.ErrorType;
import io.vertx.redis.client.impl.types.MultiType;
import io.vertx.redis.client.impl.types.NumberType;
import io.vertx.redis.client.impl.types.SimpleStringType;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.Queue;
import java.util.stream.Collectors;

/**
 * A fake Redis client with one connection. The test accepts or refuses the connection, reads the
 * requests, and answers them in order. Errors, batches and losses are reported as
 * vertx-redis-client reports them.
 */
public final class FakeRedis implements Redis, RedisConnection {
  public final RedisOptions options;
  public final int database;

  private final Loop loop;
  private final Promise<RedisConnection> attempt;

  /** The promises of the unanswered requests. */
  private final Queue<Promise<Response>> waiting = new ArrayDeque<>();

  private List<String> writes = new ArrayList<>();
  private Handler<Throwable> onException = failure -> {};
  private Handler<Void> onEnd = end -> {};
  private boolean ended;
  private volatile boolean closed;

  public FakeRedis(Loop loop, RedisOptions options, int database) {
    this.loop = loop;
    this.options = options;
    this.database = database;
    this.attempt = promise();
  }

  private <T> Promise<T> promise() {
    return ((ContextInternal) loop.context).promise();
  }

  /** Makes the connection succeed. */
  public FakeRedis accept() throws Exception {
    loop.run(() -> attempt.complete(this));
    return this;
  }

  /** Makes the connection fail. */
  public void refuse(Throwable why) throws Exception {
    loop.run(() -> attempt.fail(why));
  }

  /** Makes Redis answer the attempt with an error. */
  public void refuse(String error) throws Exception {
    refuse(ErrorType.create(error));
  }

  /** The writes since the last call; the requests of a write are separated by commas. */
  public List<String> sent() throws Exception {
    return loop.call(
        () -> {
          List<String> sent = writes;
          writes = new ArrayList<>();
          return sent;
        });
  }

  /** Answers the oldest requests, all in one turn; see {@link #response} for the replies. */
  public void reply(Object... replies) throws Exception {
    loop.run(
        () -> {
          for (Object reply : replies) {
            Promise<Response> oldest = waiting.remove();
            Response response = response(reply);
            if (response instanceof ErrorType error) {
              oldest.fail(error);
            } else {
              oldest.complete(response);
            }
          }
        });
  }

  /**
   * Makes a reply of a number, null, a list of replies, or a text. A text is an error if it begins
   * with a minus sign, a simple string if it begins with a plus sign, and otherwise a bulk string.
   */
  public static Response response(Object reply) {
    if (reply instanceof List<?> list) {
      MultiType all = MultiType.create(list.size(), false);
      list.forEach(each -> all.add(response(each)));
      return all;
    }
    return reply instanceof Number number
        ? NumberType.create(number)
        : reply == null ? null : text((String) reply);
  }

  private static Response text(String text) {
    if (text.startsWith("-")) {
      return ErrorType.create(text.substring(1));
    }
    return text.startsWith("+")
        ? SimpleStringType.create(text.substring(1))
        : BulkType.create(Buffer.buffer(text), false);
  }

  /** Makes Redis close the connection. */
  public void lose() throws Exception {
    loop.run(() -> end(ErrorType.create("CONNECTION_CLOSED")));
  }

  /** Makes the connection fail after it was made. */
  public void lose(Throwable why) throws Exception {
    loop.run(
        () -> {
          onException.handle(why);
          end(why);
        });
  }

  private void end(Throwable why) {
    if (!ended) {
      ended = true;
      while (!waiting.isEmpty()) {
        waiting.remove().fail(why);
      }
      onEnd.handle(null);
    }
  }

  /** Whether the proxy closed the client. */
  public boolean isClosed() {
    return closed;
  }

  @Override
  public Future<RedisConnection> connect() {
    return attempt.future();
  }

  @Override
  public Future<Response> send(Request request) {
    if (ended) {
      return Future.failedFuture("Connection is closed");
    }
    writes.add(text(request));
    return expectReply();
  }

  private Future<Response> expectReply() {
    Promise<Response> promise = promise();
    waiting.add(promise);
    return promise.future();
  }

  @Override
  public Future<List<Response>> batch(List<Request> requests) {
    if (ended) {
      return Future.failedFuture("Connection is closed");
    }
    writes.add(requests.stream().map(FakeRedis::text).collect(Collectors.joining(", ")));
    List<Future<Response>> replies = new ArrayList<>();
    requests.forEach(request -> replies.add(expectReply()));
    return Future.join(replies)
        .map(all -> all.<Response>list())
        .recover(first -> Future.failedFuture(ErrorType.create("ERR [0] " + first.getMessage())));
  }

  private static String text(Request request) {
    List<String> words = new ArrayList<>();
    words.add(request.command().toString().toUpperCase(Locale.ROOT));
    ((RequestImpl) request)
        .getArgs()
        .forEach(argument -> words.add(new String(argument, StandardCharsets.UTF_8)));
    return String.join(" ", words);
  }

  /** The connection ends a moment later. */
  @Override
  public Future<Void> close() {
    closed = true;
    loop.context.runOnContext(turn -> end(ErrorType.create("CONNECTION_CLOSED")));
    return Future.succeededFuture();
  }

  @Override
  public RedisConnection exceptionHandler(Handler<Throwable> handler) {
    onException = handler;
    return this;
  }

  @Override
  public RedisConnection endHandler(Handler<Void> handler) {
    onEnd = handler;
    return this;
  }

  @Override
  public RedisConnection handler(Handler<Response> handler) {
    return this;
  }

  @Override
  public RedisConnection pause() {
    return this;
  }

  @Override
  public RedisConnection resume() {
    return this;
  }

  @Override
  public RedisConnection fetch(long amount) {
    return this;
  }

  @Override
  public boolean pendingQueueFull() {
    return false;
  }
}
