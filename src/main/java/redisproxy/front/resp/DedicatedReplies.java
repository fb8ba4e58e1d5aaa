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
import redisproxy.command.Outstanding;
import redisproxy.command.WriteInvalidation;
import redisproxy.command.Writes;
import redisproxy.log.LogKey;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;

/**
 * The replies of a dedicated connection. Each goes to the client only after {@link
 * WriteInvalidation} has seen it. While a reply is held, those behind it are held too, and Redis is
 * not read.
 */
final class DedicatedReplies implements Bus.Fenced {
  private static final Logger LOG = LoggerFactory.getLogger(DedicatedReplies.class);

  private final ClientConnection connection;
  private final Front front;
  private final Outstanding outstanding;
  private final WriteInvalidation invalidation;

  /** Called when nothing is held any more. */
  private final Runnable released;

  private final ReplyFramer framer = new ReplyFramer();

  /** What is held, in order; the first of it ends a reply. */
  private final ArrayDeque<ByteBuf> held = new ArrayDeque<>();

  /** A longer reply is handed on as it is, in bytes: some ten thousand lines of CLIENT LIST. */
  private static final int MAX_NAMING = 8 * 1024 * 1024;

  /** The reply that is being read is not for the client. */
  private boolean dropping;

  /** What has come of a reply that names connections by their ids, or null. */
  private @Nullable ByteBuf naming;

  private final ClientIdReply.Ids ids;

  /** What Redis says to a connection that it closes at once, whatever was asked over it. */
  private static final List<String> TURNS_AWAY = List.of("-ERR max number of clients", "-DENIED ");

  /** That, when it came in place of a reply to a request of the proxy's own, or null. */
  private byte @Nullable [] turnedAway;

  private boolean holding;

  /** What has come since the last fence was asked for needs one, too. */
  private boolean unfenced;

  /** A fence is under way. */
  private boolean asked;

  /** How much of what is held it is for: nothing, perhaps, when the client has silenced Redis. */
  private int fenced;

  private boolean clientGone;

  DedicatedReplies(
      ClientConnection connection,
      Front front,
      Outstanding outstanding,
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

  /** Whether all that was read of Redis are whole replies. */
  boolean isBetween() {
    return framer.isBetween();
  }

  /** Bytes from Redis, which are released here. */
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
      handOnAsItIs();
      data.readerIndex(data.writerIndex());
      invalidate(outstanding.writes());
    }
    relay(data, from, data.readerIndex());
    data.release();
  }

  /** Reads on in a reply; returns up to where the data has been handed on, or is not to be. */
  private int next(ByteBuf data, int handedOn) throws ProtocolError {
    int from = handedOn;
    int start = data.readerIndex();
    if (framer.isBetween()) {
      begins(data.getByte(start));
    }
    boolean isDropped = dropping;
    boolean ends = framer.feed(data);
    if (isDropped || naming != null) {
      relay(data, from, start);
      from = data.readerIndex();
    }
    keepNaming(data, start);
    byte[] instead = isDropped && ends ? outstanding.answer() : null;
    if (isDropped && ends && framer.type() == '-') {
      noteTurnedAway(data, start);
    }
    ByteBuf renamed = ends ? renamed() : null;
    if (ends && isHeld(outstanding.replied(framer))) {
      if (!holding) {
        relay(data, from, start);
        from = Math.max(from, start);
      }
      holding = true;
      unfenced = true;
    }
    relay(instead);
    if (renamed != null) {
      relay(renamed);
    }
    return from;
  }

  private void noteTurnedAway(ByteBuf data, int start) {
    byte[] error = new byte[data.readerIndex() - start];
    data.getBytes(start, error);
    String text = new String(error, StandardCharsets.ISO_8859_1);
    if (TURNS_AWAY.stream().anyMatch(text::startsWith)) {
      turnedAway = error;
    }
  }

  /** What Redis said before it closed the connection it had just accepted, or null. */
  byte @Nullable [] turnedAway() {
    return turnedAway;
  }

  private void begins(byte type) {
    dropping = outstanding.isSilent(type);
    naming = !dropping && outstanding.namesIds(type) ? Unpooled.buffer() : null;
  }

  private void keepNaming(ByteBuf data, int start) {
    if (naming != null) {
      naming.writeBytes(data, start, data.readerIndex() - start);
      if (naming.readableBytes() > MAX_NAMING) {
        handOnAsItIs();
      }
    }
  }

  private void handOnAsItIs() {
    if (naming != null) {
      relay(naming);
      naming = null;
    }
  }

  /** The reply that is whole now with the ids that clients know, or null when it names none. */
  private @Nullable ByteBuf renamed() {
    ByteBuf reply = naming;
    naming = null;
    return reply == null ? null : outstanding.rewriteIds(reply, ids);
  }

  /** Invalidates what the request of a whole reply wrote; returns whether to hold the reply. */
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

  /** No more is received in this turn. */
  void receivedAll() {
    connection.flush();
    if (unfenced && !asked) {
      unfenced = false;
      asked = true;
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
    asked = false;
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

  /** What was written without a reply, or with one that is not held. */
  void invalidate(Writes writes) {
    invalidation.invalidate(writes);
  }

  /** The client is gone: replies are for nobody now. */
  void close() {
    clientGone = true;
    held.forEach(ByteBuf::release);
    held.clear();
    if (holding) {
      // What the fence is to tell nobody waits for, but without a feed all is to be dropped.
      front.invalidate(Writes.UNKNOWN);
    }
  }
}
