package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.HashMap;
import java.util.Locale;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class CommandNameTest {

  @ParameterizedTest
  @ValueSource(strings = {"get", "a", "host:", "hgetall", "exec", "discard", "bitcount", "zadd"})
  void of_ignoresCase(String name) {
    long number = CommandName.of(name);
    assertNotEquals(CommandName.LONG, number);
    assertEquals(number, of(name));
    assertEquals(number, of(name.toUpperCase(Locale.ROOT)));
    assertEquals(number, of(name.substring(0, 1).toUpperCase(Locale.ROOT) + name.substring(1)));
  }

  @Test
  void of_whenTheNameIsLongerThanEightBytes_isLong() {
    assertEquals(CommandName.LONG, of("subscribe"));
    assertEquals(CommandName.LONG, of("get".repeat(1000)));
  }

  @Test
  void of_readsOnlyItsSlice() {
    ByteBuf buffer = Unpooled.copiedBuffer(Requests.bytes("xxgetxx"));
    assertEquals(CommandName.of("get"), CommandName.of(buffer, 2, 3));
    assertEquals(CommandName.of(""), CommandName.of(buffer, 7, 0));
  }

  @Test
  void of_differentNames_givesDifferentNumbers() {
    Map<Long, String> names = new HashMap<>();
    String[] letters = {"\0", "a", "z", "@", "[", "`", "{", "\200", "\377", "0"};
    for (String a : letters) {
      assertNameIsNew(names, a);
      for (String b : letters) {
        assertNameIsNew(names, a + b);
        for (String c : letters) {
          assertNameIsNew(names, a + b + c);
        }
      }
    }
    assertNotEquals(CommandName.of("get"), of("\0get"));
    assertNotEquals(CommandName.of("get"), of("get\0"));
    assertNotEquals(CommandName.of("get"), of("\0\0\0\0\0get"));
  }

  /** Names that begin with a NUL may share the number of long names. No command has such a name. */
  private static void assertNameIsNew(Map<Long, String> names, String name) {
    long number = of(name);
    if (number != CommandName.LONG) {
      assertEquals(null, names.put(number, name));
    } else {
      assertEquals('\0', name.charAt(0));
    }
  }

  private static long of(String name) {
    return CommandName.of(Unpooled.copiedBuffer(Requests.bytes(name)), 0, name.length());
  }
}
