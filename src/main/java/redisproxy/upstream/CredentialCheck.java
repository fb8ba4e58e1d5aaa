package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.buffer.Buffer;
import java.util.concurrent.Semaphore;
import java.util.regex.Pattern;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.SingleQuery;
import redisproxy.upstream.connection.Transport;

/**
 * Asks Redis whether credentials are right: sends AUTH over a new connection for each check.
 * Belongs to one event loop.
 */
public final class CredentialCheck {
  private static final byte[] AUTH = {'A', 'U', 'T', 'H'};

  /**
   * Errors about the credentials. Other errors, such as LOADING or too many clients, say nothing
   * about them.
   */
  private static final Pattern REJECTED =
      Pattern.compile("-(WRONGPASS|NOAUTH|NOPERM|ERR (?!max number of clients)).*", Pattern.DOTALL);

  private final Transport transport;
  private final Semaphore permits;

  /**
   * Creates a check.
   *
   * @param permits how many checks may be under way at once
   */
  public CredentialCheck(Transport transport, Semaphore permits) {
    this.transport = transport;
    this.permits = permits;
  }

  /** Whether Redis accepts these credentials. Fails if Redis gives no answer about them. */
  public Future<Boolean> accepts(byte[] user, byte[] password) {
    if (!permits.tryAcquire()) {
      return Future.failedFuture("too many credential checks are under way");
    }
    Buffer request = Buffer.buffer();
    Greeting.append(request, AUTH, user, password);
    return SingleQuery.ask(transport, request)
        .onComplete(checked -> permits.release())
        .compose(CredentialCheck::verdict);
  }

  private static Future<Boolean> verdict(String reply) {
    if (reply.startsWith("+")) {
      return Future.succeededFuture(true);
    }
    return REJECTED.matcher(reply).matches()
        ? Future.succeededFuture(false)
        : Future.failedFuture("Redis cannot check credentials now");
  }
}
