package redisproxy.front.http;

import redisproxy.cache.Failure;

/** The one mapping of failures to HTTP statuses. */
final class FailureStatus {
  private FailureStatus() {}

  /** The HTTP status of a read that failed. */
  static int of(Failure failure) {
    return switch (failure.kind()) {
      case UNREACHABLE, NO_PASSWORD, OVERLOADED -> 503;
      case TIMEOUT -> 504;
      case BROKEN -> 500;
      case REDIS -> of(failure.text());
    };
  }

  /**
   * By the code of Redis's error reply: the client's mistake, a state that passes, or a fault of
   * the set-up.
   */
  private static int of(String text) {
    int end = text.indexOf(' ');
    return switch (end < 0 ? text : text.substring(0, end)) {
      case "WRONGTYPE" -> 409;
      case "LOADING", "BUSY", "MASTERDOWN", "CLUSTERDOWN", "TRYAGAIN" -> 503;
      default -> 502;
    };
  }
}
