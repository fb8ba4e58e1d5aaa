package redisproxy.front.resp;

import java.util.Objects;
import org.jspecify.annotations.Nullable;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.cache.Answer;
import redisproxy.cache.CachedReply;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.NotCached;
import redisproxy.cache.Read;
import redisproxy.cache.TooLarge;
import redisproxy.cache.Unverified;
import redisproxy.command.CachedCommand;
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
 * requests are accepted. None are after long keys, until all are answered. An answer that arrives
 * above the second limit is dropped. When it is first in line, it is looked up again, and so are
 * all answers after it, so that a client never sees an older value after a newer one.
 */
final class OrderedReplies implements Bus.Requester, ReadBarrier.Source {
  /** A lookup of more bytes counts towards {@link #MAX_LONG}. */
  private static final int LONG = 1024;

  /**
   * After long lookups of this many bytes together, no more requests are accepted until all are
   * answered.
   */
  private static final int MAX_LONG = 64 * 1024;

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

  /** Replies that Redis sent past the cache: how many, and how many of them a fence has covered. */
  private int relayed;

  private int relayedBeforeFence;
  private int relayedAndFenced;

  /** Bytes of the long lookups since all requests were last answered. */
  private long longBytes;

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
    return longBytes < MAX_LONG
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
    accepted(length);
    reading++;
  }

  /** Looks up the reply to another read of one key. */
  void read(Request request, CachedCommand command) {
    int ticket = replies.take();
    front.lookup(this, ticket, state.db(), request, command, state.isResp3());
    accepted(request.size());
    reading++;
  }

  private void accepted(int length) {
    longBytes += length > LONG ? length : 0;
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

  // The read barrier

  /** Always: no request is accepted while a reply is relayed. */
  @Override
  public boolean isQuiet() {
    return true;
  }

  /** A relayed reply shows a newer state than the cache may have of other keys. */
  @Override
  public boolean hasObserved() {
    return relayed != relayedAndFenced;
  }

  @Override
  public void fenceRequested() {
    relayedBeforeFence = relayed;
  }

  @Override
  public void forgetObserved() {
    relayedAndFenced = relayedBeforeFence;
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
    } else if (length(answer) >= 0) {
      if (!hit) {
        lookUpOlderAgain(ticket, answer);
      }
      reading--;
      if (ticket == replies.head() && mayWriteAtOnce()) {
        appendValue(answer);
        removeFirst();
      } else if (held > maxPendingBytes && ticket != replies.head()) {
        reading++;
        replies.fill(ticket, new Lookup(answer));
        toLookUpAgain = replies.size();
      } else {
        replies.fill(ticket, answer);
        held += length(answer);
      }
    } else if (answer instanceof Failure failure) {
      reading--;
      fill(ticket, FailureReply.to(failure));
    } else {
      replies.fill(ticket, answer);
    }
  }

  /** The length of what is kept in the cache, or -1 for any other reply. */
  private static int length(Object reply) {
    if (reply instanceof Entry entry) {
      return entry.respLength();
    }
    return reply instanceof CachedReply cached ? cached.bytes().length : -1;
  }

  /** What was looked up, so that it can be looked up again. */
  private record Lookup(Key key, @Nullable Read read) {
    Lookup(Object reply) {
      this(
          reply instanceof Entry entry ? entry.key() : ((CachedReply) reply).key(),
          reply instanceof CachedReply cached ? cached.read() : null);
    }

    boolean mayShareKeyWith(Lookup other) {
      return isOfKeys() || other.isOfKeys() || key.equals(other.key);
    }

    private boolean isOfKeys() {
      return read != null && read.has(Read.KEYS);
    }
  }

  /**
   * A load has brought the newest state of a key. Replies behind it that were found in the cache
   * before may be older if they are of the same key, or if either is of several keys. They are
   * looked up again.
   *
   * <p>This concerns different reads of one key. A second read of the same kind waits for the same
   * load.
   */
  private void lookUpOlderAgain(int ticket, Object loaded) {
    Lookup first = null;
    for (int later = ticket + 1; later != replies.tail(); later++) {
      Object reply = replies.reply(later);
      if (reply instanceof CachedReply || reply instanceof Entry && loaded instanceof CachedReply) {
        first = first == null ? new Lookup(loaded) : first;
        if (first.mayShareKeyWith(new Lookup(reply))) {
          toLookUpAgain = replies.size();
          return;
        }
      }
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
      if (reply instanceof NotCached notCached && lookUpWhole(notCached)) {
        break;
      }
      if (reply instanceof TooLarge || reply instanceof NotCached) {
        writer.write();
        stream((Answer) reply);
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
    longBytes = replies.isEmpty() ? 0 : longBytes;
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
    if (length(reply) >= 0) {
      held -= length(reply);
      appendValue(reply);
    } else {
      byte[] bytes = (byte[]) reply;
      held -= bytes.length;
      append(bytes, 0, bytes.length);
    }
  }

  private void appendValue(Object reply) {
    if (reply instanceof CachedReply cached) {
      appendReply(cached.read(), cached.bytes());
      return;
    }
    Entry entry = (Entry) reply;
    if (entry.isMissing()) {
      append(nil(), 0, nil().length);
    } else {
      append(entry.bytes(), entry.respOffset(), entry.respLength());
    }
  }

  private void appendReply(Read read, byte[] bytes) {
    if (!state.isResp3() || read.has(Read.RESP3)) {
      append(bytes, 0, bytes.length);
      return;
    }
    Resp3Form form = Resp3Form.of(read, bytes);
    append(form.head(), 0, form.head().length);
    append(bytes, form.rest(), bytes.length - form.rest());
  }

  private void append(byte[] bytes, int offset, int length) {
    writer.add(bytes, offset, length, held + (long) reading * length);
  }

  private byte[] nil() {
    return state.isResp3() ? Reply.NULL : Reply.NIL;
  }

  private boolean mustLookUpAgain() {
    Object reply = replies.first();
    return reply instanceof Lookup
        || reply != null && length(reply) >= 0 && toLookUpAgain > 0 && !headLookedUpAgain;
  }

  private void lookUpAgain() {
    Object reply = Objects.requireNonNull(replies.first());
    headLookedUpAgain = true;
    if (length(reply) >= 0) {
      held -= length(reply);
      reading++;
      reply = new Lookup(reply);
    }
    Lookup lookup = (Lookup) reply;
    replies.fill(replies.head(), null);
    front.lookup(this, replies.head(), lookup.key(), lookup.read());
  }

  /**
   * Redis must answer this read of several keys. It is asked only now that all earlier requests are
   * answered. The replies behind it are looked up again, because its answer may be newer.
   *
   * @return false if that was tried, or is not possible
   */
  private boolean lookUpWhole(NotCached notCached) {
    Read read = notCached.read();
    if (!read.has(Read.KEYS) || read.has(Read.WHOLE)) {
      return false;
    }
    toLookUpAgain = replies.size();
    headLookedUpAgain = true;
    replies.fill(replies.head(), null);
    front.lookup(this, replies.head(), notCached.key(), read.whole());
    return true;
  }

  private void removeFirst() {
    replies.removeFirst();
    headLookedUpAgain = false;
    if (toLookUpAgain > 0) {
      toLookUpAgain--;
    }
  }

  private void stream(Answer answer) {
    toLookUpAgain = replies.size();
    relay = new ValueRelay(connection, this);
    if (answer instanceof NotCached notCached) {
      relayed++;
      Read read = notCached.read();
      streams.open(notCached.key(), state.isResp3() ? read.inResp3() : read, relay);
    } else {
      streams.open(((TooLarge) answer).key(), relay);
    }
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
