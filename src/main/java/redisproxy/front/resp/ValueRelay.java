package redisproxy.front.resp;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Failure;
import redisproxy.resp.Reply;
import redisproxy.upstream.load.ValueStream;

/** Streams a value that is too large to cache to a RESP client, no faster than the client reads. */
public final class ValueRelay implements ValueStream.Sink {
  private static final byte[] CRLF = {'\r', '\n'};

  private final ClientConnection connection;
  private final OrderedReplies replies;
  private @Nullable ValueStream stream;
  private boolean isBareValue;
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
    isBareValue = length != REPLY;
    if (isBareValue) {
      byte[] head = ("$" + length + "\r\n").getBytes(StandardCharsets.US_ASCII);
      connection.write(Unpooled.wrappedBuffer(head));
    }
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

  /** Resumes the stream if the client has read enough. */
  void resume() {
    if (stream != null && connection.isWritable()) {
      stream.resume();
    }
  }

  @Override
  public void end() {
    if (isBareValue) {
      connection.write(Unpooled.wrappedBuffer(CRLF));
    }
    connection.flush();
    replies.streamed(null);
  }

  @Override
  public void missing() {
    answer(Reply.NIL);
  }

  /**
   * Closes the connection if the value has begun, because no other signal of the failure remains.
   */
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
