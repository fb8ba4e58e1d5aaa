package redisproxy.resp;

import java.util.ArrayList;
import java.util.List;

/**
 * What a command may have changed, once its reply is there.
 *
 * @param all everything, for its keys cannot be known
 * @param keys otherwise these, in whatever database
 * @param access who may log in, and as whom
 */
public record Writes(boolean all, List<byte[]> keys, boolean access) {
  public static final Writes NOTHING = new Writes(false, List.of());

  /** Every key; what can be sent to change that many at once cannot change who may log in. */
  public static final Writes EVERYTHING = new Writes(true, List.of());

  /** Who may log in, and no key. */
  public static final Writes ACCESS = new Writes(false, List.of(), true);

  /** More keys than this are not told apart. */
  private static final int MOST = 10_000;

  /** Of keys alone. */
  public Writes(boolean all, List<byte[]> keys) {
    this(all, keys, false);
  }

  public boolean isNothing() {
    return !changesKeys() && !access;
  }

  /** Whether there is something to invalidate. */
  public boolean changesKeys() {
    return all || !keys.isEmpty();
  }

  /** What both together may have changed. */
  public Writes and(Writes other) {
    if (isNothing()) {
      return other;
    }
    if (other.isNothing()) {
      return this;
    }
    boolean anyAccess = access || other.access;
    if (all || other.all || keys.size() + other.keys.size() > MOST) {
      return new Writes(true, List.of(), anyAccess);
    }
    List<byte[]> both = new ArrayList<>(keys);
    both.addAll(other.keys);
    return new Writes(false, both, anyAccess);
  }
}
