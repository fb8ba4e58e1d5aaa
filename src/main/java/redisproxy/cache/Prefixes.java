package redisproxy.cache;

import java.util.Arrays;
import java.util.List;

/**
 * Which keys may be kept: those that begin with one of the prefixes, or all.
 *
 * @param each the prefixes; an empty list means all keys. Do not change it
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
