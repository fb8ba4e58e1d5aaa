package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.HashSet;
import java.util.Random;
import java.util.Set;
import java.util.function.IntFunction;
import org.junit.jupiter.api.Test;

class KeyTest {

  @Test
  void hash_ofEqualBytesAtAnyOffset_isEqual() {
    Random random = new Random(3);
    for (int length = 0; length < 70; length++) {
      byte[] bytes = new byte[length];
      random.nextBytes(bytes);
      int hash = Key.of(4, bytes).hashCode();
      for (int offset = 0; offset < 17; offset++) {
        byte[] buffer = new byte[length + 40];
        random.nextBytes(buffer);
        System.arraycopy(bytes, 0, buffer, offset, length);
        assertEquals(hash, Key.hash(4, buffer, offset, length), length + " bytes at " + offset);
      }
    }
  }

  @Test
  void hash_ofDifferentKeys_nearlyAlwaysDiffers() {
    Set<Integer> hashes = new HashSet<>();
    int made = 0;
    for (int length = 0; length < 40; length++) {
      hashes.add(Key.hash(0, new byte[length], 0, length));
      hashes.add(Key.hash(1, new byte[length], 0, length));
      made += 2;
      for (int i = 0; i < length; i++) {
        byte[] bytes = new byte[length];
        bytes[i] = 1;
        hashes.add(Key.hash(0, bytes, 0, length));
        made++;
      }
    }
    assertTrue(hashes.size() >= made - 2, hashes.size() + " of " + made);
  }

  /** If these collided with every seed, an attacker could prepare them. */
  @Test
  void hash_whenBytesAreChosenToCancelAnotherLengthOrDatabase_differs() {
    int collisions = 0;
    for (int i = 1; i < 100; i++) {
      byte[] one = {(byte) i};
      byte[] two = {0, (byte) (i ^ 1 ^ 2)};
      collisions += Key.hash(0, one, 0, 1) == Key.hash(0, two, 0, 2) ? 1 : 0;
      long undo = i * 0x9E3779B97F4A7C15L;
      byte[] none = new byte[8];
      byte[] other = ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(undo).array();
      collisions += Key.hash(0, none, 0, 8) == Key.hash(i, other, 0, 8) ? 1 : 0;
    }
    assertTrue(collisions < 2, collisions + " collisions");
  }

  @Test
  void hash_spreadsSequentialKeysEvenly() {
    assertSpread(i -> "key:" + i);
    assertSpread(i -> "user:" + (1_000_000_000 + i) + ":profile");
    assertSpread(i -> "" + (char) (i & 0xff) + (char) (i >> 8 & 0xff) + (char) (i >> 16));
  }

  /** A bucket has 15 keys on average. With a random function, one has 60 once in 10^10 runs. */
  private static void assertSpread(IntFunction<String> name) {
    int[] buckets = new int[1 << 16];
    for (int i = 0; i < 1_000_000; i++) {
      byte[] key = name.apply(i).getBytes(StandardCharsets.ISO_8859_1);
      buckets[Key.hash(0, key, 0, key.length) & buckets.length - 1]++;
    }
    assertTrue(Arrays.stream(buckets).max().getAsInt() < 60);
  }

  @Test
  void equals_needsTheSameDatabaseAndBytes() {
    Key key = Key.copyOf(1, new byte[] {1, 2}, 0, 2, 7);
    assertEquals(Key.copyOf(1, new byte[] {9, 1, 2, 9}, 1, 2, 7), key);
    assertNotEquals(Key.copyOf(2, new byte[] {1, 2}, 0, 2, 7), key);
    assertNotEquals(Key.copyOf(1, new byte[] {1, 3}, 0, 2, 7), key);
    assertNotEquals(Key.copyOf(1, new byte[] {1, 2, 3}, 0, 3, 7), key);
    assertNotEquals((Object) "key", key);
  }

  @Test
  void copyOf_whenTheBufferChangesLater_doesNotChange() {
    byte[] buffer = {1, 2, 3};
    Key key = Key.copyOf(0, buffer, 1, 2, 7);
    buffer[1] = 9;
    assertArrayEquals(new byte[] {2, 3}, key.bytes());
    assertEquals(7, key.hashCode());
  }
}
