package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.SingleQuery;
import redisproxy.upstream.connection.Transport;

/** Has Redis judge credentials: AUTH on a connection of its own. Belongs to one event loop. */
public final class Judge {
  private static final byte[] AUTH = {'A', 'U', 'T', 'H'};

  /** Other errors, that it is loading or has too many clients, tell nothing of the credentials. */
  private static final Pattern NO =
      Pattern.compile("-(WRONGPASS|NOAUTH|NOPERM|ERR (?!max number of clients)).*", Pattern.DOTALL);

  private final Transport transport;
  private final Semaphore permits;

  /**
   * A judge.
   *
   * @param permits how many judgements may be under way
   */
  public Judge(Transport transport, Semaphore permits) {
    this.transport = transport;
    this.permits = permits;
  }

  /** Whether Redis takes these credentials. Fails when Redis does not say. */
  public Future<Boolean> accepts(byte[] user, byte[] password) {
    if (!permits.tryAcquire()) {
      return Future.failedFuture("too many judgements are under way");
    }
    Buffer request = Buffer.buffer();
    Greeting.append(request, AUTH, user, password);
    return SingleQuery.ask(transport, request)
        .onComplete(judged -> permits.release())
        .compose(Judge::verdict);
  }

  private static Future<Boolean> verdict(String reply) {
    if (reply.startsWith("+")) {
      return Future.succeededFuture(true);
    }
    return NO.matcher(reply).matches()
        ? Future.succeededFuture(false)
        : Future.failedFuture("Redis does not judge now");
  }
}
