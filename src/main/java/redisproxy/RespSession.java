package redisproxy;

import io.netty.buffer.ByteBuf;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.TooLarge;
import redisproxy.config.Settings;
import redisproxy.resp.CommandName;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.Reply;
import redisproxy.resp.ReplyQueue;
import redisproxy.resp.RequestParser;
import redisproxy.upstream.ValueStreams;

/**
 * One RESP client: reads its requests, has its keys looked up, writes its replies in the order of the requests.
 *
 * <p>What it may cost is bounded: requests in flight by {@code resp.max-pipeline}, replies not yet read by {@code
 * resp.max-pending-bytes} and one more. Beyond either, nothing more is parsed and the socket is not read. Answers that
 * come when the bound is reached are let go and asked for again when it is their turn, together with all behind them,
 * so that a client never sees an older value after a newer one.
 */
final class RespSession extends RespConnection implements Bus.Asker {
  private static final long GET = CommandName.of("get");
  private static final long PING = CommandName.of("ping");
  private static final long ECHO = CommandName.of("echo");
  private static final long QUIT = CommandName.of("quit");

  /** HTTP sent to this port, perhaps by a browser that was lured: Redis closes on these, and so do we. */
  private static final long POST = CommandName.of("post");

  private static final long HOST = CommandName.of("host:");

  /** A key longer than this, in bytes, waits until nothing else is in flight. */
  private static final int LONG_KEY = 1024;

  private final Front front;
  private final ValueStreams streams;
  private final int db;
  private final int maxPendingBytes;
  private final RequestParser parser;
  private final ReplyQueue replies;

  /** Bytes of replies that are known and wait for their turn. */
  private long held;

  /**
   * So many replies from the head on are asked again when it is their turn. Until that is done nothing more is asked,
   * for its answer could come first and then be older than theirs.
   */
  private int toAskAgain;

  private boolean headAskedAgain;

  private ValueRelay relay;
  private boolean longKey;
  private boolean quitting;
  private boolean draining;
  private boolean advancing;
  private boolean gone;

  RespSession(Front front, ValueStreams streams, Settings.Resp settings, int db) {
    this.front = front;
    this.streams = streams;
    this.db = db;
    this.maxPendingBytes = settings.maxPendingBytes();
    this.parser = new RequestParser(settings.maxRequestBytes());
    this.replies = new ReplyQueue(settings.maxPipeline());
  }

  // Requests in

  @Override
  void accept(ByteBuf input) {
    try {
      while (mayAccept() && parser.parse(input)) {
        handle();
      }
    } catch (ProtocolError error) {
      reply(Reply.error(error.getMessage()));
      quitting = true;
    }
  }

  private boolean mayAccept() {
    return !quitting
        && !longKey
        && toAskAgain == 0
        && !replies.isFull()
        && held < maxPendingBytes
        && isWritable();
  }

  private void handle() {
    long name = parser.name();
    if (name == GET) {
      get();
    } else if (name == PING) {
      ping();
    } else if (name == ECHO) {
      reply(parser.count() == 2 ? argument(1) : Reply.wrongArity("echo"));
    } else if (name == QUIT) {
      reply(Reply.OK);
      quitting = true;
    } else if (name == POST || name == HOST) {
      close();
      quitting = true;
    } else {
      reply(Reply.unknownCommand(parser));
    }
  }

  private void get() {
    if (parser.count() != 2) {
      reply(Reply.wrongArity("get"));
      return;
    }
    int length = parser.length(1);
    front.lookup(this, replies.take(), db, parser.buffer(), parser.start(1), length);
    longKey = length > LONG_KEY;
  }

  private void ping() {
    reply(
        switch (parser.count()) {
          case 1 -> Reply.PONG;
          case 2 -> argument(1);
          default -> Reply.wrongArity("ping");
        });
  }

  private byte[] argument(int i) {
    return Reply.bulk(parser.buffer(), parser.start(i), parser.length(i));
  }

