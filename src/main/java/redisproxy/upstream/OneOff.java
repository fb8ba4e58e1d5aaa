package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.ProtocolError;
import redisproxy.upstream.connection.PendingReplies;
import redisproxy.upstream.connection.RedisConnection;

/**
 * A question over a connection of its own, which is closed when it is answered and when it is not.
 */
final class OneOff implements RedisConnection.Receiver {
  private final Promise<String> reply = Promise.promise();
  private final PendingReplies<Promise<String>> pending =
      new PendingReplies<>(0, PendingReplies.SHORT, new ShortReplyReceiver());

  private OneOff() {
    pending.add(reply);
  }

  /**
   * The reply's bytes, as characters. Fails when none has come within {@code redis.load-timeout}.
   */
  static Future<String> ask(Transport transport, Buffer request) {
    OneOff question = new OneOff();
    RedisConnection connection = transport.open(question);
    connection.write(Unpooled.wrappedBuffer(request.getBytes()));
    connection.flush();
    return question
        .reply
        .future()
        .timeout(transport.redis().loadTimeout().toMillis(), TimeUnit.MILLISECONDS)
        .onComplete(over -> connection.close());
  }

  private static final class ShortReplyReceiver
      implements PendingReplies.Receiver<Promise<String>> {
    @Override
    public void reply(Promise<String> reply, byte type, ByteBuf from, int start, int length) {
      reply.tryComplete(from.toString(start, length, StandardCharsets.ISO_8859_1));
    }

    @Override
    public void greetingRefused(String error) {}
  }

  @Override
  public void received(ByteBuf data) {
    try {
      pending.read(data);
    } catch (ProtocolError error) {
      reply.tryFail(error);
    } finally {
      data.release();
    }
  }

  @Override
  public void lost(@Nullable Throwable cause) {
    if (cause == null) {
      reply.tryFail("the connection was closed");
    } else {
      reply.tryFail(cause);
    }
  }
}
