package redisproxy.probe;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;

/** What replies show, and what is sent for a write. */
class KeyTypeTest {
  private static Object reply(Object... elements) {
    return new ArrayList<>(Arrays.asList(elements));
  }

  private static void assertTorn(KeyType type, Object reply) {
    assertTrue(type.seen(reply).startsWith("torn: "), "" + type.seen(reply));
    assertEquals(0, Keys.version(3, type.seen(reply)));
  }

  @Test
  void hash_showsTheVersionOfBothFields() {
    assertEquals("3=1", KeyType.HASH.seen(reply("f", "3=1", "g", "3=1")));
    assertEquals("3=1", KeyType.HASH.seen("3=1"));
    assertNull(KeyType.HASH.seen(reply()));
    assertNull(KeyType.HASH.seen(reply(null, null)));
    assertTorn(KeyType.HASH, reply("f", "3=1", "g", "3=2"));
    assertTorn(KeyType.HASH, reply("3=1", null));
  }

  @Test
  void list_withTwoElements_isTorn() {
    assertEquals("3=1", KeyType.LIST.seen(reply("3=1")));
    assertTorn(KeyType.LIST, reply("3=1", "3=2"));
  }

  @Test
  void sortedSet_showsTheVersionAsItsScore() {
    String score = KeyType.SORTED_SET.write("k", "3=12").get(0)[2];
    assertEquals("3=12", KeyType.SORTED_SET.seen(score));
    assertEquals("3=12", KeyType.SORTED_SET.seen(reply("m", score)));
    assertNull(KeyType.SORTED_SET.seen(reply()));
    assertNull(KeyType.SORTED_SET.seen(null));
  }

  @Test
  void pair_ofWhichOnlyOneWasWritten_isTorn() {
    assertEquals("3=1", KeyType.PAIR.seen(reply("3=1", "3=1")));
    assertNull(KeyType.PAIR.seen(reply(null, null)));
    assertNull(KeyType.PAIR.seen(":0"));
    assertEquals(KeyType.UNKNOWN, KeyType.PAIR.seen(":2"));
    assertEquals(KeyType.UNKNOWN, KeyType.PAIR.seen("3=1"));
    assertEquals(KeyType.UNKNOWN, KeyType.PAIR.seen(null));
    assertTorn(KeyType.PAIR, ":1");
    assertTorn(KeyType.PAIR, reply("3=1", "3=2"));
    assertTorn(KeyType.PAIR, reply(null, "3=2"));
  }

  @ParameterizedTest
  @EnumSource
  void key_isFoundByItsNumber(KeyType type) {
    for (int key = 0; key < 20; key++) {
      assertEquals(type, KeyType.of(type.nearest(key)));
    }
  }

  @Test
  void write_thatTakesSeveralCommands_isATransactionOrAScript() {
    Command.Sent plain = Command.SET.request(KeyType.LIST, "k", "v");
    assertEquals(4, plain.replies());
    assertEquals(
        "MULTI DEL k RPUSH k v EXEC",
        plain.text().replaceAll("[*$]\\d+\r\n", "").replace("\r\n", " ").strip());
    Command.Sent script = Command.EVAL_DECLARED.request(KeyType.LIST, "k", "v");
    List<String> words =
        List.of(script.text().replaceAll("[*$]\\d+\r\n", "").strip().split("\r\n"));
    assertEquals(
        List.of(
            "EVAL",
            "redis.call(ARGV[1],KEYS[1]) redis.call(ARGV[2],KEYS[1],ARGV[3]) return 1",
            "1",
            "k",
            "DEL",
            "RPUSH",
            "v"),
        words);
  }
}
