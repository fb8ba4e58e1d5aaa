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
 * The replies of a session that come over no dedicated connection, in the order of the requests:
 * from the cache, where it looks keys up, over a shared connection, or known at once.
 *
 * <p>What it may cost is bounded: requests in flight by {@code resp.max-pipeline}, replies not yet
 * read by {@code resp.max-pending-bytes} and one more. Beyond either, nothing more is accepted.
 * Answers that come when the bound is reached are let go and asked for again when it is their turn,
 * together with all behind them, so that a client never sees an older value after a newer one.
 */
final class OrderedReplies implements Bus.Asker {
  /** A key longer than this, in bytes, waits until nothing else is in flight. */
  private static final int LONG_KEY = 1024;

  private final ClientConnection connection;
  private final Front front;
  private final ValueStreams streams;
  private final ConnectionState state;
  private final int maxPendingBytes;
  private final ReplyQueue replies;
  private final ReplyWriter writer;

  /** Bytes of replies that are known and wait for their turn. */
  private long held;

  /**
   * So many replies from the head on are asked again when it is their turn. Until that is done
   * nothing more is asked, for its answer could come first and then be older than theirs.
   */
  private int toAskAgain;

  private boolean headAskedAgain;

  /** Reads whose value is not known yet. */
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
        && toAskAgain == 0
        && !replies.isFull()
        && held < maxPendingBytes
        && connection.hasRoom();
  }

  /** Whether every request has been answered and every answer written. */
  boolean isEmpty() {
    return replies.isEmpty() && relay == null && writer.isFlushed();
  }

  /** Bytes of replies that are known and wait for their turn. */
  long held() {
    return held;
  }

  /** Changes with every request accepted. */
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

  /** A reply will come under the ticket {@link #accepted} was. */
  void awaitReply() {
    replies.take();
  }

  /** It has come. */
  void replied(int ticket, byte[] bytes) {
    if (!gone) {
      fill(ticket, bytes);
    }
  }

  /** A reply that is known at once. */
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
        toAskAgain = replies.size();
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

  /** Whether the reply at the head need not wait for {@link #answersEnd} to be put with others. */
  private boolean mayWriteAtOnce() {
    return relay == null && toAskAgain == 0 && connection.isWritable();
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
   * Returns whether it wrote any: the socket may have taken it all already and then has room again.
   */
  boolean writeReplies() {
    if (relay != null) {
      relay.resume();
    }
    boolean wrote = !writer.isFlushed();
    while (relay == null && !replies.isEmpty() && mayWriteFirst()) {
      if (isToBeAskedAgain()) {
        askAgain();
        break;
      }
      Object reply = Objects.requireNonNull(replies.first());
      if (reply instanceof TooLarge tooLarge) {
        writer.write();
        stream(tooLarge.key());
        // A stream that was refused at once has left its reply at the head, and nobody else will
        // come for it.
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
   * Values and long replies stay where they are until the socket takes them; short ones may wait
   * behind it.
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

  private boolean isToBeAskedAgain() {
    Object reply = replies.first();
    return reply instanceof Key || reply instanceof Entry && toAskAgain > 0 && !headAskedAgain;
  }

  private void askAgain() {
    Object reply = replies.first();
    headAskedAgain = true;
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
    headAskedAgain = false;
    if (toAskAgain > 0) {
      toAskAgain--;
    }
  }

  private void stream(Key key) {
    toAskAgain = replies.size();
    relay = new ValueRelay(connection, this);
    streams.open(key, relay);
  }

  /** The value too large to keep has been written, or, with a reply, there is none. */
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
