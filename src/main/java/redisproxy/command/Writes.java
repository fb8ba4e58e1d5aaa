package redisproxy.command;

import java.util.ArrayList;
import java.util.List;

/**
 * What a command may have changed, once its reply is there.
 *
 * @param reach how many keys
 * @param keys which, when these are all; in whatever database
 * @param access who may log in, and as whom
 */
public record Writes(Reach reach, List<byte[]> keys, boolean access) {
  /** How much may have been written. */
  public enum Reach {
    /** Certain keys, or none. */
    KEYS,

    /** Keys that only Redis knows, and tells where it is asked to. */
    UNKNOWN,

    /** Keys of which Redis does not tell. */
    EVERYTHING
  }

  public static final Writes NOTHING = new Writes(List.of());
  public static final Writes UNKNOWN = new Writes(Reach.UNKNOWN, List.of(), false);
  public static final Writes EVERYTHING = new Writes(Reach.EVERYTHING, List.of(), false);

  /** Who may log in, and no key. */
  public static final Writes ACCESS = new Writes(Reach.KEYS, List.of(), true);

  /** More keys than this are not told apart. */
  private static final int MOST = 10_000;

  /** Of certain keys alone. */
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

  /** Whether there is something to invalidate. */
  public boolean changesKeys() {
    return reach != Reach.KEYS || !keys.isEmpty();
  }

  /** Whether only Redis knows what was written. */
  public boolean areUnknown() {
    return reach == Reach.UNKNOWN;
  }

  /** What several commands together may have changed; grows as they are added. */
  public static final class Sum {
    private Reach reach = Reach.KEYS;
    private List<byte[]> keys = new ArrayList<>();
    private boolean access;

    /** Whether the keys are still told apart when these are added. */
    public boolean hasRoomFor(Writes writes) {
      return keys.size() + writes.keys.size() <= MOST;
    }

    /** Adds what one more may have changed. */
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

    /** All of it so far; what is added later is not in it. */
    public Writes total() {
      return keys.isEmpty() && reach == Reach.KEYS && !access
          ? NOTHING
          : new Writes(reach, List.copyOf(keys), access);
    }
  }
}
