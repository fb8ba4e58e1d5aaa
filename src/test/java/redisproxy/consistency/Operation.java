package redisproxy.consistency;

/**
 * The result of one part of a request. The operations of one session have the order of its
 * requests.
 *
 * @param session the number of the session; each connection is one session
 * @param what the request, for people
 * @param value the value that was read or written; null is missing
 * @param invoked the time before it was sent, by {@link System#nanoTime}
 * @param completed the time when its reply had arrived
 * @param follows for a write: no other write may come between this session's last read of the key
 *     and this write
 */
record Operation(
    int session,
    Channel channel,
    String what,
    Part part,
    String value,
    long invoked,
    long completed,
    Outcome outcome,
    boolean follows) {
  enum Outcome {
    DONE,
    /** Redis replied that it did not execute it. */
    REFUSED,
    /** There was no reply, or an error. Redis may have executed it, or may do so later. */
    UNKNOWN
  }

  boolean isDone() {
    return outcome == Outcome.DONE;
  }
}
