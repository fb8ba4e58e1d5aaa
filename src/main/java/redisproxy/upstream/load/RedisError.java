package redisproxy.upstream.load;

import io.vertx.redis.client.Response;
import org.jspecify.annotations.Nullable;

/**
 * Distinguishes Redis's error replies from errors of the connection: the Redis client mixes them.
 */
final class RedisError {
  private RedisError() {}

  /** The exact text of Redis's error reply; null if the failure is no reply of Redis. */
  static @Nullable String text(Throwable failure) {
    boolean reply =
        failure instanceof Response && !"CONNECTION_CLOSED".equals(failure.getMessage());
    return reply ? failure.getMessage() : null;
  }

  /** Whether Redis refused the proxy's credentials, so that another attempt would not help. */
  static boolean isRefusal(Throwable failure) {
    String text = text(failure);
    return text != null
        && (text.startsWith("WRONGPASS")
            || text.startsWith("NOAUTH")
            || text.startsWith("NOPERM")
            || text.contains("AUTH <password>"));
  }

  /** Whether Redis asks for a password because none was given. */
  static boolean asksForPassword(Throwable failure) {
    String text = text(failure);
    return text != null && text.startsWith("NOAUTH");
  }

  /** Whether the proxy's user may not run a command, or not with such keys; or it is unknown. */
  static boolean isForbidden(Throwable failure) {
    String text = text(failure);
    return text != null && (text.startsWith("NOPERM") || isUnknown(text));
  }

  /** Whether the command is forbidden to the proxy's user, or unknown to the server. */
  static boolean forbids(Throwable failure, String command) {
    String text = text(failure);
    return text != null
        && (text.startsWith("NOPERM") && text.contains("'" + command) || isUnknown(text));
  }

  private static boolean isUnknown(String text) {
    return text.regionMatches(true, 0, "ERR unknown command", 0, 19);
  }
}
