package redisproxy.front.resp;

import io.netty.util.concurrent.Future;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.FrontLimits;
import redisproxy.admission.RateLimit;
import redisproxy.resp.Reply;

/**
 * The limits of one session: its rate of requests, and, if the proxy checks passwords itself, the
 * delay of the reply to a wrong password. If Redis checks passwords, nothing is delayed: client
 * libraries take a late reply to AUTH for a dead connection, and an attacker simply reconnects.
 */
final class ClientLimits {
  /** The reply to a request beyond the rate. */
  static final byte[] EXCEEDED =
      Reply.error("ERR redis-proxy: rate limit exceeded, try again in a second");

  private final ClientConnection connection;
  private final FrontLimits limits;
  private final RateLimit rate;

  /** The next request was read, and counted, before. */
  private boolean counted;

  /** The task that sends a delayed reply, or null. */
  private @Nullable Future<?> late;

  ClientLimits(ClientConnection connection, FrontLimits limits) {
    this.connection = connection;
    this.limits = limits;
    this.rate = limits.rate();
  }

  /** Reads the clock. Call it before requests are read. */
  void tick() {
    if (rate.isOn()) {
      rate.tick();
    }
  }

  /** Whether the request just read is beyond the rate. If not, it is counted. */
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

  /** The request just read, and counted, will be read again, and must not count twice. */
  void readAgain() {
    counted = true;
  }

  /** Delays the reply to a failed log-in. The session reads no more until then. */
  void replyLate(OrderedReplies replies, byte[] reply) {
    long delay = limits.failedLogins().delayMs(connection.address());
    if (delay == 0) {
      replies.reply(reply);
      return;
    }
    int ticket = replies.accepted();
    replies.awaitReply();
    late =
        connection.later(
            delay,
            () -> {
              late = null;
              replies.replied(ticket, reply);
              connection.advance();
            });
  }

  /** Whether a reply is delayed. */
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
