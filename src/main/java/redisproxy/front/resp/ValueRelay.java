package redisproxy.front.resp;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Failure;
import redisproxy.resp.Reply;
import redisproxy.upstream.load.ValueStream;

/**
 * Writes a value too large to keep to a RESP client as it comes, no faster than the client reads.
 */
public final class ValueRelay implements ValueStream.Sink {
  private static final byte[] CRLF = {'\r', '\n'};

  private final ClientConnection connection;
  private final OrderedReplies replies;
  private @Nullable ValueStream stream;
  private boolean cancelled;

  ValueRelay(ClientConnection connection, OrderedReplies replies) {
    this.connection = connection;
    this.replies = replies;
  }

  @Override
  public void begin(long length, ValueStream begun) {
    stream = begun;
    if (cancelled) {
      stream.cancel();
      return;
    }
    byte[] head = ("$" + length + "\r\n").getBytes(StandardCharsets.US_ASCII);
    connection.write(Unpooled.wrappedBuffer(head));
  }

  @Override
  public void data(Buffer data) {
    connection.write(((BufferInternal) data).getByteBuf());
    connection.flush();
  }

  @Override
  public boolean isFull() {
    return !connection.isWritable();
  }

  /** The client has read what was written. */
  void resume() {
    if (stream != null && connection.isWritable()) {
      stream.resume();
    }
  }

  @Override
  public void end() {
    connection.write(Unpooled.wrappedBuffer(CRLF));
    connection.flush();
    replies.streamed(null);
  }

  @Override
  public void missing() {
    answer(Reply.NIL);
  }

  /** With the value begun there is no way to say that it broke off but to break off. */
  @Override
  public void failed(Failure failure) {
    if (stream == null) {
      answer(FailureReply.to(failure));
    } else {
      connection.close();
    }
  }

  private void answer(byte[] reply) {
    if (!cancelled) {
      replies.streamed(reply);
    }
  }

  /** The client is gone. */
  void cancel() {
    cancelled = true;
    if (stream != null) {
      stream.cancel();
    }
  }
}
