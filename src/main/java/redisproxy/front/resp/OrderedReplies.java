package redisproxy.front.resp;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.TooLarge;
import redisproxy.cache.Unverified;
import redisproxy.command.ConnectionState;
import redisproxy.command.Request;
import redisproxy.config.Settings;
import redisproxy.resp.Reply;
import redisproxy.upstream.load.ValueStreams;

/**
 * Keeps the replies of a session in the order of its requests, except those of its dedicated
 * connection. A reply comes from a lookup in the cache, from a shared connection, or is known at
 * once.
 *
 * <p>The memory is bounded: {@code resp.max-pipeline} limits the requests in flight, and {@code
 * resp.max-pending-bytes} the unread replies, plus one more reply. Beyond either limit, no more
 * requests are accepted. None are after a long key, until all are answered. An answer that arrives
 * above the second limit is dropped. When it is first in line, it is looked up again, and so are
 * all answers after it, so that a client never sees an older value after a newer one.
 */
final class OrderedReplies implements Bus.Asker {
  /**
   * After a key longer than this, in bytes, no more requests are accepted until all are answered.
   */
  private static final int LONG_KEY = 1024;

  private final ClientConnection connection;
  private final Front front;
  private final ValueStreams streams;
  private final ConnectionState state;
  private final int maxPendingBytes;
  private final ReplyQueue replies;
  private final ReplyWriter writer;

  /** Bytes of known replies that wait for earlier ones. */
  private long held;

  /**
   * How many replies, from the head on, must be looked up again when they are first in line. Until
   * then no new request is accepted, because its answer could arrive first and then be older than
   * theirs.
   */
  private int toLookUpAgain;

  private boolean headLookedUpAgain;

  /** How many reads have no value yet. */
  private int reading;

  private @Nullable ValueRelay relay;

  private boolean longKey;
  private boolean gone;

  OrderedReplies(
      ClientConnection connection,
      Front front,
      ValueStreams streams,
      ConnectionState state,
      Settings.Resp settings) {
    this.connection = connection;
    this.front = front;
    this.streams = streams;
    this.state = state;
    this.maxPendingBytes = settings.maxPendingBytes();
    this.replies = new ReplyQueue(settings.maxPipeline());
    this.writer = new ReplyWriter(connection);
  }

  // Requests in

  boolean mayAccept() {
    return !longKey
        && toLookUpAgain == 0
        && !replies.isFull()
        && held < maxPendingBytes
        && connection.hasRoom();
  }

  /** Whether every request is answered and every answer is written. */
  boolean isEmpty() {
    return replies.isEmpty() && relay == null && writer.isFlushed();
  }

  /** Bytes of known replies that wait for earlier ones. */
  long held() {
    return held;
  }

  /** The ticket of the next request; it changes with every accepted request. */
  int accepted() {
    return replies.tail();
  }

  /** Looks up the key of a GET. */
  void get(Request request) {
    int length = request.length(1);
    front.lookup(this, replies.take(), state.db(), request.buffer(), request.start(1), length);
    longKey = length > LONG_KEY;
    reading++;
  }

  /** Whether a read is under way. */
  boolean isReading() {
    return reading > 0;
  }

  /** Reserves the next place for a reply that comes later; {@link #accepted} is its ticket. */
  void awaitReply() {
    replies.take();
  }

  /** Fills in the reply of a reserved place. */
  void replied(int ticket, byte[] bytes) {
    if (!gone) {
      fill(ticket, bytes);
    }
  }

  /** Adds a reply that is known at once. */
  void reply(byte[] bytes) {
    fill(replies.take(), bytes);
  }

  // Answers in

  private void fill(int ticket, byte[] bytes) {
    replies.fill(ticket, bytes);
    held += bytes.length;
  }

  @Override
  public void answered(int ticket, Answer answer, boolean hit) {
    if (gone) {
      return;
    }
    if (answer instanceof Unverified unverified) {
      answered(ticket, unverified.entry(), hit);
    } else if (answer instanceof Entry entry) {
      reading--;
      if (ticket == replies.head() && mayWriteAtOnce()) {
        append(entry);
        removeFirst();
      } else if (held > maxPendingBytes && ticket != replies.head()) {
        reading++;
        replies.fill(ticket, entry.key());
        toLookUpAgain = replies.size();
      } else {
        replies.fill(ticket, entry);
        held += entry.respLength();
      }
    } else if (answer instanceof Failure failure) {
      reading--;
      fill(ticket, FailureReply.to(failure));
    } else {
      replies.fill(ticket, answer);
    }
  }

