package redisproxy.consistency;

/**
 * Something that must not be.
 *
 * @param key of which; null where it is of none
 * @param at when, by {@link System#nanoTime}
 * @param what in full, for people
 */
record Fault(Kind kind, String key, long at, String what) {
  enum Kind {
    /** A read of what the key never held, or not yet. */
    INVENTED,
    /** A session has read less than it had read, or written, before. */
    WENT_BACK,
    /** A read overlooked a write through the proxy that had been acknowledged. */
    STALE,
    /** A read overlooked a write past the proxy for longer than it may take to be told. */
    LATE,
    /** A value was read though its time was over. */
    OUTLIVED,
    /** A write was acknowledged and is not in Redis's log. */
    NOT_DONE,
    /** A write is more than once in Redis's log. */
    DONE_TWICE,
    /** A transaction failed, and is in Redis's log. */
    DONE_THOUGH_REFUSED,
    /** Redis did a session's writes in another order. */
    OUT_OF_ORDER,
    /** Something came between a read and a write that belong together. */
    NOT_ATOMIC,
    /** When all was quiet, not what Redis itself said. */
    STALE_IN_THE_END,
    /** A buffer of the proxy's was not released. */
    LEAK,
    /** What was asked of Redis itself does not fit its log: the harness is wrong. */
    HARNESS
  }

  @Override
  public String toString() {
    return kind + " " + (key == null ? "" : key + ": ") + what;
  }
}
