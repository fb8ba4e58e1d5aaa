package redisproxy.front.resp;

import java.util.function.BooleanSupplier;
import redisproxy.command.OutstandingRequests;
import redisproxy.upstream.node.DedicatedConnection;

/**
 * Ends a dedicated connection after the last request of its client. When Redis sees the end of a
 * connection, it drops the replies that it has not sent. So the end is forwarded only after all
 * requests are answered, or after Redis has been silent for a while.
 *
 * <p>A blocking request is different: a client that is gone must not take the next job of a queue.
 * While such a request is outstanding, the end is forwarded at once, after everything that the
 * client has sent. Redis then treats the client like any other that leaves.
 */
final class DedicatedDrain {
  /** How long Redis may be silent between two replies, in milliseconds. */
  private static final long SILENCE_MS = 1_000;

  private final ClientConnection connection;
  private final DedicatedConnection redis;
  private final OutstandingRequests outstanding;
  private final BooleanSupplier isBetweenReplies;
  private boolean begun;
  private boolean ended;

  /** Whether Redis has sent something since the last check. */
  private boolean progressed;

  /**
   * For a dedicated connection that is still in use.
   *
   * @param outstanding the requests without a reply
   * @param isBetweenReplies whether no reply is incomplete
   */
  DedicatedDrain(
      ClientConnection connection,
      DedicatedConnection redis,
      OutstandingRequests outstanding,
      BooleanSupplier isBetweenReplies) {
    this.connection = connection;
    this.redis = redis;
    this.outstanding = outstanding;
    this.isBetweenReplies = isBetweenReplies;
  }

  /** Begins to end the connection: the client will send no more requests. */
  void begin() {
    if (begun) {
      return;
    }
    begun = true;
    if (redis.isConnected()) {
      advance();
      watch();
    } else {
      redis.close();
      connection.leave();
    }
  }

  boolean isBegun() {
    return begun;
  }

  /** Redis has sent something. */
  void advance() {
    progressed = true;
    if (begun && !ended && (outstanding.isAnswered() || outstanding.mayWait())) {
      end();
    }
  }

  /** Stops waiting, because the client is gone. */
  void stop() {
    ended = true;
  }

  private void watch() {
    if (!ended) {
      progressed = false;
      connection.later(SILENCE_MS, this::check);
    }
  }

  private void check() {
    if (!progressed && isBetweenReplies.getAsBoolean() && connection.isWritable()) {
      end();
    }
    watch();
  }

  private void end() {
    if (!ended) {
      ended = true;
      redis.endOutput();
    }
  }
}
