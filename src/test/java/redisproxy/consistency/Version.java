package redisproxy.consistency;

/**
 * A value that a key had from one moment on.
 *
 * @param rank grows from version to version; versions whose order is not known have the same rank
 * @param value null is missing
 * @param how how it was written, for people
 * @param tag the tag of the write that made it; null if no write did
 * @param position the position in Redis's log
 * @param began no read before this time can have seen it
 * @param done all reads after this time must see it; {@link Long#MAX_VALUE} if that is not known
 * @param binding whether reads through the proxy must see it then too, because it was written
 *     through the proxy
 */
record Version(
    int rank,
    String value,
    String how,
    String tag,
    int position,
    long began,
    long done,
    boolean binding) {

  @Override
  public String toString() {
    String shortHow = how.substring(0, Math.min(how.length(), 100));
    return "%d %s (%s)".formatted(rank, Checker.shown(value), shortHow);
  }

  /** The version of a key before the first write. */
  static final Version NONE =
      new Version(0, null, "not yet written", null, -1, Long.MIN_VALUE, Long.MIN_VALUE, false);
}
