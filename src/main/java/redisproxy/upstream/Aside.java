package redisproxy.upstream;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Vertx;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.resp.ProtocolError;
import redisproxy.resp.ReplyFramer;

/**
 * One connection to Redis over which sessions without a tunnel ask what is the same for all of
 * them, and get the reply's bytes as they came. Opened by a question, closed when there has been
 * none for a while. Belongs to one event loop.
 */
final class Aside implements Tunnel.Session {
  private static final Logger LOG = LoggerFactory.getLogger(Aside.class);

  /** How many questions may be unanswered: more than Redis answers within a usual deadline. */
  private static final int MAX_ASKED = 4096;

  /** Without a question for so many milliseconds the connection is closed. */
  private static final long IDLE_MS = 2_000;

  /** Who asks, told on the event loop, never within {@link #ask}; exactly one of them, once. */
  interface Asker {
    void answered(byte[] reply);

    /**
     * There is no reply to be had here.
     *
     * @param isReachable whether Redis is there all the same, to be asked in another way
     */
    void unanswered(boolean isReachable);
  }

  private static final class Asked {
    final byte[] request;
    final Asker asker;
    final long deadline;

    /** It has been sent on a connection that was lost. */
    boolean again;

    /** Its deadline is past, its reply owed all the same. */
    boolean over;

    Asked(byte[] request, Asker asker, long deadline) {
      this.request = request;
      this.asker = asker;
      this.deadline = deadline;
    }
  }

  private final Vertx vertx;
  private final Settings.Redis redis;
  private final Tunnels tunnels;
  private final boolean resp3;
  private final int maxReplyBytes;
  private final long timeout;

  /** In the order they are answered in. */
  private final ArrayDeque<Asked> asked = new ArrayDeque<>();

  /** Null while closed. */
  private @Nullable Tunnel tunnel;

  private boolean connected;
  private ReplyFramer framer = new ReplyFramer();
  private int greetings;
  private ByteBuf reply = Unpooled.buffer();
  private boolean tooLarge;
  private long usedAt;
  private long timer;

  Aside(Vertx vertx, Settings.Redis redis, Tunnels tunnels, boolean resp3, int maxReplyBytes) {
    this.vertx = vertx;
    this.redis = redis;
    this.tunnels = tunnels;
    this.resp3 = resp3;
    this.maxReplyBytes = maxReplyBytes;
    this.timeout = redis.loadTimeout().toMillis();
  }

  private static long now() {
    return System.nanoTime() / 1_000_000;
  }

  // Questions

  /** Asks; false, and nobody is told anything, when too many have asked. */
  boolean ask(byte[] request, Asker asker) {
    if (asked.size() >= MAX_ASKED) {
      return false;
    }
    usedAt = now();
    Asked question = new Asked(request, asker, usedAt + timeout);
    asked.add(question);
    if (tunnel == null) {
      open();
    } else {
      tunnel.write(Unpooled.wrappedBuffer(request));
      tunnel.flush();
    }
    return true;
  }

  private void open() {
    connected = false;
    framer = new ReplyFramer();
    forgetReply();
    greetings = Greeting.commands(redis, 0, resp3);
    Tunnel opened = tunnels.openShared(this, Connections.Kind.ASIDE);
    opened.write(Unpooled.wrappedBuffer(Greeting.of(redis, 0, resp3)));
    asked.forEach(question -> opened.write(Unpooled.wrappedBuffer(question.request)));
    tunnel = opened;
    timer = vertx.setPeriodic(Math.max(1, timeout / 20), id -> check());
  }

  // Replies

  @Override
  public void writable() {
    connected = true;
  }

  @Override
  public void received(ByteBuf data) {
    Tunnel from = tunnel;
    try {
      while (data.isReadable() && tunnel == from) {
        int start = data.readerIndex();
        boolean ends = framer.feed(data);
        keep(data, start);
        if (ends) {
          ended();
        }
      }
    } catch (ProtocolError error) {
      LOG.atWarn()
          .addKeyValue(LogKey.REASON, error.getMessage())
          .log("Redis sent what is not RESP");
      giveUp(true);
    } finally {
      data.release();
    }
  }

  @Override
  public void receivedAll() {}

  private void keep(ByteBuf data, int start) {
    int length = data.readerIndex() - start;
    tooLarge |= reply.readableBytes() + length > maxReplyBytes;
    if (!tooLarge) {
      reply.writeBytes(data, start, length);
    }
  }

  private void forgetReply() {
    reply = Unpooled.buffer();
    tooLarge = false;
  }

  /** A reply is whole. */
  private void ended() {
    boolean whole = !tooLarge;
    byte[] bytes = new byte[reply.readableBytes()];
    reply.readBytes(bytes);
    forgetReply();
    usedAt = now();
    if (greetings > 0) {
      greetings--;
      if (framer.type() == '-') {
        giveUp(true);
      }
    } else if (asked.isEmpty()) {
      giveUp(true);
    } else if (framer.type() != '>') {
      answer(asked.remove(), whole ? bytes : null);
    }
  }

  private static void answer(Asked question, byte @Nullable [] bytes) {
    if (!question.over && bytes != null) {
      question.asker.answered(bytes);
    } else if (!question.over) {
      question.asker.unanswered(true);
    }
  }

  // The end

  /** Tells those whose deadline is past; gives up what owes a reply for twice as long. */
  private void check() {
    long now = now();
    List<Asked> late = new ArrayList<>();
    for (Asked question : asked) {
      if (now < question.deadline) {
        break;
      }
      if (!question.over) {
        question.over = true;
        late.add(question);
      }
    }
    if (!asked.isEmpty() && now - asked.peek().deadline >= timeout) {
      giveUp(false);
    } else if (asked.isEmpty() && now - usedAt >= IDLE_MS) {
      close();
    }
    late.forEach(question -> question.asker.unanswered(false));
  }

  private void giveUp(boolean isReachable) {
    close();
    fail(takeAsked(), isReachable);
  }

  private List<Asked> takeAsked() {
    asked.removeIf(question -> question.over);
    List<Asked> taken = new ArrayList<>(asked);
    asked.clear();
    return taken;
  }

  private static void fail(List<Asked> questions, boolean isReachable) {
    questions.forEach(question -> question.asker.unanswered(isReachable));
  }

  private void close() {
    vertx.cancelTimer(timer);
    if (tunnel != null) {
      tunnel.close();
      tunnel = null;
    }
  }

  /**
   * Redis may have closed what was idle for its taste just when a question came: what was sent on a
   * connection that had been there is sent once more.
   */
  @Override
  public void lost() {
    close();
    List<Asked> lost = new ArrayList<>();
    for (Asked question : takeAsked()) {
      if (connected && !question.again) {
        question.again = true;
        asked.add(question);
      } else {
        lost.add(question);
      }
    }
    if (!asked.isEmpty()) {
      open();
    }
    fail(lost, false);
  }
}
