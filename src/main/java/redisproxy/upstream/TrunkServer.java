package redisproxy.upstream;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * What the replies over a trunk tell of its server: whether it takes writes. Where a replica is may
 * have been a master, and the master may have its address now, so such a server is left; but one
 * that is a replica for good is not asked at every write whether it still is. Belongs to the
 * trunk's event loop.
 */
final class TrunkServer {
  /** Who is told, before those whose replies they were. */
  interface Owner {
    /** It takes no writes. */
    void refusesWrites(Trunk trunk);

    /** So what is sent from now on is to be sent over another trunk. */
    void left(Trunk trunk);

    /**
     * It takes writes.
     *
     * @param openedAt when the connection to it was begun, by {@link System#nanoTime}
     */
    void takesWrites(long openedAt);
  }

  /** What a replica says to whoever would write. */
  private static final byte[] READONLY = "-READONLY".getBytes(StandardCharsets.US_ASCII);

  private final Trunk trunk;
  private final Owner owner;
  private long openedAt;
  private boolean young;
  private boolean readOnly;

  /** It has taken a write of which nobody has been told. */
  private boolean tookOne;

  private boolean left;

  TrunkServer(Trunk trunk, Owner owner) {
    this.trunk = trunk;
    this.owner = owner;
  }

  /** A connection to it is begun. */
  void opened() {
    openedAt = System.nanoTime();
    young = true;
    readOnly = false;
  }

  /** The connection is not made in vain, if another takes its place. */
  void hasLasted() {
    young = false;
  }

  /** It has replied with an error. */
  void refused(byte[] error) {
    int length = Math.min(error.length, READONLY.length);
    readOnly |= Arrays.equals(error, 0, length, READONLY, 0, READONLY.length);
  }

  /** It has taken a write. */
  void wrote() {
    tookOne = true;
  }

  /** Tells the owner what has been noticed. */
  void tell() {
    if (tookOne) {
      tookOne = false;
      owner.takesWrites(openedAt);
    }
    if (readOnly && !left) {
      owner.refusesWrites(trunk);
      left = !young;
      if (left) {
        owner.left(trunk);
      }
    }
  }

  /** Whether nothing more is sent there. */
  boolean isLeft() {
    return left;
  }
}
