package redisproxy.fuzz;

import java.io.ByteArrayOutputStream;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/**
 * Damages an input at random, as the network or a hostile peer may do.
 *
 * @param words tokens that mean something to the parser; each character is one byte
 */
public record Damage(Random random, List<String> words) {
  /** An input longer than this, in bytes, is not doubled. */
  private static final int MAX_LENGTH = 4096;

  /** Numbers that programs often handle wrongly. */
  private static final List<String> NUMBERS =
      List.of(
          ("0 1 2 -1 -2 -0 +1 00 01 10 99 100 255 256 1023 1024 65535 65536 2147483647 2147483648"
                  + " 4294967295 4294967296 -2147483648 -2147483649 9223372036854775807"
                  + " 9223372036854775808 -9223372036854775808 18446744073709551616 99999999999999999999"
                  + " 1e3 0x10 ?")
              .split(" "));

  /** Creates damage with single characters as tokens. */
  public static Damage of(Random random, String meaningful) {
    return new Damage(random, List.of(meaningful.split("")));
  }

  /** Returns the input after one to four random changes. */
  public byte[] mutate(byte[] input) {
    byte[] mutated = input;
    for (int left = 1 + random.nextInt(random.nextInt(4) + 1); left > 0; left--) {
      mutated = once(mutated);
    }
    return mutated;
  }

  private byte[] once(byte[] input) {
    int from = random.nextInt(input.length + 1);
    int to = from + random.nextInt(Math.min(input.length - from, 40) + 1);
    return switch (random.nextInt(9)) {
      case 0, 1 -> scatter(input);
      case 2 -> replace(input, from, from, any());
      case 3 -> replace(input, from, Math.min(input.length, from + 1), any());
      case 4 -> replace(input, from, to, new byte[0]);
      case 5 -> input.length > MAX_LENGTH ? input : doubled(input, from, to);
      case 6 -> Arrays.copyOf(input, from);
      case 7 -> flip(input, from);
      default -> otherNumber(input, from);
    };
  }

  /** Changes, drops, doubles and adds bytes; sometimes many of them. */
  private byte[] scatter(byte[] input) {
    ByteArrayOutputStream out = new ByteArrayOutputStream(input.length + 16);
    int rarity = 1 + random.nextInt(40);
    for (byte b : input) {
      switch (random.nextInt(rarity * 4)) {
        case 0 -> out.writeBytes(any());
        case 1 -> {
          out.write(b);
          out.write(b);
        }
        case 2 -> {
          out.writeBytes(any());
          out.write(b);
        }
        case 3 -> {}
        default -> out.write(b);
      }
    }
    return out.size() > MAX_LENGTH ? input : out.toByteArray();
  }

  private byte[] doubled(byte[] input, int from, int to) {
    return replace(input, from, from, Arrays.copyOfRange(input, from, to));
  }

  private byte[] flip(byte[] input, int at) {
    byte[] flipped = input.clone();
    if (at < input.length) {
      flipped[at] ^= (byte) (1 << random.nextInt(8));
    }
    return flipped;
  }

  /** Replaces the next number from an index on with another one. */
  private byte[] otherNumber(byte[] input, int from) {
    int start = from;
    while (start < input.length && !isDigit(input[start])) {
      start++;
    }
    int end = start;
    while (end < input.length && isDigit(input[end])) {
      end++;
    }
    return start == input.length ? input : replace(input, start, end, bytes(pick(NUMBERS)));
  }

  private static boolean isDigit(byte b) {
    return b >= '0' && b <= '9';
  }

  static byte[] replace(byte[] input, int from, int to, byte[] by) {
    byte[] replaced = Arrays.copyOf(input, input.length - (to - from) + by.length);
    System.arraycopy(by, 0, replaced, from, by.length);
    System.arraycopy(input, to, replaced, from + by.length, input.length - to);
    return replaced;
  }

  private byte[] any() {
    return bytes(pick(words));
  }

  private String pick(List<String> from) {
    return from.get(random.nextInt(from.size()));
  }

  private static byte[] bytes(String text) {
    return text.getBytes(StandardCharsets.ISO_8859_1);
  }

  /** Returns up to five places, in order, to cut an input of this length. */
  public int[] places(int length) {
    return random.ints(random.nextInt(6), 0, length + 1).sorted().toArray();
  }
}
