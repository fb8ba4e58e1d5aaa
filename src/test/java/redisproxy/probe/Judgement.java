package redisproxy.probe;

/**
 * The judgement of one read.
 *
 * @param nanos how long before the read was sent the overlooked version was acknowledged; a lower
 *     bound if that is no longer remembered
 * @param overlooked for a stale read: the oldest version that it should have seen
 * @param origin where that version came from
 * @param wentBack whether the session has read a newer version before
 */
record Judgement(Kind kind, long nanos, int overlooked, Origin origin, boolean wentBack) {
  enum Kind {
    FRESH,
    /** All overlooked versions were written straight to Redis. */
    STALE_STRAIGHT,
    /** An overlooked version was written through the proxy. */
    STALE_THROUGH,
    /** Nobody has written the returned value. */
    NEVER_WRITTEN,
    /** The key is retired. */
    UNKNOWN
  }

  static final Judgement FRESH = simple(Kind.FRESH, false);
  static final Judgement WENT_BACK = simple(Kind.FRESH, true);
  static final Judgement NEVER_WRITTEN = simple(Kind.NEVER_WRITTEN, false);
  static final Judgement UNKNOWN = simple(Kind.UNKNOWN, false);

  private static Judgement simple(Kind kind, boolean wentBack) {
    return new Judgement(kind, 0, 0, null, wentBack);
  }

  @Override
  public String toString() {
    String overlooks =
        isStale()
            ? " version %d (%s), acknowledged %.1f ms before"
                .formatted(overlooked, origin, nanos / 1e6)
            : "";
    return kind + overlooks + (wentBack ? ", went back" : "");
  }

  boolean isStale() {
    return kind == Kind.STALE_STRAIGHT || kind == Kind.STALE_THROUGH;
  }
}
