package redisproxy.bench;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A text in which each {@code @@@@@@@@@@@@} is a placeholder for the twelve digits of a key.
 * Changing the key takes three stores for each placeholder. All placeholders of a copy have the
 * same key, or each has the key a step behind the one before. For one thread.
 */
final class Template implements Batch {
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

  /** From a placeholder's key to the next one's, within a range of keys that ends in its begin. */
  private final int step;

  private final int from;
  private final int keys;

  /** Repeats the text this many times. Each copy has its own key. */
  Template(String text, int copies) {
    this(text, copies, 0, 0, 1);
  }

  /**
   * Repeats the text this many times. Each copy has its own first key.
   *
   * @param step from a key to the next one; 0 if all are the same
   * @param from the first key of all
   * @param keys how many keys there are; the first one follows the last one
   */
  Template(String text, int copies, int step, int from, int keys) {
    this.step = step;
    this.from = from;
    this.keys = keys;
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

  @Override
  public void put(int copy, int first) {
    int key = first;
    for (int place : places) {
      int at = copy * copyLength + place;
      bytes.setInt(at, FOUR_DIGITS[key / GROUP / GROUP]);
      bytes.setInt(at + 4, FOUR_DIGITS[key / GROUP % GROUP]);
      bytes.setInt(at + 8, FOUR_DIGITS[key % GROUP]);
      if (step > 0) {
        key = from + (key - from + step) % keys;
      }
    }
  }

  @Override
  public ByteBuf bytes() {
    return bytes;
  }

  @Override
  public void release() {
    bytes.release();
  }
}
