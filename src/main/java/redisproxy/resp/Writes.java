package redisproxy.resp;

import java.util.ArrayList;
import java.util.List;

/**
 * What a command may have changed, once its reply is there.
 *
 * @param all everything, for its keys cannot be known
 * @param keys otherwise these, in whatever database
 */
public record Writes(boolean all, List<byte[]> keys) {
  public static final Writes NOTHING = new Writes(false, List.of());
  public static final Writes EVERYTHING = new Writes(true, List.of());

  /** More keys than this are not told apart. */
  private static final int MOST = 10_000;

  public boolean isNothing() {
    return !all && keys.isEmpty();
  }

  /** What both together may have changed. */
  public Writes and(Writes other) {
    if (isNothing() || other.all) {
      return other;
    }
    if (all || other.isNothing()) {
      return this;
    }
    if (keys.size() + other.keys.size() > MOST) {
      return EVERYTHING;
    }
    List<byte[]> both = new ArrayList<>(keys);
    both.addAll(other.keys);
    return new Writes(false, both);
  }
}
