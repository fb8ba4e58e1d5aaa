package redisproxy.front.resp;

import redisproxy.cache.Failure;
import redisproxy.resp.Reply;
import redisproxy.upstream.load.ValueStream;

/** The one mapping of failures to RESP errors. */
final class FailureReply {
  private static final byte[] LOST = Reply.error("ERR redis-proxy: Redis was lost");
  private static final byte[] UNREACHABLE =
      Reply.error("ERR redis-proxy: " + ValueStream.UNREACHABLE);

  private FailureReply() {}

  /** The reply to a request that went to Redis, or should have, and was not answered. */
  static byte[] lost(boolean wasConnected) {
    return wasConnected ? LOST : UNREACHABLE;
  }

  /** The reply to a read that failed. Redis's own errors come through unchanged. */
  static byte[] to(Failure failure) {
    return Reply.error(
        switch (failure.kind()) {
          case REDIS -> failure.text();
          // Libraries log in when they see it.
          case NO_PASSWORD -> "NOAUTH Authentication required.";
          default -> "ERR redis-proxy: " + failure.text();
        });
  }
}
