package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

class ReadTest {
  private static final long SEED = Long.getLong("test.seed", 20_263);

  static Stream<List<String>> words() {
    return Stream.of(
        List.of("hgetall"),
        List.of("hget", "f"),
        List.of("hget", ""),
        List.of("hmget", "", "", ""),
        List.of("lrange", "0", "-1"),
        List.of("hget", "\0\r\n\377"),
        List.of("hget", "x".repeat(127)),
        List.of("hget", "x".repeat(128)),
        List.of("hget", "x".repeat(255), "y".repeat(256)),
        List.of("hget", "x".repeat(1000), "", "y".repeat(1000)),
        List.of("hget", "x".repeat(0xffff)));
  }

  @ParameterizedTest
  @MethodSource("words")
  void words_areWhatWasSpelled(List<String> words) {
    assertEquals(words, text(SpelledRead.of(3, words.toArray(String[]::new))));
  }

  @Test
  void copyOf_aPartOfABuffer_isThatPartAndDoesNotChange() {
    byte[] spelled = SpelledRead.of(3, "hget", "f").bytes();
    byte[] buffer = new byte[spelled.length + 5];
    Arrays.fill(buffer, (byte) 9);
    System.arraycopy(spelled, 0, buffer, 2, spelled.length);
    Read read = Read.copyOf(buffer, 2, spelled.length);
    assertTrue(read.is(buffer, 2, spelled.length));
    assertFalse(read.is(buffer, 2, spelled.length + 1));
    assertFalse(read.is(buffer, 2, spelled.length - 1));
    assertEquals(read.hashCode(), Read.hash(buffer, 2, spelled.length));
    Arrays.fill(buffer, (byte) 0);
    assertArrayEquals(spelled, read.bytes());
    assertFalse(read.is(buffer, 2, spelled.length));
    assertEquals(List.of("hget", "f"), text(read));
  }

  @Test
  void equals_ofReadsThatDiffer_isFalse() {
    List<Read> reads =
        List.of(
            SpelledRead.of(2, "lrange", "1", "23"),
            SpelledRead.of(2, "lrange", "12", "3"),
            SpelledRead.of(2, "lrange", "123"),
            SpelledRead.of(2, "lrange", "123", ""),
            SpelledRead.of(2, "lrange", "", "123"),
            SpelledRead.of(2, "lrange1", "23"),
            SpelledRead.of(2, "hget", "f"),
            SpelledRead.of(2, "hget", "F"),
            SpelledRead.of(2, "hget", "0"),
            SpelledRead.of(2, "hget", "00"),
            SpelledRead.of(2 | Read.RESP3, "hget", "f"),
            SpelledRead.of(0, "hget"));
    for (Read one : reads) {
      for (Read other : reads) {
        assertEquals(one == other, one.equals(other), text(one) + " " + text(other));
        assertEquals(one == other, one.is(other.bytes(), 0, other.bytes().length));
      }
      byte[] bytes = one.bytes().clone();
      assertEquals(one, Read.copyOf(bytes, 0, bytes.length));
      assertEquals(one.hashCode(), Read.copyOf(bytes, 0, bytes.length).hashCode());
    }
    assertNotEquals(reads.get(0), new Object());
  }

  /** Few letters in few places, so that words collide when they are run together. */
  @Test
  void bytes_ofRandomWords_areTheSameOnlyForTheSameWords() {
    Random random = new Random(SEED);
    Map<List<Byte>, List<String>> spelled = new HashMap<>();
    for (int i = 0; i < 20_000; i++) {
      String[] words = new String[1 + random.nextInt(4)];
      Arrays.setAll(words, at -> word(random));
      byte[] bytes = SpelledRead.of(2, words).bytes();
      List<String> before = spelled.put(boxed(bytes), List.of(words));
      assertTrue(before == null || before.equals(List.of(words)), "seed " + SEED);
    }
    assertTrue(spelled.size() > 1000, "hardly tried: " + spelled.size());
  }

  private static String word(Random random) {
    StringBuilder word = new StringBuilder();
    for (int i = random.nextInt(3); i > 0; i--) {
      word.append((char) random.nextInt(3));
    }
    return word.toString();
  }

  private static List<Byte> boxed(byte[] bytes) {
    Byte[] boxed = new Byte[bytes.length];
    Arrays.setAll(boxed, i -> bytes[i]);
    return List.of(boxed);
  }

  @Test
  void has_isWhetherTheFlagIsSet() {
    int[] flags = {
      Read.RESP3, Read.ARGUMENTS, Read.RANGE, Read.FIELDS, Read.ALL_FIELDS, Read.MAP, Read.SET
    };
    for (int set = 0; set < 128; set++) {
      Read read = SpelledRead.of(set, "hget");
      assertEquals(set, read.flags());
      for (int flag : flags) {
        assertEquals((set & flag) == flag, read.has(flag));
      }
    }
  }

  @Test
  void inResp3_differsInThatFlagAlone() {
    Read read = SpelledRead.of(Read.ARGUMENTS | Read.MAP, "hmget", "f");
    assertEquals(
        SpelledRead.of(Read.ARGUMENTS | Read.MAP | Read.RESP3, "hmget", "f"), read.inResp3());
    assertEquals(Read.ARGUMENTS | Read.MAP, read.flags());
    assertEquals(read.inResp3(), read.inResp3().inResp3());
  }

  private static List<String> text(Read read) {
    return read.words().stream()
        .map(word -> new String(word, StandardCharsets.ISO_8859_1))
        .toList();
  }
}
