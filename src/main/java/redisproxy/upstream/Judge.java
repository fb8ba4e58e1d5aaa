package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetClient;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import redisproxy.config.Settings;

/** Has Redis judge credentials: AUTH on a connection of its own. Belongs to one event loop. */
public final class Judge {
  private static final byte[] AUTH = {'A', 'U', 'T', 'H'};

  private final Settings.Redis redis;
  private final NetClient client;
  private final Semaphore permits;

  /**
   * To be made on the event loop that will use it.
   *
   * @param permits how many judgements may be under way
   */
  public Judge(Vertx vertx, Settings.Redis redis, Semaphore permits) {
    this.redis = redis;
    this.permits = permits;
    this.client = Transport.client(vertx, redis);
  }

  /** Whether Redis takes these credentials. Fails when Redis does not say. */
  public Future<Boolean> accepts(byte[] user, byte[] password) {
    if (!permits.tryAcquire()) {
      return Future.failedFuture("too many judgements are under way");
    }
    return client
        .connect(redis.endpoint().port(), redis.endpoint().host())
        .compose(socket -> ask(socket, user, password))
        .timeout(redis.loadTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(judged -> permits.release());
  }

  private static Future<Boolean> ask(NetSocket socket, byte[] user, byte[] password) {
    Promise<Boolean> accepted = Promise.promise();
    socket.handler(
        reply -> {
          accepted.tryComplete(reply.getByte(0) == '+');
          socket.close();
        });
    socket.closeHandler(closed -> accepted.tryFail("the connection was closed"));
    Buffer request = Buffer.buffer();
    Greeting.append(request, AUTH, user, password);
    socket.write(request);
    return accepted.future();
  }
}
