package redisproxy.front.resp;

import redisproxy.cache.Failure;
import redisproxy.resp.Reply;
import redisproxy.upstream.load.ValueStream;

/** Maps failures to RESP errors. No other code does. */
final class FailureReply {
  private static final byte[] LOST = Reply.error("ERR redis-proxy: Redis was lost");
  private static final byte[] UNREACHABLE =
      Reply.error("ERR redis-proxy: " + ValueStream.UNREACHABLE);

  /** The reply to a request for which no dedicated connection was free in time. */
  static final byte[] BUSY = Reply.error("ERR redis-proxy: all connections to Redis are in use");

  /** The reply to a request within a transaction that cannot be executed in its database. */
  static final byte[] ABORTED =
      Reply.error("ERR redis-proxy: Redis was busy when this transaction began");

  private FailureReply() {}

  /** The reply to a request that was sent to Redis, or was to be sent, and got no answer. */
  static byte[] lost(boolean wasConnected) {
    return wasConnected ? LOST : UNREACHABLE;
  }

  /** The reply to a failed read. Redis's own errors stay unchanged. */
  static byte[] to(Failure failure) {
    return Reply.error(
        switch (failure.kind()) {
          case REDIS -> failure.text();
          // Client libraries log in when they receive this error.
          case NO_PASSWORD -> "NOAUTH Authentication required.";
          default -> "ERR redis-proxy: " + failure.text();
        });
  }
}
