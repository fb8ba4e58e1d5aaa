package redisproxy.upstream.node;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.Vertx;
import java.util.ArrayList;
import java.util.List;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;
import redisproxy.config.Settings;
import redisproxy.log.LogKey;
import redisproxy.metrics.Connections;
import redisproxy.upstream.connection.Greeting;
import redisproxy.upstream.connection.RequestConnection;

/**
 * One connection to Redis over which sessions without a dedicated connection ask what is the same
 * for all of them, and get the reply's bytes as they came. Opened by a question, closed when there
 * has been none for a while. Belongs to one event loop.
 */
final class QueryConnection implements RequestConnection.Receiver<QueryConnection.Asked> {
  private static final Logger LOG = LoggerFactory.getLogger(QueryConnection.class);

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

  static final class Asked {
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
  private final DedicatedConnections.Opener opener;
  private final boolean resp3;
  private final int maxReplyBytes;
  private final long timeout;

  /** Null while closed. */
  private @Nullable RequestConnection<Asked> connection;

  private long usedAt;
  private long timer;

  QueryConnection(
      Vertx vertx,
      Settings.Redis redis,
      DedicatedConnections.Opener opener,
      boolean resp3,
      int maxReplyBytes) {
    this.vertx = vertx;
    this.redis = redis;
    this.opener = opener;
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
    RequestConnection<Asked> open = connection;
    if (open != null && open.pending().size() >= MAX_ASKED) {
      return false;
    }
    usedAt = now();
    if (open == null) {
      open = open();
    }
    send(open, new Asked(request, asker, usedAt + timeout));
    open.flush();
    return true;
  }

  private RequestConnection<Asked> open() {
    timer = vertx.setPeriodic(Math.max(1, timeout / 20), id -> check());
    connection =
        new RequestConnection<>(
            receiver -> opener.open(receiver, Connections.Kind.ASIDE),
            Greeting.of(redis, 0, resp3),
            Greeting.commands(redis, 0, resp3),
            maxReplyBytes,
            this);
    return connection;
  }

  private static void send(RequestConnection<Asked> to, Asked question) {
    to.write(Unpooled.wrappedBuffer(question.request), question);
  }

  // Replies

  @Override
  public void reply(Asked question, byte type, ByteBuf from, int start, int length) {
    usedAt = now();
    byte[] bytes = new byte[length];
    from.getBytes(start, bytes);
    answer(question, length > maxReplyBytes ? null : bytes);
  }

  /** Too long to be kept. */
  @Override
  public void part(Asked question, byte type, ByteBuf from, int start, int length, boolean isLast) {
    usedAt = now();
    if (isLast) {
      answer(question, null);
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
    RequestConnection<Asked> open = connection;
    if (open == null) {
      return;
    }
    long now = now();
    List<Asked> late = new ArrayList<>();
    for (Asked question : open.pending().all()) {
      if (now < question.deadline) {
        break;
      }
      if (!question.over) {
        question.over = true;
        late.add(question);
      }
    }
    Asked first = open.pending().first();
    if (first != null && now - first.deadline >= timeout) {
      List<Asked> unanswered = open.pending().abandon();
      close();
      fail(unanswered, false);
    } else if (first == null && now - usedAt >= IDLE_MS) {
      close();
    }
    late.forEach(question -> question.asker.unanswered(false));
  }

  /** Tells those who still wait. */
  private static void fail(List<Asked> questions, boolean isReachable) {
    for (Asked question : questions) {
      if (!question.over) {
        question.asker.unanswered(isReachable);
      }
    }
  }

  private void close() {
    vertx.cancelTimer(timer);
    if (connection != null) {
      connection.close();
      connection = null;
    }
  }

  /**
   * Redis may have closed what was idle for its taste just when a question came: what was sent on a
   * connection that had been there is sent once more.
   */
  @Override
  public void ended(RequestConnection.End end, List<Asked> unanswered) {
    boolean wasConnected = connection != null && connection.isConnected();
    close();
    if (end.kind() != RequestConnection.Kind.LOST) {
      if (end.kind() == RequestConnection.Kind.NOT_RESP) {
        LOG.atWarn().addKeyValue(LogKey.REASON, end.text()).log("Redis sent what is not RESP");
      }
      fail(unanswered, true);
      return;
    }
    List<Asked> again = new ArrayList<>();
    List<Asked> lost = new ArrayList<>();
    for (Asked question : unanswered) {
      if (wasConnected && !question.again && !question.over) {
        question.again = true;
        again.add(question);
      } else {
        lost.add(question);
      }
    }
    if (!again.isEmpty()) {
      RequestConnection<Asked> another = open();
      again.forEach(question -> send(another, question));
      another.flush();
    }
    fail(lost, false);
  }
}
