package redisproxy.metrics;

/**
 * Counts connections to Redis by their purpose: how many are open, and how many were ever opened. A
 * long-lived connection is opened again when it is lost, so the second count includes its
 * reconnections. Belongs to one event loop; other threads get a {@link #copy}.
 */
public final class Connections {
  /** What a connection is for. */
  public enum Kind {
    /** Loads of one database, and of one version of RESP for reads other than GET. */
    LOADER,
    /** Invalidations from Redis. */
    FEED,
    /** The dedicated connection of one session. */
    DEDICATED,
    /** A shared connection for the short writes of many sessions. */
    SHARED,
    /** Queries whose replies are the same for all sessions. */
    QUERY
  }

  /** What dedicated connections of the pools are used for now. */
  public enum Use {
    /** A session has borrowed it, and can give it back. */
    BORROWED,
    /** No session uses it. */
    IDLE,
    // The rest are the reasons why a session keeps one.
    TRANSACTION,
    WATCH,
    SUBSCRIPTION,
    BLOCKING,
    REPLIES_OFF,
    CLIENT,
    STATE,
    UNKNOWN
  }

  private final long[] uses = new long[Use.values().length];

  /** How many sessions wait for a dedicated connection. */
  private long waiting;

  private final long[] open = new long[Kind.values().length];
  private final long[] opened = new long[Kind.values().length];

  public void opened(Kind kind) {
    open[kind.ordinal()]++;
    opened[kind.ordinal()]++;
  }

  public void closed(Kind kind) {
    open[kind.ordinal()]--;
  }

  /** Adds connections that were counted elsewhere. */
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

  /** Sets how many dedicated connections are used like this now. */
  public void use(Use use, long count) {
    uses[use.ordinal()] = count;
  }

  /** How many dedicated connections of the pools are used like this. */
  public long used(Use use) {
    return uses[use.ordinal()];
  }

  /** Sets how many sessions wait for a dedicated connection now. */
  public void waiting(long sessions) {
    waiting = sessions;
  }

  /** How many sessions wait for a dedicated connection. */
  public long waiting() {
    return waiting;
  }

  /** Adds the counts of another object. */
  public void add(Connections other) {
    waiting += other.waiting;
    for (int i = 0; i < uses.length; i++) {
      uses[i] += other.uses[i];
    }
    for (int i = 0; i < open.length; i++) {
      open[i] += other.open[i];
      opened[i] += other.opened[i];
    }
  }

  /** Returns a copy with the same counts. */
  public Connections copy() {
    Connections copy = new Connections();
    copy.add(this);
    return copy;
  }
}
