package redisproxy.command;

import java.util.ArrayList;
import java.util.List;

/**
 * What a command may have changed by the time its reply arrives.
 *
 * @param reach which kind of keys it may have written
 * @param keys the written keys if all of them are known, else empty; they apply to every database
 * @param access whether it may have changed who may log in, and as which user
 */
public record Writes(Reach reach, List<byte[]> keys, boolean access) {
  /** Which kind of keys may have been written. */
  public enum Reach {
    /** Known keys, or none. */
    KEYS,

    /** Keys that only Redis knows. The feed reports them. */
    UNKNOWN,

    /** Any key, and the feed may not report it. */
    EVERYTHING
  }

  public static final Writes NOTHING = new Writes(List.of());
  public static final Writes UNKNOWN = new Writes(Reach.UNKNOWN, List.of(), false);
  public static final Writes EVERYTHING = new Writes(Reach.EVERYTHING, List.of(), false);

  /** Writes no key, but may change who may log in. */
  public static final Writes ACCESS = new Writes(Reach.KEYS, List.of(), true);

  /** Most keys that are listed one by one. More keys become {@link Reach#UNKNOWN}. */
  private static final int MOST = 10_000;

  /** Writes only these keys. */
  public Writes(List<byte[]> keys) {
    this(Reach.KEYS, keys, false);
  }

  static Writes of(byte[] key) {
    return new Writes(List.of(key));
  }

  static Writes of(List<byte[]> keys) {
    return keys.isEmpty() ? NOTHING : keys.size() > MOST ? UNKNOWN : new Writes(keys);
  }

  public boolean isNothing() {
    return !changesKeys() && !access;
  }

  /** Whether keys may have been written. */
  public boolean changesKeys() {
    return reach != Reach.KEYS || !keys.isEmpty();
  }

  /** Whether only Redis knows what was written. */
  public boolean areUnknown() {
    return reach == Reach.UNKNOWN;
  }

  /** Adds up what several commands may have changed. */
  public static final class Sum {
    private Reach reach = Reach.KEYS;
    private List<byte[]> keys = new ArrayList<>();
    private boolean access;

    /** Whether all keys would still be listed one by one after adding these. */
    public boolean hasRoomFor(Writes writes) {
      return keys.size() + writes.keys.size() <= MOST;
    }

    /** Adds what another command may have changed. */
    public void add(Writes writes) {
      access |= writes.access;
      boolean tooMany = !hasRoomFor(writes);
      Reach added = tooMany && writes.reach == Reach.KEYS ? Reach.UNKNOWN : writes.reach;
      if (added.compareTo(reach) > 0) {
        reach = added;
      }
      if (reach == Reach.KEYS) {
        keys.addAll(writes.keys);
      } else {
        keys = List.of();
      }
    }

    /** Everything that was added so far. Later additions do not change the result. */
    public Writes total() {
      return keys.isEmpty() && reach == Reach.KEYS && !access
          ? NOTHING
          : new Writes(reach, List.copyOf(keys), access);
    }
  }
}
