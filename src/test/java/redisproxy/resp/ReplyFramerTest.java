package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertDoesNotThrow;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.Requests;
import redisproxy.fuzz.Allocation;

/** The examples are from the RESP3 specification, with edge cases. */
class ReplyFramerTest {
  /** How many levels may be nested below the reply itself. */
  private static final int DEEPEST = 16 * 1024 - 1;

  private static final String OTHER = "+OK\r\n";
  private static final String ATTRIBUTE = "|1\r\n+ttl\r\n:3600\r\n";

  static Stream<Arguments> replies() {
    return Stream.of(
        // one line
        reply('+', "+OK\r\n"),
        reply('+', "+\r\n"),
        reply('+', "+a\nb\n\r\n"),
        reply('+', "+a\r\r\n"),
        reply('+', "+$5\377\0*\r\n"),
        reply('-', "-ERR no\r\n"),
        reply(':', ":0\r\n"),
        reply(':', ":-9223372036854775808\r\n"),
        reply('_', "_\r\n"),
        reply('#', "#t\r\n"),
        reply(',', ",-1.5e300\r\n"),
        reply(',', ",-inf\r\n"),
        reply('(', "(-3492890328409238509324850943850943825024385\r\n"),
        reply('+', "+" + "x".repeat(70_000) + "\r\n", 1000),
        // strings
        reply('$', "$3\r\nabc\r\n"),
        reply('$', "$0\r\n\r\n"),
        reply('$', "$-1\r\n"),
        reply('$', "$13\r\n\r\n$3\r\nabc\r\n\0\377\r\n"),
        reply('$', "$70000\r\n" + "\n".repeat(70_000) + "\r\n", 1000),
        reply('!', "!21\r\nSYNTAX invalid syntax\r\n"),
        reply('=', "=15\r\ntxt:Some string\r\n"),
        // aggregates
        reply('*', "*0\r\n"),
        reply('*', "*-1\r\n"),
        reply('*', "*1\r\n$1\r\na\r\n"),
        reply('*', "*3\r\n:1\r\n$-1\r\n*-1\r\n"),
        reply('*', "*3\r\n*0\r\n*0\r\n*0\r\n"),
        reply('*', "*2\r\n*2\r\n:1\r\n*1\r\n+a\r\n*1\r\n%0\r\n"),
        reply('*', "*11\r\n" + ":1\r\n".repeat(11)),
        reply('%', "%0\r\n"),
        reply('%', "%2\r\n+a\r\n:1\r\n$1\r\nb\r\n*1\r\n:2\r\n"),
        reply('%', "%1\r\n%1\r\n+a\r\n+b\r\n%0\r\n"),
        reply('~', "~0\r\n"),
        reply('~', "~2\r\n#f\r\n~1\r\n_\r\n"),
        reply('>', ">0\r\n"),
        reply('>', ">3\r\n$7\r\nmessage\r\n$1\r\nc\r\n$5\r\nhello\r\n"),
        // attributes
        reply('+', "|0\r\n+OK\r\n"),
        reply('+', ATTRIBUTE + "+OK\r\n"),
        reply('$', ATTRIBUTE.repeat(3) + "$2\r\nab\r\n"),
        reply('*', ATTRIBUTE + "*2\r\n:1\r\n" + ATTRIBUTE + ":2\r\n"),
        reply('*', ATTRIBUTE + "*0\r\n"),
        reply('*', "*1\r\n" + ATTRIBUTE + "$-1\r\n"),
        reply('+', "|1\r\n" + ATTRIBUTE + "+a\r\n" + ATTRIBUTE + "|0\r\n*1\r\n:1\r\n+OK\r\n"),
        // streamed
        reply('*', "*?\r\n.\r\n"),
        reply('*', "*?\r\n:1\r\n$1\r\na\r\n*0\r\n.\r\n"),
        reply('~', "~?\r\n+a\r\n*?\r\n.\r\n~?\r\n.\r\n.\r\n"),
        reply('%', "%?\r\n+a\r\n:1\r\n+b\r\n*2\r\n:1\r\n:2\r\n.\r\n"),
        reply('*', "*2\r\n*?\r\n*1\r\n*?\r\n:1\r\n.\r\n.\r\n:2\r\n"),
        reply('*', "*?\r\n" + ATTRIBUTE + ":1\r\n|0\r\n:2\r\n.\r\n"),
        reply('*', "*2\r\n$?\r\n;4\r\nHell\r\n;1\r\n.\r\n;0\r\n$?\r\n;0\r\n"));
  }

