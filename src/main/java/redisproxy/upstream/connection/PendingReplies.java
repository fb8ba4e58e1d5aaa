package redisproxy.upstream.connection;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;

/**
 * The requests of one connection that have no reply yet, in the order of sending. Splits the bytes
 * from Redis into replies and matches each reply with its request. Delivers short replies whole,
 * others in parts. Skips pushes. Pure: knows no sockets. One thread at a time.
 *
 * @param <T> a request
 */
public final class PendingReplies<T> {
  /** Receives replies. */
  public interface Receiver<T> {
    /**
     * A whole reply.
     *
     * @param type its first byte after any attributes
     * @param from holds the reply; valid only during this call
     */
    void reply(T request, byte type, ByteBuf from, int start, int length) throws ProtocolError;

    /**
     * The next part of a reply that is too long to be kept. A receiver that accepts only short
     * replies throws.
     *
     * @param isLast whether this is the last part of the reply
     */
    default void part(T request, byte type, ByteBuf from, int start, int length, boolean isLast)
        throws ProtocolError {
      throw new ProtocolError("a reply of more than " + SHORT + " bytes");
    }
  }

  /**
   * The longest short reply, in bytes. Replies to the greeting must be short; that to HELLO lists
   * the modules.
   */
  public static final int SHORT = 64 * 1024;

  private final int maxReply;
  private final Receiver<T> receiver;
  private final Consumer<String> refused;
  private final ArrayDeque<T> requests = new ArrayDeque<>();
  private final ReplyFramer framer = new ReplyFramer();

  /** How many replies to the greeting are still to come. */
  private int greetings;

  /** The bytes so far of an incomplete reply; empty between two replies. */
  private ByteBuf begun = Unpooled.EMPTY_BUFFER;

  private boolean inParts;
  private boolean stopped;

  /**
   * For a new connection.
   *
   * @param greetings how many replies come before those to requests
   * @param maxReply the longest reply that is kept until it is whole, in bytes. A reply that comes
   *     in a single read is delivered whole, however long
   * @param refused receives the error with which Redis refuses the greeting
   */
  public PendingReplies(
      int greetings, int maxReply, Receiver<T> receiver, Consumer<String> refused) {
    this.greetings = greetings;
    this.maxReply = maxReply;
    this.receiver = receiver;
    this.refused = refused;
  }

  /** A request is sent. */
  public void add(T request) {
    requests.add(request);
  }

  public int size() {
    return requests.size();
  }

  public boolean isEmpty() {
    return requests.isEmpty();
  }

  /** The request that gets the next reply, or null. */
  public @Nullable T first() {
    return requests.peek();
  }

  /** All requests without a reply, in the order of sending. */
  public Iterable<T> all() {
    return requests;
  }

  /** Removes and returns the requests that will get no reply. Nothing is read after this. */
  public List<T> abandon() {
    stopped = true;
    List<T> unanswered = new ArrayList<>(requests);
    requests.clear();
    return unanswered;
  }

  /**
   * Reads all of the data.
   *
   * @throws ProtocolError if it is not RESP, or a reply for which there is no request
   */
  public void read(ByteBuf data) throws ProtocolError {
    while (!stopped && data.isReadable()) {
      int start = data.readerIndex();
      boolean ends = framer.feed(data);
      int length = data.readerIndex() - start;
      if (ends && !inParts && !begun.isReadable()) {
        whole(data, start, length);
      } else {
        more(data, start, length, ends);
      }
    }
  }

  private void more(ByteBuf data, int start, int length, boolean ends) throws ProtocolError {
    int limit = greetings > 0 ? SHORT : maxReply;
    if (inParts || begun.readableBytes() + length > limit) {
      part(data, start, length, ends);
      return;
    }
    if (!begun.isReadable()) {
      begun = Unpooled.buffer(Math.max(64, length));
    }
    begun.writeBytes(data, start, length);
    if (ends) {
      ByteBuf reply = begun;
      begun = Unpooled.EMPTY_BUFFER;
      whole(reply, 0, reply.readableBytes());
    }
  }

  private void part(ByteBuf data, int start, int length, boolean ends) throws ProtocolError {
    if (greetings > 0) {
      throw new ProtocolError("a reply of more than " + SHORT + " bytes to the greeting");
    }
    ByteBuf before = begun;
    begun = Unpooled.EMPTY_BUFFER;
    inParts = !ends;
    if (framer.type() == '>') {
      return;
    }
    T request = requests.peek();
    if (request == null) {
      throw withoutRequest();
    }
    if (before.isReadable()) {
      receiver.part(request, framer.type(), before, 0, before.readableBytes(), false);
    }
    if (stopped) {
      return;
    }
    if (ends) {
      // Remove it only now: a receiver that gave up above must find it among the unanswered.
      requests.remove();
    }
    receiver.part(request, framer.type(), data, start, length, ends);
  }

  private void whole(ByteBuf from, int start, int length) throws ProtocolError {
    byte type = framer.type();
    if (type == '>') {
      return;
    }
    if (greetings > 0) {
      greetings--;
      if (type == '-') {
        stopped = true;
        String line = from.toString(start, length, StandardCharsets.ISO_8859_1);
        refused.accept(line.substring(1).stripTrailing());
      }
      return;
    }
    T request = requests.poll();
    if (request == null) {
      throw withoutRequest();
    }
    receiver.reply(request, type, from, start, length);
  }

  private static ProtocolError withoutRequest() {
    return new ProtocolError("a reply without a request");
  }
}
