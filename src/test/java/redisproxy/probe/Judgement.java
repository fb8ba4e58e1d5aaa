package redisproxy.probe;

/**
 * What is to be said of one read.
 *
 * @param nanos how long before the read was sent the overlooked version had been acknowledged; when
 *     that is no longer remembered, at least so long
 * @param overlooked the oldest version the read should have known of, of a stale read
 * @param origin where that came from
 * @param wentBack whether the session had read a newer one before
 */
record Judgement(Kind kind, long nanos, int overlooked, Origin origin, boolean wentBack) {
  enum Kind {
    FRESH,
    /** All it overlooked was written straight to Redis. */
    STALE_STRAIGHT,
    /** Something it overlooked was written through the proxy. */
    STALE_THROUGH,
    /** Nobody has written what it returned. */
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
