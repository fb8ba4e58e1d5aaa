package redisproxy.metrics;

/**
 * Connections to Redis, by what they are for: how many are open and how many have ever been. One
 * that is held and lost is opened again, so that these are its reconnections. Belongs to one event
 * loop; others are given a {@link #copy}.
 */
public final class Connections {
  /** What a connection is for. */
  public enum Kind {
    /** Loads of one database. */
    LOADER,
    /** Being told what is written. */
    FEED,
    /** All that one session asks. */
    TUNNEL,
    /** The short writes of many sessions. */
    TRUNK,
    /** What is the same for all sessions. */
    ASIDE
  }

  private final long[] open = new long[Kind.values().length];
  private final long[] opened = new long[Kind.values().length];

  public void opened(Kind kind) {
    open[kind.ordinal()]++;
    opened[kind.ordinal()]++;
  }

  public void closed(Kind kind) {
    open[kind.ordinal()]--;
  }

  /** Adds connections that somebody else counts. */
  public void add(Kind kind, long openNow, long everOpened) {
    open[kind.ordinal()] += openNow;
    opened[kind.ordinal()] += everOpened;
  }

  /** How many are open. */
  public long open(Kind kind) {
    return open[kind.ordinal()];
  }

  /** How many have ever been opened. */
  public long total(Kind kind) {
    return opened[kind.ordinal()];
  }

  /** Adds what another has counted. */
  public void add(Connections other) {
    for (int i = 0; i < open.length; i++) {
      open[i] += other.open[i];
      opened[i] += other.opened[i];
    }
  }

  /** One with the same counts. */
  public Connections copy() {
    Connections copy = new Connections();
    copy.add(this);
    return copy;
  }
}
