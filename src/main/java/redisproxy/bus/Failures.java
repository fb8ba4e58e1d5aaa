package redisproxy.bus;

import redisproxy.cache.Failure;
import redisproxy.resp.Reply;
import redisproxy.upstream.ValueStream;

/**
 * The one mapping of failures to what the two protocols say: RESP error texts and HTTP statuses.
 */
public final class Failures {
  private static final byte[] LOST = Reply.error("ERR redis-proxy: Redis was lost");
  private static final byte[] UNREACHABLE =
      Reply.error("ERR redis-proxy: " + ValueStream.UNREACHABLE);

  private Failures() {}

  /** The reply to a request that went to Redis, or should have, and was not answered. */
  public static byte[] lost(boolean wasConnected) {
    return wasConnected ? LOST : UNREACHABLE;
  }

  /** The text of the RESP error, without the dash; Redis's own comes through unchanged. */
  public static String respError(Failure failure) {
    return switch (failure.kind()) {
      case REDIS -> failure.text();
      // Libraries log in when they see it.
      case NO_PASSWORD -> "NOAUTH Authentication required.";
      default -> "ERR redis-proxy: " + failure.text();
    };
  }

  /** The HTTP status. */
  public static int httpStatus(Failure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, NO_PASSWORD, OVERLOADED -> 503;
      case TIMEOUT -> 504;
      case BROKEN -> 500;
      case REDIS -> httpStatus(failure.text());
    };
  }

  /**
   * By the code of Redis's error reply: the client's mistake, a state that passes, or a fault of
   * the set-up.
   */
  private static int httpStatus(String text) {
    int end = text.indexOf(' ');
    return switch (end < 0 ? text : text.substring(0, end)) {
      case "WRONGTYPE" -> 409;
      case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN" -> 503;
      default -> 502;
    };
  }
}
