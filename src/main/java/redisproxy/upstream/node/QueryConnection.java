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
 * One connection to Redis for the questions of sessions that have no dedicated connection. The
 * answers are the same for all sessions and are passed on byte for byte. Opened by a question,
 * closed after a time without one. Belongs to one event loop.
 */
final class QueryConnection implements RequestConnection.Receiver<QueryConnection.PendingQuery> {
  private static final Logger LOG = LoggerFactory.getLogger(QueryConnection.class);

  /** How many questions may be unanswered: more than Redis answers within the usual deadline. */
  private static final int MAX_ASKED = 4096;

  /** After this many milliseconds without a question the connection is closed. */
  private static final long IDLE_MS = 2_000;

  /**
   * Receives an answer. Exactly one of the methods is called, once, on the event loop, never within
   * {@link #ask}.
   */
  interface Requester {
    void answered(byte[] reply);

    /**
     * No usable reply came over this connection.
     *
     * @param isReachable whether Redis can be reached, so that a dedicated connection may get the
     *     answer
     */
    void unanswered(boolean isReachable);
  }

  static final class PendingQuery {
    final byte[] request;
    final Requester requester;
    final long deadline;

    /** It was sent before, over a connection that was lost. */
    boolean isResent;

    /** Its requester was told of the timeout, but Redis still owes its reply. */
    boolean isTimedOut;

    PendingQuery(byte[] request, Requester requester, long deadline) {
      this.request = request;
      this.requester = requester;
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
  private @Nullable RequestConnection<PendingQuery> connection;

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

  /**
   * Asks a question. False if too many questions are unanswered; then the requester is not called.
   */
  boolean ask(byte[] request, Requester requester) {
    RequestConnection<PendingQuery> open = connection;
    if (open != null && open.pending().size() >= MAX_ASKED) {
      return false;
    }
    usedAt = now();
    if (open == null) {
      open = open();
    }
    send(open, new PendingQuery(request, requester, usedAt + timeout));
    open.flush();
    return true;
  }

  private RequestConnection<PendingQuery> open() {
    timer = vertx.setPeriodic(Math.max(1, timeout / 20), id -> check());
    connection =
        new RequestConnection<>(
            receiver -> opener.open(receiver, Connections.Kind.QUERY),
            Greeting.of(redis, 0, resp3),
            Greeting.commands(redis, 0, resp3),
            maxReplyBytes,
            this);
    return connection;
  }

  private static void send(RequestConnection<PendingQuery> to, PendingQuery question) {
    to.write(Unpooled.wrappedBuffer(question.request), question);
  }

  // Replies

  @Override
  public void reply(PendingQuery question, byte type, ByteBuf from, int start, int length) {
    usedAt = now();
    byte[] bytes = new byte[length];
    from.getBytes(start, bytes);
    answer(question, length > maxReplyBytes ? null : bytes);
  }

  /** A reply that is too long to be kept comes in parts. */
  @Override
  public void part(
      PendingQuery question, byte type, ByteBuf from, int start, int length, boolean isLast) {
    usedAt = now();
    if (isLast) {
      answer(question, null);
    }
  }

  private static void answer(PendingQuery question, byte @Nullable [] bytes) {
    if (!question.isTimedOut && bytes != null) {
      question.requester.answered(bytes);
    } else if (!question.isTimedOut) {
      question.requester.unanswered(true);
    }
  }

  // The end

  /** Fails questions that are late. Closes the connection if a reply is late by another timeout. */
  private void check() {
    RequestConnection<PendingQuery> open = connection;
    if (open == null) {
      return;
    }
    long now = now();
    List<PendingQuery> late = new ArrayList<>();
    for (PendingQuery question : open.pending().all()) {
      if (now < question.deadline) {
        break;
      }
      if (!question.isTimedOut) {
        question.isTimedOut = true;
        late.add(question);
      }
    }
    PendingQuery first = open.pending().first();
    if (first != null && now - first.deadline >= timeout) {
      List<PendingQuery> unanswered = open.pending().abandon();
      close();
      fail(unanswered, false);
    } else if (first == null && now - usedAt >= IDLE_MS) {
      close();
    }
    late.forEach(question -> question.requester.unanswered(false));
  }

  /** Fails the questions that have not timed out. */
  private static void fail(List<PendingQuery> questions, boolean isReachable) {
    for (PendingQuery question : questions) {
      if (!question.isTimedOut) {
        question.requester.unanswered(isReachable);
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
   * Redis may close an idle connection just when a question is sent. So a question that was lost
   * with an established connection is sent once more.
   */
  @Override
  public void ended(RequestConnection.End end, List<PendingQuery> unanswered) {
    boolean wasConnected = connection != null && connection.isConnected();
    close();
    if (end.kind() != RequestConnection.Kind.LOST) {
      if (end.kind() == RequestConnection.Kind.NOT_RESP) {
        LOG.atWarn().addKeyValue(LogKey.REASON, end.text()).log("Redis sent what is not RESP");
      }
      fail(unanswered, true);
      return;
    }
    List<PendingQuery> again = new ArrayList<>();
    List<PendingQuery> lost = new ArrayList<>();
    for (PendingQuery question : unanswered) {
      if (wasConnected && !question.isResent && !question.isTimedOut) {
        question.isResent = true;
        again.add(question);
      } else {
        lost.add(question);
      }
    }
    if (!again.isEmpty()) {
      RequestConnection<PendingQuery> another = open();
      again.forEach(question -> send(another, question));
      another.flush();
    }
    fail(lost, false);
  }
}