  /** Whether the reply at the head may be written before {@link #answersEnd}. */
  private boolean mayWriteAtOnce() {
    return relay == null && toLookUpAgain == 0 && connection.isWritable();
  }

  @Override
  public void answersEnd() {
    connection.advance();
  }

  @Override
  public void broken(Throwable fault) {
    connection.broken(fault);
  }

  // Replies out

  /**
   * Writes replies. Returns whether it wrote any. If so, the socket may already have taken them
   * all, and has room again.
   */
  boolean writeReplies() {
    if (relay != null) {
      relay.resume();
    }
    boolean wrote = !writer.isFlushed();
    while (relay == null && !replies.isEmpty() && mayWriteFirst()) {
      if (mustLookUpAgain()) {
        lookUpAgain();
        break;
      }
      Object reply = Objects.requireNonNull(replies.first());
      if (reply instanceof TooLarge tooLarge) {
        writer.write();
        stream(tooLarge.key());
        // If the stream was refused at once, its reply is at the head. Return true, or nothing else
        // would write that reply.
        wrote |= relay == null;
        break;
      }
      append(reply);
      wrote = true;
      removeFirst();
    }
    writer.flush();
    longKey &= !replies.isEmpty();
    return wrote;
  }

  /**
   * Values and long replies stay in the queue until the socket takes them. Short replies may be
   * copied to the backlog.
   */
  private boolean mayWriteFirst() {
    Object reply = replies.first();
    boolean isShort =
        reply instanceof byte[] bytes && ReplyWriter.isSmall(bytes.length)
            || reply instanceof Entry entry && entry.isMissing();
    return reply != null && (isShort ? connection.hasRoom() : connection.isWritable());
  }

  private void append(Object reply) {
    if (reply instanceof Entry entry) {
      held -= entry.respLength();
      append(entry);
    } else {
      byte[] bytes = (byte[]) reply;
      held -= bytes.length;
      append(bytes, 0, bytes.length);
    }
  }

  private void append(Entry entry) {
    if (entry.isMissing()) {
      append(nil(), 0, nil().length);
    } else {
      append(entry.bytes(), entry.respOffset(), entry.respLength());
    }
  }

  private void append(byte[] bytes, int offset, int length) {
    writer.add(bytes, offset, length, held + (long) reading * length);
  }

  private byte[] nil() {
    return state.isResp3() ? Reply.NULL : Reply.NIL;
  }

  private boolean mustLookUpAgain() {
    Object reply = replies.first();
    return reply instanceof Key
        || reply instanceof Entry && toLookUpAgain > 0 && !headLookedUpAgain;
  }

  private void lookUpAgain() {
    Object reply = replies.first();
    headLookedUpAgain = true;
    if (reply instanceof Entry entry) {
      held -= entry.respLength();
      reading++;
      reply = entry.key();
    }
    replies.fill(replies.head(), null);
    front.lookup(this, replies.head(), (Key) Objects.requireNonNull(reply));
  }

  private void removeFirst() {
    replies.removeFirst();
    headLookedUpAgain = false;
    if (toLookUpAgain > 0) {
      toLookUpAgain--;
    }
  }

  private void stream(Key key) {
    toLookUpAgain = replies.size();
    relay = new ValueRelay(connection, this);
    streams.open(key, relay);
  }

  /**
   * A stream has ended.
   *
   * @param reply null if the value was written; otherwise the reply to send in its place
   */
  void streamed(byte @Nullable [] reply) {
    relay = null;
    reading--;
    if (reply == null) {
      removeFirst();
    } else {
      fill(replies.head(), nilOr(reply));
    }
    connection.advance();
  }

  private byte[] nilOr(byte[] reply) {
    return reply == Reply.NIL ? nil() : reply;
  }

  /** The client is gone. */
  void close() {
    gone = true;
    replies.clear();
    writer.close();
    held = 0;
    if (relay != null) {
      relay.cancel();
      relay = null;
    }
  }
}
