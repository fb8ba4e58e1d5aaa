package redisproxy.front.resp;

import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.RateLimit;
import redisproxy.resp.Reply;

/**
 * The limits of one session: its rate of requests, and the delay of the reply to a wrong password
 * where the proxy checks passwords itself. Where Redis checks them nothing is delayed: client
 * libraries take a late reply to AUTH for a dead connection, and an attacker simply reconnects.
 */
final class ClientLimits {
  /** The reply to a request too many. */
  static final byte[] EXCEEDED =
      Reply.error("ERR redis-proxy: rate limit exceeded, try again in a second");

  private final ClientConnection connection;
  private final FrontLimits limits;
  private final RateLimit rate;

  /** The request that is read next has been counted: it was read before. */
  private boolean counted;

  /** Gives the reply that is late, or null. */
  private @Nullable Future<?> late;

  ClientLimits(ClientConnection connection, FrontLimits limits) {
    this.connection = connection;
    this.limits = limits;
    this.rate = limits.rate();
  }

  /** Requests are about to be read. */
  void tick() {
    if (rate.isOn()) {
      rate.tick();
    }
  }

  /** Whether a request that was read is one too many; else it counts. */
  boolean isExceeded() {
    return rate.isOn() && isOneTooMany();
  }

  private boolean isOneTooMany() {
    if (counted) {
      counted = false;
      return false;
    }
    return !rate.take(connection.address());
  }

  /** The request that was read, and counted, will be read again. */
  void readAgain() {
    counted = true;
  }

  /** Has the reply to a failed log-in come late; nothing more is read until then. */
  void replyLate(OrderedReplies cached, byte[] reply) {
    long delay = limits.failedLogins().delayMs(connection.address());
    if (delay == 0) {
      cached.reply(reply);
      return;
    }
    int ticket = cached.accepted();
    cached.awaitReply();
    late =
        connection.later(
            delay,
            () -> {
              late = null;
              cached.replied(ticket, reply);
              connection.advance();
            });
  }

  /** Whether a reply is late. */
  boolean isLate() {
    return late != null;
  }

  /** The client is gone. */
  void close() {
    if (late != null) {
      late.cancel(false);
      late = null;
    }
  }
}
