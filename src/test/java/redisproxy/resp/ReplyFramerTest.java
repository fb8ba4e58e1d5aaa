package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ReplyFramerTest {
  private static ByteBuf bytes(String text) {
    return Unpooled.copiedBuffer(text, StandardCharsets.ISO_8859_1);
  }

  /** Where replies end when the input comes in two pieces, cut at the place given. */
  private static List<Integer> ends(String input, int cut) throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    List<Integer> ends = new ArrayList<>();
    ByteBuf in = bytes(input);
    for (int limit : new int[] {cut, input.length()}) {
      in.writerIndex(limit);
      while (in.isReadable()) {
        if (framer.feed(in)) {
          ends.add(in.readerIndex());
        }
      }
    }
    return ends;
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "+OK\r\n",
        "-ERR no\r\n",
        ":12\r\n",
        ":-12\r\n",
        "$3\r\nabc\r\n",
        "$0\r\n\r\n",
        "$-1\r\n",
        "$4\r\n\r\n+x\r\n",
        "*-1\r\n",
        "*0\r\n",
        "*2\r\n$1\r\na\r\n*1\r\n:1\r\n",
        "_\r\n",
        "#t\r\n",
        ",1.5e3\r\n",
        ",inf\r\n",
        "(123456789012345678901234567890\r\n",
        "!5\r\nERR x\r\n",
        "=7\r\ntxt:abc\r\n",
        "%2\r\n+a\r\n:1\r\n+b\r\n*0\r\n",
        "~2\r\n:1\r\n:2\r\n",
        ">2\r\n+invalidate\r\n*1\r\n$1\r\nk\r\n",
        "|1\r\n+ttl\r\n:3600\r\n$1\r\nv\r\n",
        "*2\r\n|1\r\n+a\r\n+b\r\n:1\r\n:2\r\n",
        "|0\r\n+OK\r\n",
        "$?\r\n;3\r\nabc\r\n;2\r\nde\r\n;0\r\n",
        "*?\r\n:1\r\n*?\r\n:2\r\n.\r\n|1\r\n+a\r\n+b\r\n:3\r\n.\r\n",
        "%?\r\n+a\r\n:1\r\n.\r\n"
      })
  void reply_ofAnyType_endsWhereItEnds_cutAnywhere(String reply) throws ProtocolError {
    String three = reply + reply + "+last\r\n";
    List<Integer> expected = List.of(reply.length(), 2 * reply.length(), three.length());
    for (int cut = 0; cut <= three.length(); cut++) {
      assertEquals(expected, ends(three, cut), "cut at " + cut);
    }
  }

  @Test
  void nesting_isFollowedAsDeepAsRedisGoes() throws ProtocolError {
    String deep = "*1\r\n".repeat(10_000) + ":1\r\n";
    assertEquals(List.of(deep.length()), ends(deep, deep.length() / 2));
  }

  @Test
  void type_kind_andInteger_tellWhatItIs() throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertTrue(framer.feed(bytes(">3\r\n$9\r\nsubscribe\r\n$1\r\nc\r\n:12\r\n")));
    assertEquals('>', framer.type());
    assertEquals("subscribe", framer.kind());
    assertEquals(12, framer.lastInteger());
    assertTrue(framer.feed(bytes("|1\r\n+a\r\n+b\r\n*1\r\n$40\r\n" + "m".repeat(40) + "\r\n")));
    assertEquals('*', framer.type());
    assertTrue("m".repeat(40).startsWith(framer.kind()));
    assertTrue(framer.feed(bytes("*1\r\n:5\r\n")));
    assertEquals("", framer.kind());
    assertTrue(framer.isBetween());
    assertFalse(framer.feed(bytes("*1\r\n")));
    assertFalse(framer.isBetween());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {"x\r\n", "$abc\r\n", "*1x\r\n", ".\r\n", "*1\r\n.\r\n", "$?\r\n+x\r\n", "\r\n"})
  void garbage_isAProtocolError(String input) {
    assertThrows(ProtocolError.class, () -> ends(input, 0));
  }

  @Test
  void nestingBeyondReason_isAProtocolError() {
    assertThrows(ProtocolError.class, () -> ends("*1\r\n".repeat(20_000), 0));
  }

  private static String random(Random random, int depth) {
    int elements = random.nextInt(4);
    return switch (random.nextInt(depth > 4 ? 5 : 9)) {
      case 0 -> "+text\r\n";
      case 1 -> ":" + random.nextInt() + "\r\n";
      case 2 -> "$-1\r\n";
      case 3 -> {
        int length = random.nextInt(40);
        yield "$" + length + "\r\n" + "\r".repeat(length) + "\r\n";
      }
      case 4 -> "_\r\n";
      case 5 -> "*" + elements + "\r\n" + several(random, depth, elements);
      case 6 -> "%" + elements + "\r\n" + several(random, depth, 2 * elements);
      case 7 -> "~?\r\n" + several(random, depth, elements) + ".\r\n";
      default -> "|1\r\n" + several(random, depth, 2) + random(random, depth + 1);
    };
  }

  private static String several(Random random, int depth, int count) {
    StringBuilder all = new StringBuilder();
    for (int i = 0; i < count; i++) {
      all.append(random(random, depth + 1));
    }
    return all.toString();
  }

  @Test
  void randomReplies_cutAnywhere_endWhereTheyEnd() throws ProtocolError {
    long seed = Long.getLong("test.seed", 42);
    Random random = new Random(seed);
    for (int round = 0; round < 5_000; round++) {
      StringBuilder input = new StringBuilder();
      List<Integer> expected = new ArrayList<>();
      for (int i = 0; i < 4; i++) {
        input.append(random(random, 0));
        expected.add(input.length());
      }
      int cut = random.nextInt(input.length());
      assertEquals(expected, ends(input.toString(), cut), "seed " + seed + ", round " + round);
    }
  }
}
