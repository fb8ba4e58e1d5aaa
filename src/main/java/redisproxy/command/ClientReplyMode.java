package redisproxy.command;

/**
 * CLIENT REPLY, handled in the proxy. Redis never sees OFF or SKIP, so it still replies to each
 * request.
 */
final class ClientReplyMode {
  private boolean off;
  private boolean skips;

  /** Whether a CLIENT request is CLIENT REPLY, well-formed or not. */
  static boolean isReply(Request request) {
    return request.count() > 1 && request.lowerCase(1, 8).equals("reply");
  }

  /**
   * Applies a CLIENT REPLY.
   *
   * @return whether the request is done: OFF and SKIP get no reply
   */
  boolean apply(Request request) {
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

  /** Whether the client wants no reply to its next request. */
  boolean isActive() {
    return off || skips;
  }

  /** Whether the client wants no reply to its next request. Consumes a pending SKIP. */
  boolean suppressesNext() {
    boolean suppressed = isActive();
    skips = false;
    return suppressed;
  }

  /** The client has sent RESET. A pending SKIP still applies to the reply to RESET itself. */
  void reset() {
    off = false;
  }
}
