package redisproxy.cache;

import java.util.Arrays;
import java.util.List;

/**
 * Which keys may be kept: those that begin with one of these, or all.
 *
 * @param each none stands for all; not to be changed
 */
public record Prefixes(List<byte[]> each) {
  public static final Prefixes ALL = new Prefixes(List.of());

  /** Whether a key may be kept. */
  public boolean cover(byte[] key) {
    if (each.isEmpty()) {
      return true;
    }
    for (byte[] prefix : each) {
      if (key.length >= prefix.length
          && Arrays.equals(key, 0, prefix.length, prefix, 0, prefix.length)) {
        return true;
      }
    }
    return false;
  }
}
