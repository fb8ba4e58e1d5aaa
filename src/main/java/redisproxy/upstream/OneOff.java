package redisproxy.upstream;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.NetSocket;
import java.util.concurrent.TimeUnit;

/**
 * A question over a connection of its own, which is closed when it is answered and when it is not.
 */
final class OneOff {
  private OneOff() {}

  /**
   * The first that comes of the reply, which has to be short. Fails when none has come within
   * {@code redis.load-timeout}.
   */
  static Future<Buffer> ask(Transport transport, Buffer request) {
    Future<NetSocket> connecting = transport.connect();
    return connecting
        .compose(socket -> ask(socket, request))
        .timeout(transport.redis().loadTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(over -> connecting.onSuccess(NetSocket::close));
  }

  private static Future<Buffer> ask(NetSocket socket, Buffer request) {
    Promise<Buffer> reply = Promise.promise();
    socket.handler(reply::tryComplete);
    socket.closeHandler(closed -> reply.tryFail("the connection was closed"));
    socket.write(request);
    return reply.future();
  }
}
