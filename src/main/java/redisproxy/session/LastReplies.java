package redisproxy.session;

import java.util.function.BooleanSupplier;
import redisproxy.upstream.Tunnel;

/**
 * Ends a tunnel whose last requests may not be answered yet. Redis drops what it has not sent when
 * it sees their end, and a reply would be cut off: so it is told of the end when all is answered,
 * or when it has said nothing for a while. For ever it is not waited for: a command may block.
 */
final class LastReplies {
  /** So long Redis says nothing, in milliseconds, between two replies. */
  private static final long SILENCE_MS = 1_000;

  private final RespSession session;
  private final Tunnel tunnel;
  private final BooleanSupplier isAnswered;
  private final BooleanSupplier isBetween;
  private boolean begun;
  private boolean ended;

  /** Something has come since the last look. */
  private boolean progressed;

  /**
   * Of a tunnel that goes on.
   *
   * @param isAnswered whether nothing is to come any more
   * @param isBetween whether no reply has begun that is not whole
   */
  LastReplies(
      RespSession session, Tunnel tunnel, BooleanSupplier isAnswered, BooleanSupplier isBetween) {
    this.session = session;
    this.tunnel = tunnel;
    this.isAnswered = isAnswered;
    this.isBetween = isBetween;
  }

  /** There are no more requests. */
  void begin() {
    if (begun) {
      return;
    }
    begun = true;
    if (tunnel.isConnected()) {
      advance();
      watch();
    } else {
      tunnel.close();
      session.leave();
    }
  }

  boolean isBegun() {
    return begun;
  }

  /** Redis has said something. */
  void advance() {
    progressed = true;
    if (begun && !ended && isAnswered.getAsBoolean()) {
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
      session.later(SILENCE_MS, this::check);
    }
  }

  private void check() {
    if (!progressed && isBetween.getAsBoolean() && session.isWritable()) {
      end();
    }
    watch();
  }

  private void end() {
    if (!ended) {
      ended = true;
      tunnel.endOutput();
    }
  }
}
