package redisproxy.consistency;

/**
 * What became of one part of a request. Those of one session come in the order of its requests.
 *
 * @param session which; each connection is one
 * @param what the request, for people
 * @param value what was read or written; null is missing
 * @param invoked before it was sent, by {@link System#nanoTime}
 * @param completed when its reply had come
 * @param follows of a write: nothing may come between what this session has last read of the key
 *     and this
 */
record Operation(
    int session,
    Door door,
    String what,
    Part part,
    String value,
    long invoked,
    long completed,
    Outcome outcome,
    boolean follows) {
  enum Outcome {
    DONE,
    /** Redis has said that it has not done it. */
    REFUSED,
    /** There was no reply, or an error: perhaps it was done, or will be. */
    UNKNOWN
  }

  boolean isDone() {
    return outcome == Outcome.DONE;
  }
}
