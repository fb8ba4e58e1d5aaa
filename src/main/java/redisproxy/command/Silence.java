package redisproxy.command;

/** CLIENT REPLY, done here, so that of Redis each request has its reply. */
final class Silence {
  private boolean off;
  private boolean skips;

  /** Whether a request is CLIENT REPLY, well-formed or not. */
  static boolean isReply(Request request) {
    return request.count() > 1 && request.lowerCase(1, 8).equals("reply");
  }

  /** Whether that is all there is to a CLIENT request: OFF and SKIP get no reply. */
  boolean does(Request request) {
    if (request.count() != 3 || !isReply(request)) {
      return false;
    }
    switch (request.lowerCase(2, 8)) {
      case "off":
        off = true;
        skips = false;
        return true;
      case "skip":
        skips = !off;
        return true;
      case "on":
        off = false;
        skips = false;
        return false;
      default:
        return false;
    }
  }

  /** Whether the client wants no reply to what comes next, or anything. */
  boolean isAsked() {
    return off || skips;
  }

  /** Whether it wants none to the request that is next now. */
  boolean covers() {
    boolean covered = isAsked();
    skips = false;
    return covered;
  }

  /** The client has said RESET, whose own reply may still be skipped. */
  void reset() {
    off = false;
  }
}
