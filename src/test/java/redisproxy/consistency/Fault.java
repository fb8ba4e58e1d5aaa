package redisproxy.consistency;

/**
 * A violation of consistency.
 *
 * @param key the affected key; null if there is none
 * @param at the time, by {@link System#nanoTime}
 * @param what a full description, for people
 */
record Fault(Kind kind, String key, long at, String what) {
  enum Kind {
    /** A read returned a value that the key never had, or did not have yet. */
    INVENTED,
    /** A session read an older version than it had read or written before. */
    WENT_BACK,
    /** A read overlooked an acknowledged write through the proxy. */
    STALE,
    /** A read overlooked a write past the proxy for longer than an invalidation may take. */
    LATE,
    /** A read returned a value that had expired. */
    OUTLIVED,
    /** A write was acknowledged but is not in Redis's log. */
    NOT_DONE,
    /** A write is more than once in Redis's log. */
    DONE_TWICE,
    /** A transaction failed but is in Redis's log. */
    DONE_THOUGH_REFUSED,
    /** Redis executed the writes of a session in another order. */
    OUT_OF_ORDER,
    /** Another write came between a read and a write that are atomic. */
    NOT_ATOMIC,
    /** A read at the end, when nobody writes any more, differs from Redis. */
    STALE_IN_THE_END,
    /** The proxy did not release a buffer. */
    LEAK,
    /** Redis's own replies contradict its log, so the harness is wrong. */
    HARNESS
  }

  @Override
  public String toString() {
    return kind + " " + (key == null ? "" : key + ": ") + what;
  }
}
