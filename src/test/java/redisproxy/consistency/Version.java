package redisproxy.consistency;

/**
 * What a key held from one moment on.
 *
 * @param rank grows from version to version; those whose order is not known have the same
 * @param value null is missing
 * @param how it came about, for people
 * @param tag of the write that made it; null where none did
 * @param position in Redis's log
 * @param began nobody can have read it before
 * @param done all who ask later know of it; {@link Long#MAX_VALUE} when that cannot be known
 * @param binding whether those who ask the proxy do, too: it was written through the proxy
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
    return "%d %s (%s)".formatted(rank, Judge.shown(value), shortHow);
  }

  /** What a key is before anything is known of it. */
  static final Version NONE =
      new Version(0, null, "not yet written", null, -1, Long.MIN_VALUE, Long.MIN_VALUE, false);
}
