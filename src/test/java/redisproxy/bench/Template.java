package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A text in which each {@code @@@@@@@@@@@@} is a placeholder for the twelve digits of a key.
 * Changing the key takes three stores for each placeholder. For one thread.
 */
final class Template {
  static final String DIGITS = "@".repeat(12);

  private static final int GROUP = 10_000;
  private static final int[] FOUR_DIGITS = new int[GROUP];

  static {
    for (int i = 0; i < GROUP; i++) {
      String digits = Integer.toString(GROUP + i);
      for (int d = 1; d <= 4; d++) {
        FOUR_DIGITS[i] = FOUR_DIGITS[i] << 8 | digits.charAt(d);
      }
    }
  }

  private final ByteBuf bytes;
  private final int[] places;
  private final int copyLength;

  /** Repeats the text this many times. Each copy has its own key. */
  Template(String text, int copies) {
    copyLength = text.length();
    places = text.isEmpty() ? new int[0] : placesIn(text);
    byte[] once = text.getBytes(StandardCharsets.US_ASCII);
    bytes = Unpooled.directBuffer(copyLength * copies, copyLength * copies);
    for (int i = 0; i < copies; i++) {
      bytes.writeBytes(once);
    }
  }

  private static int[] placesIn(String text) {
    int[] found = new int[text.length() / DIGITS.length()];
    int count = 0;
    for (int at = text.indexOf(DIGITS); at >= 0; at = text.indexOf(DIGITS, at + DIGITS.length())) {
      found[count++] = at;
    }
    return Arrays.copyOf(found, count);
  }

  /** Sets the key of one copy. */
  void put(int copy, int key) {
    for (int place : places) {
      int at = copy * copyLength + place;
      bytes.setInt(at, FOUR_DIGITS[key / GROUP / GROUP]);
      bytes.setInt(at + 4, FOUR_DIGITS[key / GROUP % GROUP]);
      bytes.setInt(at + 8, FOUR_DIGITS[key % GROUP]);
    }
  }

  /** All copies, with the keys that were set last. */
  ByteBuf bytes() {
    return bytes;
  }

  void release() {
    bytes.release();
  }
}
