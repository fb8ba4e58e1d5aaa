package redisproxy.front.resp;

import java.util.function.BooleanSupplier;
import redisproxy.command.Outstanding;
import redisproxy.upstream.connection.RedisConnection;

/**
 * Ends a dedicated connection whose client has sent its last request. Redis drops the replies it
 * has not sent when it sees the end of a connection, so the end is forwarded when all is answered,
 * or when Redis has been silent for a while.
 *
 * <p>A request that may wait is different: a client that is gone must not take the next job of a
 * queue. So while one is outstanding the end is forwarded at once, behind everything the client has
 * sent, and Redis does what it does with any client that leaves.
 */
final class DedicatedDrain {
  /** How long Redis may be silent between two replies, in milliseconds. */
  private static final long SILENCE_MS = 1_000;

  private final ClientConnection connection;
  private final RedisConnection redis;
  private final Outstanding outstanding;
  private final BooleanSupplier isBetween;
  private boolean begun;
  private boolean ended;

  /** Something has come since the last look. */
  private boolean progressed;

  /**
   * Of a dedicated connection that goes on.
   *
   * @param outstanding the requests without a reply
   * @param isBetween whether no reply has begun that is not whole
   */
  DedicatedDrain(
      ClientConnection connection,
      RedisConnection redis,
      Outstanding outstanding,
      BooleanSupplier isBetween) {
    this.connection = connection;
    this.redis = redis;
    this.outstanding = outstanding;
    this.isBetween = isBetween;
  }

  /** There are no more requests. */
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

  /** Redis has said something. */
  void advance() {
    progressed = true;
    if (begun && !ended && (outstanding.isAnswered() || outstanding.mayWait())) {
      end();
    }
  }

  /** The client is gone: nothing is waited for any more. */
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
    if (!progressed && isBetween.getAsBoolean() && connection.isWritable()) {
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