  private static Arguments reply(char type, String text) {
    return reply(type, text, 1);
  }

  /** A reply that the tests split after every {@code step} bytes. */
  private static Arguments reply(char type, String text, int step) {
    return Arguments.of(type, text, step);
  }

  @ParameterizedTest
  @MethodSource("replies")
  void feed_stopsAtTheEndOfEachReplyHoweverTheInputIsSplit(char type, String text, int step)
      throws ProtocolError {
    byte[] bytes = Requests.bytes(text + text + OTHER);
    int length = text.length();
    List<Integer> expected = List.of(length, 2 * length, bytes.length);
    assertEquals(expected, ends(List.of(bytes)));
    for (int i = 0; i <= bytes.length; i += step) {
      assertEquals(expected, ends(Requests.cut(bytes, i)), "split at " + i);
    }
    assertEquals(expected, ends(Requests.cutEverywhere(bytes)), "byte by byte");
  }

  @ParameterizedTest
  @MethodSource("replies")
  void type_afterAReply_isThatOfTheReply(char type, String text) throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertTrue(framer.feed(buffer(text)));
    assertEquals(type, framer.type());
    assertTrue(framer.feed(buffer(OTHER)));
    assertEquals('+', framer.type());
  }

  @ParameterizedTest
  @MethodSource("replies")
  void isBetween_withinAReply_isFalse(char type, String text, int step) throws ProtocolError {
    for (int i = 1; i < text.length(); i += step) {
      ReplyFramer framer = new ReplyFramer();
      assertTrue(framer.isBetween());
      assertFalse(framer.feed(buffer(text.substring(0, i))));
      assertFalse(framer.isBetween(), "at " + i);
      assertFalse(framer.feed(buffer("")));
      assertFalse(framer.isBetween(), "at " + i);
      assertTrue(framer.feed(buffer(text.substring(i))));
      assertTrue(framer.isBetween());
    }
  }

  @Test
  void feed_ofNoBytes_staysBetweenReplies() throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertFalse(framer.feed(buffer("")));
    assertTrue(framer.isBetween());
    assertTrue(framer.feed(buffer(OTHER)));
    assertFalse(framer.feed(buffer("")));
    assertTrue(framer.isBetween());
    assertEquals('+', framer.type());
  }

  @Test
  void type_withinAReply_isKnownAfterItsAttributes() throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertTrue(framer.feed(buffer("-ERR\r\n")));
    assertFalse(framer.feed(buffer("|1\r\n*1\r\n:1\r\n")));
    assertEquals(0, framer.type());
    assertFalse(framer.feed(buffer(":2\r\n>")));
    assertEquals('>', framer.type());
    assertFalse(framer.feed(buffer("2\r\n:1\r\n")));
    assertEquals('>', framer.type());
  }

  @Test
  void kind_ofAnArrayOrPush_isItsFirstStringHoweverItIsSplit() throws ProtocolError {
    for (String head : List.of("*3\r\n", ">3\r\n", "*?\r\n")) {
      String text = head + "$7\r\nmessage\r\n$4\r\nnews\r\n";
      for (int i = 0; i <= text.length(); i++) {
        ReplyFramer framer = new ReplyFramer();
        framer.feed(buffer(text.substring(0, i)));
        framer.feed(buffer(text.substring(i)));
        assertEquals("message", framer.kind(), "split at " + i);
      }
    }
    assertEquals("", framed("*0\r\n").kind());
    assertEquals("", framed("*2\r\n$0\r\n\r\n$1\r\na\r\n").kind());
    assertEquals("", framed("*2\r\n:1\r\n$1\r\na\r\n").kind());
    assertEquals("", framed("*2\r\n$-1\r\n$1\r\na\r\n").kind());
    assertEquals("a\377\r\n", framed("*1\r\n$4\r\na\377\r\n\r\n").kind());
    assertEquals("ab", framed("*2\r\n$?\r\n;1\r\na\r\n;1\r\nb\r\n;0\r\n$1\r\nc\r\n").kind());
  }

  @Test
  void kind_whenItIsLong_isItsBeginning() throws ProtocolError {
    String text = "*1\r\n$1000\r\n" + "0123456789".repeat(100) + "\r\n";
    for (int i = 0; i < 40; i++) {
      ReplyFramer framer = new ReplyFramer();
      framer.feed(buffer(text.substring(0, i)));
      framer.feed(buffer(text.substring(i)));
      assertEquals("0123456789012345", framer.kind());
    }
  }

  @Test
  void kind_ofThePreviousReply_isForgotten() throws ProtocolError {
    ReplyFramer framer = framed(">1\r\n$7\r\nmessage\r\n");
    assertFalse(framer.feed(buffer(">1\r\n")));
    assertEquals("", framer.kind());
    assertTrue(framer.feed(buffer("$9\r\nsubscribe\r\n")));
    assertEquals("subscribe", framer.kind());
  }

  @Test
  void lastInteger_isThatOfTheLastIntegerOnly() throws ProtocolError {
    assertEquals(42, framed(":42\r\n").lastInteger());
    assertEquals(0, framed("*2\r\n:7\r\n:0\r\n").lastInteger());
    assertEquals(Long.MAX_VALUE, framed(":9223372036854775807\r\n").lastInteger());
    String confirmation = "*3\r\n$9\r\nsubscribe\r\n$2\r\n:9\r\n:17\r\n";
    ReplyFramer framer = new ReplyFramer();
    for (byte[] piece : Requests.cutEverywhere(Requests.bytes(confirmation))) {
      framer.feed(Unpooled.wrappedBuffer(piece));
    }
    assertEquals(17, framer.lastInteger());
    assertTrue(framer.feed(buffer("*4\r\n$1\r\n5\r\n+6\r\n,7.5\r\n(8\r\n")));
    assertEquals(17, framer.lastInteger());
  }

  @Test
  void type_ofAStreamedString_isThatOfAString() throws ProtocolError {
    assertEquals('$', framed("$?\r\n;1\r\na\r\n;0\r\n").type());
    assertEquals('$', framed(ATTRIBUTE + "$?\r\n;0\r\n").type());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$7\r\nmessage\r\n",
        "$?\r\n;7\r\nmessage\r\n;0\r\n",
        "!7\r\nmessage\r\n",
        "%1\r\n$7\r\nmessage\r\n:1\r\n",
        "~1\r\n$7\r\nmessage\r\n",
        "*1\r\n*1\r\n$7\r\nmessage\r\n",
        "*1\r\n!7\r\nmessage\r\n",
        "*1\r\n=11\r\ntxt:message\r\n",
        "|1\r\n$7\r\nmessage\r\n:1\r\n*0\r\n",
        "|1\r\n*1\r\n$7\r\nmessage\r\n:1\r\n:1\r\n"
      })
  void kind_ofOtherReplies_isEmpty(String text) throws ProtocolError {
    assertEquals("", framed(text).kind());
  }

  @ParameterizedTest
  @ValueSource(strings = {"%s>2\r\n$7\r\nmessage\r\n:1\r\n", "*2\r\n%s$7\r\nmessage\r\n:1\r\n"})
  void kind_afterAnAttribute_isThatOfTheReply(String format) throws ProtocolError {
    for (String attribute :
        List.of(
            ATTRIBUTE, "|0\r\n", "|1\r\n$3\r\nttl\r\n*1\r\n$1\r\n9\r\n", ATTRIBUTE + "|0\r\n")) {
      assertEquals("message", framed(format.formatted(attribute)).kind());
    }
  }

  @Test
  void lastInteger_whenItIsNegative_isNegative() throws ProtocolError {
    assertEquals(-5, framed(":-5\r\n").lastInteger());
    assertEquals(Long.MIN_VALUE, framed(":-9223372036854775808\r\n").lastInteger());
    assertEquals(5, framed("*2\r\n:-5\r\n:+5\r\n").lastInteger());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "x\r\n",
        "x5\r\n",
        "5\r\n",
        "\377\r\n",
        ";5\r\n",
        "*1\r\n?\r\n",
        "*1\r\n;1\r\na\r\n",
        "*?\r\n;1\r\n",
        OTHER + "O"
      })
  void feed_ofAnUnknownType_fails(String text) {
    assertFails("", text + "1\r\n");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$a\r\n",
        "$1a\r\n",
        "$ 1\r\n",
        "$1 \r\n",
        "$+1\r\n",
        "$--1\r\n",
        "$1-\r\n",
        "$-?\r\n",
        "$1?\r\n",
        "$\n",
        "$1\n",
        "*1.0\r\n",
        "*x",
        "%1e3\r\n",
        "~ \r\n",
        ">a",
        "|x",
        "!a",
        "=a",
        "$99999999999999999999\r\n",
        "*99999999999999999999\r\n",
        "$?\r\n;x\r\n",
        "*1\r\n$a\r\n"
      })
  void feed_ofABadLength_fails(String text) {
    assertFails("bad length in a reply", text);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "$\r\n",
        "*\r\n",
        "%\r\n",
        "$-\r\n",
        "*-\r\n",
        "$-0\r\n",
        "$-2\r\n",
        "*-2\r\n",
        "|-1\r\n",
        "$?1\r\n",
        "*?0\r\n",
        "$?\r\n;\r\n",
        "$?\r\n;-1\r\n",
        "$?\r\n;?\r\n",
        "*?\r\n.1\r\n",
        "*?\r\n.?\r\n",
        "$1\r1\r\n",
        "$1\r\r\n",
        "%5000000000000000000\r\n",
        "|4611686018427387904\r\n"
      })
  void feed_ofAMeaninglessLength_fails(String text) {
    assertFails("bad length in a reply", text);
  }

  @Test
  void feed_ofAStreamedAttribute_belongsToTheReplyThatFollows() throws ProtocolError {
    String text = "|?\r\n+ttl\r\n:3600\r\n.\r\n*1\r\n|?\r\n.\r\n:1\r\n";
    assertEquals(List.of(text.length()), ends(List.of(Requests.bytes(text))));
    assertEquals('*', framed(text).type());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ".\r\n",
        "*1\r\n.\r\n",
        "*2\r\n:1\r\n.\r\n",
        "*?\r\n*1\r\n.\r\n",
        "*?\r\n.\r\n.\r\n",
        "*?\r\n|1\r\n.\r\n",
        "%1\r\n+a\r\n.\r\n"
      })
  void feed_ofAnEndWithoutAStream_fails(String text) {
    assertFails("unexpected end of a stream in a reply", text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"$?\r\n.\r\n", "$?\r\n$1\r\na\r\n", "$?\r\n;1\r\na\r\n+OK\r\n"})
  void feed_ofAnythingBetweenChunks_fails(String text) {
    assertFails("broken string in a reply", text);
  }

  @ParameterizedTest
  @ValueSource(strings = {"*1\r\n", "*?\r\n", "%?\r\n", "~2\r\n", ">1\r\n", "|1\r\n"})
  void feed_whenNestedTooDeeply_fails(String head) throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertFalse(framer.feed(buffer(head.repeat(DEEPEST))));
    ProtocolError error =
        assertThrows(
            ProtocolError.class, () -> new ReplyFramer().feed(buffer(head.repeat(DEEPEST + 1))));
    assertTrue(error.getMessage().endsWith("reply nested too deeply"), error.getMessage());
  }

  @Test
  void feed_whenNestedExactlyToTheLimit_findsTheEnd() throws ProtocolError {
    String text = "*1\r\n".repeat(DEEPEST) + ":1\r\n";
    assertEquals(List.of(text.length()), ends(Requests.cutEverywhere(Requests.bytes(text))));
    String streamed = "*?\r\n".repeat(DEEPEST) + ".\r\n".repeat(DEEPEST);
    assertEquals(List.of(streamed.length()), ends(List.of(Requests.bytes(streamed))));
    String flat = "*300\r\n" + "*1\r\n:1\r\n".repeat(300);
    assertEquals(List.of(flat.length()), ends(List.of(Requests.bytes(flat))));
  }

  @Test
  void feed_ofAnEndlessLength_fails() throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertFalse(framer.feed(buffer("$" + "0".repeat(64 * 1024))));
    ByteBuf more = buffer("0");
    String message = assertThrows(ProtocolError.class, () -> framer.feed(more)).getMessage();
    assertEquals("ERR Protocol error: line too long in a reply", message);
  }

  @Test
  void feed_ofAHugeString_skipsItWithoutKeepingIt() throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    assertFalse(framer.feed(buffer("$6000000000\r\n")));
    ByteBuf megabyte = Unpooled.wrappedBuffer(new byte[1_000_000]);
    for (int i = 0; i < 6000; i++) {
      assertFalse(framer.feed(megabyte.readerIndex(0)));
    }
    assertFalse(framer.feed(buffer("\r")));
    assertTrue(framer.feed(buffer("\n")));
  }

  @Test
  void feed_whenHugeLengthsAreAnnounced_allocatesLittle() {
    String head = "*100000000000000000\r\n";
    byte[] input = Requests.bytes(head.repeat(255) + "$100000000000000000\r\nab");
    new Allocation(8_000, 0).check(input.length, () -> assertDoesNotThrow(() -> feedAll(input)));
  }

  private static void feedAll(byte[] input) throws ProtocolError {
    assertFalse(new ReplyFramer().feed(Unpooled.wrappedBuffer(input)));
  }

  /**
   * Checks that the text fails with this message wherever it is split. An empty message means any.
   */
  private static void assertFails(String message, String text) {
    byte[] bytes = Requests.bytes(text);
    for (int i = 0; i <= bytes.length; i++) {
      List<byte[]> pieces = Requests.cut(bytes, i);
      ProtocolError error = assertThrows(ProtocolError.class, () -> ends(pieces), "split at " + i);
      assertTrue(error.getMessage().endsWith(message), error.getMessage());
    }
  }

  /** Where replies end in the joined pieces. */
  private static List<Integer> ends(List<byte[]> pieces) throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    List<Integer> ends = new ArrayList<>();
    int before = 0;
    for (byte[] piece : pieces) {
      ByteBuf in = Unpooled.wrappedBuffer(piece);
      while (framer.feed(in)) {
        ends.add(before + in.readerIndex());
      }
      assertFalse(in.isReadable(), "not read to its end");
      before += piece.length;
    }
    return ends;
  }

  private static ReplyFramer framed(String text) throws ProtocolError {
    ReplyFramer framer = new ReplyFramer();
    ByteBuf in = buffer(text);
    assertTrue(framer.feed(in));
    assertFalse(in.isReadable());
    return framer;
  }

  private static ByteBuf buffer(String text) {
    return Unpooled.wrappedBuffer(Requests.bytes(text));
  }
}
