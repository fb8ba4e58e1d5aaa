package redisproxy.upstream.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.concurrent.TimeUnit;

/** One question over a new connection, which is closed after the reply or the failure. */
public final class SingleQuery implements RequestConnection.Receiver<Promise<String>> {
  private SingleQuery() {}

  /**
   * Returns the reply's bytes as characters. Fails if there is none within {@code
   * redis.load-timeout}.
   */
  public static Future<String> ask(Transport transport, Buffer request) {
    var connection =
        new RequestConnection<Promise<String>>(
            transport::open, new byte[0], 0, PendingReplies.SHORT, new SingleQuery());
    Promise<String> reply = transport.promise();
    connection.write(Unpooled.wrappedBuffer(request.getBytes()), reply);
    connection.flush();
    return reply
        .future()
        .timeout(transport.redis().loadTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(over -> connection.close());
  }

  @Override
  public void reply(Promise<String> reply, byte type, ByteBuf from, int start, int length) {
    reply.tryComplete(from.toString(start, length, StandardCharsets.ISO_8859_1));
  }

  @Override
  public void ended(RequestConnection.End end, List<Promise<String>> unanswered) {
    Throwable cause = end.cause();
    for (Promise<String> reply : unanswered) {
      if (cause == null) {
        reply.tryFail("the connection was closed");
      } else {
        reply.tryFail(cause);
      }
    }
  }
}