  // Answers in

  private void reply(byte[] bytes) {
    fill(replies.take(), bytes);
  }

  private void fill(int ticket, byte[] bytes) {
    replies.fill(ticket, bytes);
    held += bytes.length;
  }

  @Override
  public void answered(int ticket, Answer answer, boolean hit) {
    if (gone) {
      return;
    }
    if (answer instanceof Entry entry) {
      if (held > maxPendingBytes && ticket != replies.head()) {
        replies.fill(ticket, entry.key());
        toAskAgain = replies.size();
      } else {
        replies.fill(ticket, entry);
        held += entry.respLength();
      }
    } else if (answer instanceof Failure failure) {
      fill(ticket, Reply.error(Failures.respError(failure)));
    } else {
      replies.fill(ticket, answer);
    }
  }

  @Override
  public void answersEnd() {
    advance();
  }

  // Replies out

  @Override
  void advance() {
    if (advancing || gone) {
      return;
    }
    advancing = true;
    if (relay != null) {
      relay.resume();
    }
    boolean progress;
    do {
      progress = writeReplies();
      longKey &= !replies.isEmpty();
      int before = replies.tail();
      acceptInput();
      progress |= replies.tail() != before;
    } while (progress);
    setReading(!draining && mayAccept());
    if (replies.isEmpty() && relay == null && (quitting || draining && mayAccept())) {
      leave();
    }
    advancing = false;
  }

  /** Returns whether it wrote any: the socket may have taken it all already and then has room again. */
  private boolean writeReplies() {
    ByteBuf gathered = null;
    boolean wrote = false;
    while (relay == null && !replies.isEmpty() && replies.first() != null && isWritable()) {
      if (isToBeAskedAgain()) {
        askAgain();
        break;
      }
      Object reply = replies.first();
      if (reply instanceof TooLarge tooLarge) {
        gathered = writeGathered(gathered);
        stream(tooLarge.key());
        // A stream that was refused at once has left its reply at the head, and nobody else will come for it.
        wrote |= relay == null;
        break;
      }
      gathered = append(gathered, reply);
      wrote = true;
      removeFirst();
    }
    writeGathered(gathered);
    if (wrote) {
      flush();
    }
    return wrote;
  }

  private ByteBuf append(ByteBuf gathered, Object reply) {
    if (reply instanceof Entry entry && !entry.isMissing()) {
      held -= entry.respLength();
      return gather(gathered, entry.bytes(), entry.respOffset(), entry.respLength(), held);
    }
    byte[] bytes = reply instanceof Entry ? Reply.NIL : (byte[]) reply;
    held -= reply instanceof Entry ? 0 : bytes.length;
    return gather(gathered, bytes, 0, bytes.length, held);
  }

  private boolean isToBeAskedAgain() {
    Object reply = replies.first();
    return reply instanceof Key
        || reply instanceof Entry && toAskAgain > 0 && !headAskedAgain;
  }

  private void askAgain() {
    Object reply = replies.first();
    headAskedAgain = true;
    if (reply instanceof Entry entry) {
      held -= entry.respLength();
      reply = entry.key();
    }
    replies.fill(replies.head(), null);
    front.lookup(this, replies.head(), (Key) reply);
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
    relay = new ValueRelay(this);
    streams.open(key, relay);
  }

  /** The value too large to keep has been written, or, with a reply, there is none. */
  void streamed(byte[] reply) {
    relay = null;
    if (reply == null) {
      removeFirst();
    } else {
      fill(replies.head(), reply);
    }
    advance();
  }

  // The end

  /** Answers what has been read, then closes. */
  void drain() {
    draining = true;
    advance();
  }

  @Override
  void ended() {
    drain();
  }

  @Override
  void closed() {
    gone = true;
    replies.clear();
    held = 0;
    if (relay != null) {
      relay.cancel();
      relay = null;
    }
  }
}
