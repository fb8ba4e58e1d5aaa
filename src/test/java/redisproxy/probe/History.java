package redisproxy.probe;

import redisproxy.probe.Origin.Way;

/**
 * What is known of one key: the versions written, and when each was acknowledged. One writer writes
 * it, so its versions, from 1 on, grow in Redis as they do here. Version 0 is a key not yet
 * written: missing.
 *
 * <p>The rule: a read is stale when a newer version than it returned had been acknowledged before
 * the read was sent. Whatever cannot be known counts for the proxy, never against it. Any thread;
 * times are those of {@link System#nanoTime}.
 */
final class History {
  /** In place of a version: the read found no such key. */
  static final int MISSING = -1;

  /** How many acknowledged versions are remembered. */
  static final int REMEMBERED = 64;

  private final long[] acknowledgedAt = new long[REMEMBERED];
  private final Origin[] origins = new Origin[REMEMBERED];
  private int issued;
  private int acknowledged;

  /** The newest version that leaves the key missing. */
  private int newestMissing;

  /** The newest version written through the proxy that is no longer remembered. */
  private int forgottenThrough;

  private boolean retired;

  /** The next version; to be called before it is sent. */
  synchronized int issue(boolean leavesMissing) {
    issued++;
    if (leavesMissing) {
      newestMissing = issued;
    }
    return issued;
  }

  /** A version's whole reply has arrived. Versions are acknowledged in order. */
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

  /** The version issued last has come about without a writer; not of a retired key. */
  synchronized void acknowledgeNewest(Origin origin, long at) {
    if (!retired) {
      acknowledge(issued, origin, at);
    }
  }

  /**
   * A write got no reply, so it may be done or not, or much later. Nobody writes the key any more,
   * and its reads are not judged: only what it comes to in the end is.
   */
  synchronized void retire() {
    retired = true;
  }

  synchronized boolean isRetired() {
    return retired;
  }

  /** The version the key has while nobody writes it, or MISSING. */
  synchronized int last() {
    return newestMissing == acknowledged ? MISSING : acknowledged;
  }

  /**
   * Judges a read that has returned.
   *
   * @param version what it returned, or MISSING
   * @param floor the newest version that the same session has read before
   */
  synchronized Judgement judge(int version, long sentAt, int floor) {
    if (retired) {
      return Judgement.UNKNOWN;
    }
    if (version > issued || version == 0 || version < MISSING) {
      return Judgement.NEVER_WRITTEN;
    }
    // which of the versions that leave it missing cannot be told: the newest
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

  /** Returns 0 when none of them was written through the proxy. */
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
