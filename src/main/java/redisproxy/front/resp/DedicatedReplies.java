package redisproxy.front.resp;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.command.ClientIdReply;
import redisproxy.command.OutstandingRequests;
import redisproxy.command.WriteInvalidation;
import redisproxy.command.Writes;
import redisproxy.log.LogKey;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;

/**
 * Relays the replies of a dedicated connection. Each goes to the client only after {@link
 * WriteInvalidation} has seen it. While a reply is held, the replies after it are held too, and the
 * proxy does not read from Redis.
 */
final class DedicatedReplies implements Bus.Fenced {
  private static final Logger LOG = LoggerFactory.getLogger(DedicatedReplies.class);

  private final ClientConnection connection;
  private final Front front;
  private final OutstandingRequests outstanding;
  private final WriteInvalidation invalidation;

  /** Called when no reply is held any more. */
  private final Runnable released;

  private final ReplyFramer framer = new ReplyFramer();

  /**
   * The held bytes, in order. They begin in the last part of a reply; earlier parts may be sent.
   */
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();

  /**
   * A longer reply, in bytes, is relayed unchanged. This is some ten thousand lines of CLIENT LIST.
   */
  private static final int MAX_REPLY_WITH_IDS = 8 * 1024 * 1024;

  /** The current reply is not for the client. */
  private boolean dropping;

  /** The received part of a reply that contains ids of connections, or null. */
  private @Nullable ByteBuf replyWithIds;

  private final ClientIdReply.Ids ids;

  /** Errors of Redis to a connection that it closes at once, whatever the request. */
  private static final List<String> REJECTIONS = List.of("-ERR max number of clients", "-DENIED ");

  /** Such an error, received in place of the reply to a request of the proxy's own, or null. */
  private byte @Nullable [] rejection;

  /** Errors with which Redis refuses every request that reads or writes, for a while. */
  private static final List<String> TEMPORARY = List.of("-BUSY", "-LOADING", "-NOAUTH");

  /** The last error in reply to a request of the proxy's own was one of these. */
  private boolean refusedForNow;

  private boolean holding;

  /** A reply that arrived since the last fence was requested needs a fence too. */
  private boolean unfenced;

  private boolean fencePending;

  /**
   * How many of the held buffers the pending fence covers. It may cover none, when the client has
   * turned replies off.
   */
  private int fenced;

  private boolean clientGone;

  DedicatedReplies(
      ClientConnection connection,
      Front front,
      OutstandingRequests outstanding,
      ClientIdReply.Ids ids,
      Runnable released) {
    this.connection = connection;
    this.front = front;
    this.outstanding = outstanding;
    this.invalidation = new WriteInvalidation(front::invalidate);
    this.ids = ids;
    this.released = released;
  }

  /** Whether replies wait for a fence. */
  boolean isHolding() {
    return holding;
  }

  /** Whether only complete replies have been read from Redis. */
  boolean isBetweenReplies() {
    return framer.isBetween();
  }

