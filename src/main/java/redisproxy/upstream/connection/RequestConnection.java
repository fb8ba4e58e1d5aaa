package redisproxy.upstream.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.List;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.ProtocolError;

/**
 * A connection to Redis for requests and their replies. Sends the greeting first, reads the replies
 * to it, then matches each reply with its request. Ends once: when it is lost, when Redis refuses
 * the greeting or sends something unexpected, or when the proxy closes it. Belongs to one event
 * loop.
 *
 * @param <T> a request, as its receiver knows it
 */
public final class RequestConnection<T> {
  /** Opens the connection. */
  @FunctionalInterface
  public interface Opener {
    RedisConnection open(RedisConnection.Receiver receiver);
  }

  /** Receives the replies, and the end. */
  public interface Receiver<T> extends PendingReplies.Receiver<T> {
    /** The connection is open. */
    default void connected() {}

    /** No more replies come in this turn. */
    default void receivedAll() {}

    /**
     * The connection is closed, and no more replies come. Comes once, and last; not after {@link
     * #close}.
     *
     * @param unanswered the requests that have no reply, in their order
     */
    void ended(End end, List<T> unanswered);
  }

  /** How a connection ended, if the proxy did not close it. */
  public enum Kind {
    /** It was lost, or could not be made. */
    LOST,
    /** Redis sent something that is not RESP. */
    NOT_RESP,
    /** Redis refused the greeting. */
    REFUSED
  }

  /**
   * The end of a connection.
   *
   * @param cause null if Redis closed it, or refused the greeting
   * @param text the error of Redis or of the parser, or empty
   */
  public record End(Kind kind, @Nullable Throwable cause, String text) {}

  private final Receiver<T> receiver;
  private final PendingReplies<T> pending;
  private final RedisConnection connection;
  private boolean connected;
  private boolean over;

  /**
   * Begins to connect.
   *
   * @param greeting the first bytes; sent with the first {@link #flush}
   * @param greetings how many replies it has
   * @param maxReply see {@link PendingReplies}
   */
  public RequestConnection(
      Opener opener, byte[] greeting, int greetings, int maxReply, Receiver<T> receiver) {
    this.receiver = receiver;
    this.pending = new PendingReplies<>(greetings, maxReply, receiver, this::refused);
    this.connection = opener.open(new Bytes());
    if (greeting.length > 0) {
      connection.write(Unpooled.wrappedBuffer(greeting));
    }
  }

  /** Sends a request with the next {@link #flush}. */
  public void write(ByteBuf bytes, T request) {
    expect(request);
    write(bytes);
  }

  /** Adds a request whose bytes are written later, in the same order. */
  public void expect(T request) {
    pending.add(request);
  }

  /** Writes the bytes of {@linkplain #expect expected} requests; sent with the next flush. */
  public void write(ByteBuf bytes) {
    connection.write(bytes);
  }

  public void flush() {
    connection.flush();
  }

  /** Whether Redis was reached. */
  public boolean isConnected() {
    return connected;
  }

  /** Whether there is room to write more. There is before it is connected: the bytes wait then. */
  public boolean hasRoom() {
    return !connected || connection.isWritable();
  }

  /** Sets whether the connection reads from Redis. */
  public void setReading(boolean reading) {
    connection.setReading(reading);
  }

  /** The requests that have no reply yet, in their order. */
  public PendingReplies<T> pending() {
    return pending;
  }

  /** Closes at once; the receiver is not called any more. */
  public void close() {
    over = true;
    pending.abandon();
    connection.close();
  }

  private void end(End how) {
    if (!over) {
      List<T> unanswered = pending.abandon();
      close();
      receiver.ended(how, unanswered);
    }
  }

  private void refused(String error) {
    end(new End(Kind.REFUSED, null, error));
  }

  private final class Bytes implements RedisConnection.Receiver {
    @Override
    public void received(ByteBuf data) {
      try {
        pending.read(data);
      } catch (ProtocolError error) {
        end(new End(Kind.NOT_RESP, error, error.getMessage()));
      } finally {
        data.release();
      }
    }

    @Override
    public void receivedAll() {
      receiver.receivedAll();
    }

    @Override
    public void writable() {
      if (!connected) {
        connected = true;
        receiver.connected();
      }
    }

    @Override
    public void lost(@Nullable Throwable cause) {
      end(new End(Kind.LOST, cause, ""));
    }
  }
}
