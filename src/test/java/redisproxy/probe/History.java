package redisproxy.probe;

import redisproxy.probe.Origin.Way;

/**
 * The versions of one key, and when each was acknowledged. Only one writer writes the key, so its
 * versions, from 1 on, have the same order in Redis as here. Version 0 is a key that is not written
 * yet: it is missing.
 *
 * <p>The rule: a read is stale if a newer version than the returned one was acknowledged before the
 * read was sent. Doubt counts in favour of the proxy. Thread-safe; times are those of {@link
 * System#nanoTime}.
 */
final class History {
  /** Stands for a version: the read found no such key. */
  static final int MISSING = -1;

  /** How many acknowledged versions are remembered. */
  static final int REMEMBERED = 64;

  private final long[] acknowledgedAt = new long[REMEMBERED];
  private final Origin[] origins = new Origin[REMEMBERED];
  private int issued;
  private int acknowledged;

  /** The newest version that leaves the key missing. */
  private int newestMissing;

  /** The newest version that was written through the proxy and is no longer remembered. */
  private int forgottenThrough;

  private boolean retired;

  /** Returns the next version. Call it before the version is sent. */
  synchronized int issue(boolean leavesMissing) {
    issued++;
    if (leavesMissing) {
      newestMissing = issued;
    }
    return issued;
  }

  /** Records that the whole reply of a version has arrived. Versions are acknowledged in order. */
  synchronized void acknowledge(int version, Origin origin, long at) {
    if (version != acknowledged + 1 || version > issued || retired) {
      throw new IllegalStateException(version + " acknowledged after " + acknowledged);
    }
    int slot = version % REMEMBERED;
    if (version > REMEMBERED && origins[slot].way() == Way.THROUGH) {
      forgottenThrough = version - REMEMBERED;
    }
    acknowledged = version;
    acknowledgedAt[slot] = at;
    origins[slot] = origin;
  }

  /** Acknowledges the last issued version, which no writer wrote. Ignores a retired key. */
  synchronized void acknowledgeNewest(Origin origin, long at) {
    if (!retired) {
      acknowledge(issued, origin, at);
    }
  }

  /**
   * Retires the key, because a write got no reply: Redis may have executed it, may do so later, or
   * never. Nobody writes the key any more, and its reads are not judged. Only its final value is
   * compared.
   */
  synchronized void retire() {
    retired = true;
  }

  synchronized boolean isRetired() {
    return retired;
  }

  /** The key's version while nobody writes it, or MISSING. */
  synchronized int last() {
    return newestMissing == acknowledged ? MISSING : acknowledged;
  }

  /**
   * Judges a read that has returned.
   *
   * @param version the version that it returned, or MISSING
   * @param floor the newest version that the same session has read before
   */
  synchronized Judgement judge(int version, long sentAt, int floor) {
    if (retired) {
      return Judgement.UNKNOWN;
    }
    if (version > issued || version == 0 || version < MISSING) {
      return Judgement.NEVER_WRITTEN;
    }
    // Several versions may leave the key missing. Assume the newest of them.
    int read = version == MISSING ? newestMissing : version;
    boolean wentBack = read < floor;
    int oldest = Math.max(read + 1, acknowledged - REMEMBERED + 1);
    if (oldest > acknowledged || !isBefore(oldest, sentAt)) {
      return wentBack ? Judgement.WENT_BACK : Judgement.FRESH;
    }
    int overlooked = read < forgottenThrough ? oldest : firstThrough(oldest, sentAt);
    boolean through = overlooked != 0;
    overlooked = through ? overlooked : oldest;
    Origin origin = origins[overlooked % REMEMBERED];
    long nanos = sentAt - acknowledgedAt[overlooked % REMEMBERED];
    return new Judgement(
        through ? Judgement.Kind.STALE_THROUGH : Judgement.Kind.STALE_STRAIGHT,
        nanos,
        overlooked,
        origin,
        wentBack);
  }

  /** Returns the first overlooked version that was written through the proxy, or 0. */
  private int firstThrough(int from, long sentAt) {
    for (int version = from; version <= acknowledged && isBefore(version, sentAt); version++) {
      if (origins[version % REMEMBERED].way() == Way.THROUGH) {
        return version;
      }
    }
    return 0;
  }

  private boolean isBefore(int version, long sentAt) {
    return acknowledgedAt[version % REMEMBERED] - sentAt < 0;
  }
}
