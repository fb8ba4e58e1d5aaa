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
 * The requests of one connection that have no reply yet, in the order they were sent in. Cuts what
 * Redis sends into replies and tells which request each of them belongs to. Short replies are told
 * as a whole, others in parts. Pushes are passed over. Pure: knows no sockets. One thread at a
 * time.
 *
 * @param <T> a request
 */
public final class PendingReplies<T> {
  /** Is told of replies. */
  public interface Receiver<T> {
    /**
     * A reply, whole.
     *
     * @param type its first byte, behind its attributes
     * @param from holds it for as long as this takes
     */
    void reply(T request, byte type, ByteBuf from, int start, int length) throws ProtocolError;

    /**
     * The next part of a reply that is longer than is kept. A receiver of short replies gives up.
     *
     * @param isLast whether the reply ends with it
     */
    default void part(T request, byte type, ByteBuf from, int start, int length, boolean isLast)
        throws ProtocolError {
      throw new ProtocolError("a reply of more than " + SHORT + " bytes");
    }
  }

  /**
   * The longest short reply, in bytes. Those to the greeting are short: HELLO lists the modules.
   */
  public static final int SHORT = 64 * 1024;

  private final int maxReply;
  private final Receiver<T> receiver;
  private final Consumer<String> refused;
  private final ArrayDeque<T> requests = new ArrayDeque<>();
  private final ReplyFramer framer = new ReplyFramer();

  /** Replies to the greeting still to come. */
  private int greetings;

  /** What has come of a reply that is not whole; empty between two. */
  private ByteBuf begun = Unpooled.EMPTY_BUFFER;

  private boolean inParts;
  private boolean stopped;

  /**
   * Those of a new connection.
   *
   * @param greetings how many replies come before those to requests
   * @param maxReply the longest reply that is kept until it is whole, in bytes; one that comes at
   *     once is told as a whole, however long
   * @param refused is told the error with which Redis refuses the greeting
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

  /** The request that is answered next, or null. */
  public @Nullable T first() {
    return requests.peek();
  }

  /** All of them, in their order. */
  public Iterable<T> all() {
    return requests;
  }

  /** Takes those that will have no reply, and reads no further. */
  public List<T> abandon() {
    stopped = true;
    List<T> unanswered = new ArrayList<>(requests);
    requests.clear();
    return unanswered;
  }

  /**
   * Reads on, to the end of what has come.
   *
   * @throws ProtocolError if this is not RESP, or a reply to nothing
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
      throw toNothing();
    }
    if (before.isReadable()) {
      receiver.part(request, framer.type(), before, 0, before.readableBytes(), false);
    }
    if (stopped) {
      return;
    }
    if (ends) {
      // Not sooner: a receiver that gives up is to find it among those without a reply.
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
      throw toNothing();
    }
    receiver.reply(request, type, from, start, length);
  }

  private static ProtocolError toNothing() {
    return new ProtocolError("a reply to nothing");
  }
}