  /** Handles bytes from Redis, and releases them. */
  void received(ByteBuf data) {
    int from = data.readerIndex();
    try {
      while (data.isReadable() && !outstanding.isStreaming()) {
        from = next(data, from);
      }
    } catch (ProtocolError error) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, error.getMessage())
          .log("Redis sent what is not RESP");
      outstanding.stream();
    }
    if (outstanding.isStreaming()) {
      relayUnchanged();
      data.readerIndex(data.writerIndex());
      invalidate(outstanding.writes());
    }
    relay(data, from, data.readerIndex());
    data.release();
  }

  /**
   * Reads a reply, or a part of one. Returns the index up to which the data is relayed or dropped.
   */
  private int next(ByteBuf data, int relayedTo) throws ProtocolError {
    int from = relayedTo;
    int start = data.readerIndex();
    if (framer.isBetween()) {
      begin(data.getByte(start));
    }
    boolean isDropped = dropping;
    boolean ends = framer.feed(data);
    if (isDropped || replyWithIds != null) {
      relay(data, from, start);
      from = data.readerIndex();
    }
    collectReplyWithIds(data, start);
    byte[] answer = isDropped && ends ? outstanding.answer() : null;
    if (isDropped && ends && framer.type() == '-') {
      noteRejection(data, start);
    }
    ByteBuf rewritten = ends ? rewrittenReply() : null;
    if (ends && isHeld(outstanding.replied(framer))) {
      if (!holding) {
        relay(data, from, start);
        from = Math.max(from, start);
      }
      holding = true;
      unfenced = true;
    }
    relay(answer);
    if (rewritten != null) {
      relay(rewritten);
    }
    return from;
  }

  private void noteRejection(ByteBuf data, int start) {
    byte[] error = new byte[data.readerIndex() - start];
    data.getBytes(start, error);
    String text = new String(error, StandardCharsets.ISO_8859_1);
    refusedForNow = TEMPORARY.stream().anyMatch(text::startsWith);
    if (REJECTIONS.stream().anyMatch(text::startsWith)) {
      rejection = error;
    }
  }

  /** The error with which Redis closed a connection that it had just accepted, or null. */
  byte @Nullable [] rejection() {
    return rejection;
  }

  /**
   * Whether Redis refuses everything that reads or writes for a while, as the last error in reply
   * to a request of the proxy's own says.
   */
  boolean isRefusedForNow() {
    return refusedForNow;
  }

  private void begin(byte type) {
    dropping = outstanding.isSilent(type);
    replyWithIds = !dropping && outstanding.namesIds(type) ? Unpooled.buffer() : null;
  }

  private void collectReplyWithIds(ByteBuf data, int start) {
    if (replyWithIds != null) {
      replyWithIds.writeBytes(data, start, data.readerIndex() - start);
      if (replyWithIds.readableBytes() > MAX_REPLY_WITH_IDS) {
        relayUnchanged();
      }
    }
  }

  private void relayUnchanged() {
    if (replyWithIds != null) {
      relay(replyWithIds);
      replyWithIds = null;
    }
  }

  /** The complete reply with the ids that clients know, or null if it contains no ids. */
  private @Nullable ByteBuf rewrittenReply() {
    ByteBuf reply = replyWithIds;
    replyWithIds = null;
    return reply == null ? null : outstanding.rewriteIds(reply, ids);
  }

  /** Invalidates what the request of a complete reply wrote. Returns whether to hold the reply. */
  private boolean isHeld(Writes writes) {
    if (clientGone) {
      invalidation.invalidate(writes);
      return false;
    }
    return invalidation.holds(writes);
  }

  private void relay(ByteBuf data, int from, int to) {
    if (to > from) {
      relay(data.retainedSlice(from, to - from));
    }
  }

  private void relay(byte @Nullable [] answer) {
    if (answer != null) {
      relay(Unpooled.wrappedBuffer(answer));
    }
  }

  private void relay(ByteBuf bytes) {
    if (clientGone) {
      bytes.release();
    } else if (holding) {
      held.add(bytes);
    } else {
      connection.writeOrHold(bytes);
    }
  }

  /** The end of the received data in this event-loop turn. */
  void receivedAll() {
    connection.flush();
    if (unfenced && !fencePending) {
      unfenced = false;
      fencePending = true;
      fenced = held.size();
      WriteInvalidation.Held heldFor = invalidation.takeHeld();
      if (heldFor.access()) {
        front.fenceAccess(this, heldFor.unknown());
      } else {
        front.fence(this, heldFor.unknown());
      }
    }
  }

  @Override
  public void fenced(boolean passed) {
    if (clientGone) {
      return;
    }
    fencePending = false;
    if (held.size() == fenced && !unfenced && passed) {
      outstanding.setTold(false);
    }
    holding = unfenced;
    for (int i = holding ? fenced : held.size(); i > 0; i--) {
      connection.writeOrHold(held.remove());
    }
    receivedAll();
    if (!holding) {
      released.run();
    }
  }

  @Override
  public void broken(Throwable fault) {
    connection.broken(fault);
  }

  /** Invalidates what was written without a reply, or with a reply that is not held. */
  void invalidate(Writes writes) {
    invalidation.invalidate(writes);
  }

  /** Drops all held replies, because the client is gone. */
  void close() {
    clientGone = true;
    held.forEach(ByteBuf::release);
    held.clear();
    if (holding) {
      // Nobody waits for the fence any more. But without a feed, the cache must still be cleared.
      front.invalidate(Writes.UNKNOWN);
    }
  }
}
