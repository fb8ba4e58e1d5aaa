package redisproxy.resp;

import java.io.ByteArrayOutputStream;
import java.util.Random;

/**
 * What the network and a hostile peer may make of an input, at random.
 *
 * @param meaningful the bytes that mean something to who reads it, as characters
 */
record Damage(Random random, String meaningful) {

  /** The input with bytes changed, dropped, doubled and added; now and then many of them. */
  byte[] mutate(byte[] input) {
    ByteArrayOutputStream out = new ByteArrayOutputStream();
    int rarity = 1 + random.nextInt(40);
    for (byte b : input) {
      switch (random.nextInt(rarity * 4)) {
        case 0 -> out.write(any());
        case 1 -> {
          out.write(b);
          out.write(b);
        }
        case 2 -> {
          out.write(any());
          out.write(b);
        }
        case 3 -> {}
        default -> out.write(b);
      }
    }
    return out.toByteArray();
  }

  private char any() {
    return meaningful.charAt(random.nextInt(meaningful.length()));
  }

  /** Up to five places to cut an input of this length at, in order. */
  int[] places(int length) {
    return random.ints(random.nextInt(6), 0, length + 1).sorted().toArray();
  }
}
