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

  static Writes of(byte[] key) {
    return new Writes(false, List.of(key));
  }

  static Writes of(List<byte[]> keys) {
    return keys.isEmpty() ? NOTHING : keys.size() > MOST ? EVERYTHING : new Writes(false, keys);
  }

  public boolean isNothing() {
    return !all && keys.isEmpty();
  }

  /** What several commands together may have changed; grows as they are added. */
  public static final class Sum {
    private boolean all;
    private List<byte[]> keys = new ArrayList<>();

    /** Adds what one more may have changed. */
    public void add(Writes writes) {
      all |= writes.all || keys.size() + writes.keys.size() > MOST;
      if (all) {
        keys = List.of();
      } else {
        keys.addAll(writes.keys);
      }
    }

    /** All of it so far; nothing is added to this afterwards. */
    public Writes total() {
      return all ? EVERYTHING : of(keys);
    }
  }
}
