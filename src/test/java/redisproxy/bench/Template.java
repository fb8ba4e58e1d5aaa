package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Text in which each {@code @@@@@@@@@@@@} stands for the twelve digits of a key; giving it another
 * key is three stores for each of them. One thread.
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

  /** The text so many times in a row, each with a key of its own. */
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

  /** Gives one of the copies its key. */
  void put(int copy, int key) {
    for (int place : places) {
      int at = copy * copyLength + place;
      bytes.setInt(at, FOUR_DIGITS[key / GROUP / GROUP]);
      bytes.setInt(at + 4, FOUR_DIGITS[key / GROUP % GROUP]);
      bytes.setInt(at + 8, FOUR_DIGITS[key % GROUP]);
    }
  }

  /** All copies; what was put last is in them. */
  ByteBuf bytes() {
    return bytes;
  }

  void release() {
    bytes.release();
  }
}
