package redisproxy.front.http;

import redisproxy.cache.Failure;

/** Maps failures to HTTP statuses. No other code does. */
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
   * Maps the code of Redis's error reply: 409 for the client's mistake, 503 for a temporary state,
   * 502 for a wrong set-up.
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
