package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import com.sun.management.ThreadMXBean;
import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.lang.management.ManagementFactory;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.resp.ProtocolError;

/**
 * The expected results are those of Redis 7.0.15, except for the proxy's own limit on a request.
 */
class RequestParserTest {
  private static final int MAX_BYTES = 1_000_000;
  private static final String ERROR = "ERR Protocol error: ";
  private static final String PING = "*1\r\n$4\r\nPING\r\n";

  static Stream<Arguments> inputs() {
    return Stream.of(
        // arrays
        input("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", null, List.of("GET", "k")),
        input(PING + PING, null, List.of("PING"), List.of("PING")),
        input(
            "*3\r\n$3\r\nSET\r\n$0\r\n\r\n$5\r\n\r\n\0\r\n\r\n",
            null,
            List.of("SET", "", "\r\n\0\r\n")),
        input("*1\r\n$0\r\n\r\n", null, List.of("")),
        input("*1\r\n$2\r\nab\r\n*1\r\n$2\r\nc", null, List.of("ab")),
        input(
            "*2\r\n$4\r\n\377\376\200\1\r\n$10\r\n*1\r\n$1\r\nx\r\r\n",
            null,
            List.of("\377\376\200\1", "*1\r\n$1\r\nx\r")),
        input(array(40), null, arguments(40)),
        input(array(17) + PING + array(16), null, arguments(17), List.of("PING"), arguments(16)),
        // the byte after CR, and the two after an argument, are skipped unread
        input("*1\rX$4\rXPINGXX" + PING, null, List.of("PING"), List.of("PING")),
        // no request at all
        input("", null),
        input("*0\r\n*-1\r\n*-5\r\n" + PING, null, List.of("PING")),
        input("\r\n\n \r\n\t\n" + PING + "\r\n\r\n", null, List.of("PING")),
        input("*-1000000000000000000\r\n" + PING, null, List.of("PING")),
        input("*-9223372036854775808\r\n" + PING, null, List.of("PING")),
        // inline
        input("PING\r\n", null, List.of("PING")),
        input(
            "GET a\nGET b\r\n" + PING + "x",
            null,
            List.of("GET", "a"),
            List.of("GET", "b"),
            List.of("PING")),
        input("\r\r\nPING\r\n", null, List.of("PING")),
        input(" \t GET \t k  \r\n", null, List.of("GET", "k")),
        input("GET *1\r\n$4\r\n", null, List.of("GET", "*1"), List.of("$4")),
        input("GET a\rb\r\n", null, List.of("GET", "a", "b")),
        input("GET \"a\r\n", "unbalanced quotes in request"),
        input("PING\r\nGET 'a'b\r\n", "unbalanced quotes in request", List.of("PING")),
        // numbers
        input("*\r\n", "invalid multibulk length"),
        input("*-\r\n", "invalid multibulk length"),
        input("*-0\r\n", "invalid multibulk length"),
        input("*+1\r\n", "invalid multibulk length"),
        input("*01\r\n", "invalid multibulk length"),
        input("*00\r\n", "invalid multibulk length"),
        input("* 1\r\n", "invalid multibulk length"),
        input("*1 \r\n", "invalid multibulk length"),
        input("*1\n\r\n", "invalid multibulk length"),
        input("*--1\r\n", "invalid multibulk length"),
        input("*1-\r\n", "invalid multibulk length"),
        input("*-01\r\n", "invalid multibulk length"),
        input("*1a\r\n", "invalid multibulk length"),
        input("*2147483648\r\n", "invalid multibulk length"),
        input("*9223372036854775807\r\n", "invalid multibulk length"),
        input("*9223372036854775808\r\n", "invalid multibulk length"),
        input("*18446744073709551617\r\n", "invalid multibulk length"),
        input("*99999999999999999999\r\n", "invalid multibulk length"),
        input("*-9223372036854775809\r\n", "invalid multibulk length"),
        input("*-18446744073709551615\r\n", "invalid multibulk length"),
        input("*1\r\n$\r\n", "invalid bulk length"),
        input("*1\r\n$-1\r\n", "invalid bulk length"),
        input("*1\r\n$-0\r\n", "invalid bulk length"),
        input("*1\r\n$+5\r\n", "invalid bulk length"),
        input("*1\r\n$05\r\n", "invalid bulk length"),
        input("*1\r\n$5x\r\n", "invalid bulk length"),
        input("*1\r\n$99999999999999999999\r\n", "invalid bulk length"),
        input("*1\r\n$18446744073709551620\r\n", "invalid bulk length"),
        input(PING + "*2\r\n$3\r\nGET\r\n$-1\r\n", "invalid bulk length", List.of("PING")),
        // types
        input("*1\r\n+OK\r\n", "expected '$', got '+'"),
        input("*1\r\n\r\n", "expected '$', got '\r'"),
        input("*1\r\n\377\r\n", "expected '$', got '\377'"),
        input("*2\r\n$1\r\nx\r\n*1\r\n", "expected '$', got '*'"),
        // too large, as soon as it is announced
        input("*1\r\n$999999\r\n", "request larger than 1000000 bytes"),
        input("*1\r\n$1000001\r\n", "invalid bulk length"),
        input("*2147483647\r\n$999999\r\n", "request larger than 1000000 bytes"));
  }

  @SafeVarargs
  private static Arguments input(String input, String error, List<String>... requests) {
    String text = error == null ? null : ERROR + error;
    return Arguments.of(input, new Requests(List.of(requests), text));
  }

  private static String array(int count) {
    StringBuilder text = new StringBuilder("*" + count + "\r\n");
    for (String argument : arguments(count)) {
      text.append("$").append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return text.toString();
  }

  private static List<String> arguments(int count) {
    return Stream.iterate(0, i -> i + 1).limit(count).map(i -> "argument" + i).toList();
  }

  @ParameterizedTest
  @MethodSource("inputs")
  void parse_readsTheSameHoweverTheInputIsSplit(String input, Requests expected) {
    byte[] bytes = Requests.bytes(input);
    assertEquals(expected, parse(List.of(bytes)));
    for (int i = 0; i <= bytes.length; i++) {
      assertEquals(expected, parse(Requests.cut(bytes, i)), "split at " + i);
      assertEquals(expected, parseMoved(Requests.cut(bytes, i)), "moved at " + i);
    }
    assertEquals(expected, parse(Requests.cutEverywhere(bytes)), "byte by byte");
    assertEquals(expected, parseMoved(Requests.cutEverywhere(bytes)), "moved byte by byte");
  }

  @Test
  void parse_whenTheReaderIndexIsNotZero_pointsIntoTheInput() throws ProtocolError {
    RequestParser parser = parser();
    String requests = PING + "*2\r\n$3\r\nGET\r\n$1\r\nk\r\n";
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes("junk" + requests));
    in.skipBytes(4);
    assertTrue(parser.parse(in));
    assertTrue(parser.parse(in));
    assertEquals(in, parser.request().buffer());
    assertEquals('k', in.getByte(parser.request().start(1)));
    assertEquals(CommandName.of("get"), parser.request().name());
    assertEquals("GE", parser.request().text(0, 2));
    assertEquals("GET", parser.request().text(0, 100));
    assertFalse(parser.parse(in));
    assertEquals(0, in.readableBytes());
  }

  @Test
  void parse_whenARequestIsIncomplete_leavesTheReaderIndexAtItsStart() throws ProtocolError {
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(PING + "*2\r\n$3\r\nGET\r\n$1\r"));
    RequestParser parser = parser();
    assertTrue(parser.parse(in));
    assertFalse(parser.parse(in));
    assertEquals(PING.length(), in.readerIndex());
  }

  @Test
  void next_untilTake_isTheSameRequest() throws ProtocolError {
    for (String request : List.of("*2\r\n$3\r\nGET\r\n$1\r\nk\r\n", array(3), "GET k\r\n")) {
      ByteBuf in = Unpooled.copiedBuffer(Requests.bytes("\r\n" + request + PING));
      RequestParser parser = parser();
      assertTrue(parser.next(in));
      assertEquals(request.length() + PING.length(), in.readableBytes());
      assertTrue(parser.request().isWhole());
      assertEquals(request.length(), parser.request().size());
      parser.setBounds(new RequestBounds(1));
      assertTrue(parser.next(in), "it was read before the bounds changed");
      parser.take(in);
      assertEquals(PING, in.toString(StandardCharsets.ISO_8859_1));
      assertThrows(RequestTooLarge.class, () -> parser.next(in));
    }
  }

  /** A request that is only partly read is read again with the new bounds. */
  @Test
  void setBounds_withinARequest_appliesToIt() throws ProtocolError {
    for (String begun : List.of("*3\r\n$3\r\nSET\r\n$1\r\nk\r\n", "*3\r\n$", "*3\r\n$3", "*3")) {
      RequestParser parser = new RequestParser(new RequestBounds(100));
      ByteBuf in = Unpooled.buffer().writeBytes(Requests.bytes(begun));
      assertFalse(parser.next(in));
      parser.setBounds(new RequestBounds(1000));
      String whole = "*3\r\n$3\r\nSET\r\n$1\r\nk\r\n$200\r\n" + "v".repeat(200) + "\r\n";
      in.writeBytes(Requests.bytes(whole.substring(begun.length())));
      assertTrue(parser.parse(in), begun);
      assertEquals(3, parser.request().count());
      assertEquals("k", parser.request().text(1, 10));
      assertFalse(in.isReadable());
    }
  }

  /** With larger bounds the request is read again from its first byte. */
  @Test
  void restart_whenARequestIsTooLarge_readsItAgain() throws ProtocolError {
    RequestParser parser = new RequestParser(new RequestBounds(100, 3));
    for (String request : List.of("*1\r\n$200\r\n" + "v".repeat(200) + "\r\n", array(4))) {
      ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(request));
      parser.setBounds(new RequestBounds(100, 3));
      assertThrows(RequestTooLarge.class, () -> parser.next(in));
      assertFalse(parser.request().isWhole());
      parser.restart();
      parser.setBounds(new RequestBounds(1000));
      assertTrue(parser.parse(in));
      assertFalse(in.isReadable());
    }
  }

  /** The first arguments identify the command. The parser reads nothing of the next request. */
  @ParameterizedTest
  @CsvSource({
    "*3 $, 0",
    "*3 $3 GE, 0",
    "*3 $3 GET $, 1",
    "*3 $3 GET $1 a $1 b *1 $4 PING, 3",
    "*3 $3 GET x, 1",
    "*3 $3 GET $200, 1",
  })
  void next_whenThereAreTooManyArguments_readsThoseThatHaveArrived(String input, int count) {
    RequestParser parser = new RequestParser(new RequestBounds(100, 2));
    String raw = (input + " ").replace(" ", "\r\n").replaceFirst("(?<=GE|\\$)\r\n$", "");
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(raw));
    assertThrows(RequestTooLarge.class, () -> parser.next(in));
    assertEquals(count, parser.request().count());
    assertEquals(count > 0 ? CommandName.of("get") : CommandName.LONG, parser.request().name());
  }

  @Test
  void next_whenThereAreVeryManyArguments_readsTheFirst() {
    RequestParser parser = new RequestParser(new RequestBounds(1000, 2));
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(array(50)));
    assertThrows(RequestTooLarge.class, () -> parser.next(in));
    assertEquals(Request.USUAL_ARGUMENTS, parser.request().count());
  }

  @Test
  void parse_ofOnlyNewlines_readsNoRequest() throws ProtocolError {
    for (String line : new String[] {"\n", "\r\n", "*0\r\n", " \n"}) {
      ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(line.repeat(64 * 1024)));
      assertFalse(parser().parse(in));
      assertEquals(0, in.readableBytes());
    }
  }

  @Test
  void parse_ofAnEndlessLine_failsAtRedissLimit() {
    assertNull(errorOf("a".repeat(65_536)));
    assertEquals(ERROR + "too big inline request", errorOf("a".repeat(65_537)));
    assertNull(errorOf("*" + "1".repeat(65_535)));
    assertEquals(ERROR + "too big mbulk count string", errorOf("*" + "1".repeat(65_536)));
    assertNull(errorOf("*1\r\n$" + "1".repeat(65_535)));
    assertEquals(ERROR + "too big bulk count string", errorOf("*1\r\n$" + "1".repeat(65_536)));
    String another = array(17).replace("*17", "*18") + "$" + "1".repeat(65_536);
    assertEquals(ERROR + "too big bulk count string", errorOf(another));
  }

  /** Redis finds no end of such a line, because it searches with strchr. */
  @ParameterizedTest
  @ValueSource(strings = {"PING\0", "\0", "*\0", "*1\0", "*1\r\n$\0", "*1\r\n$4\0"})
  void parse_ofALineWithANul_findsNoEnd(String line) {
    String rest = "\r\nPING\r\n\n";
    assertEquals(new Requests(List.of(), null), parse(List.of(Requests.bytes(line + rest))));
    assertTrue(errorOf(line + rest + "x".repeat(65_536)).startsWith(ERROR + "too big "));
  }

  /** Returns the error for a line, and checks that it is the same in pieces of 1000 bytes. */
  private static String errorOf(String line) {
    byte[] bytes = Requests.bytes(line);
    String error = parse(List.of(bytes)).error();
    int[] places = Stream.iterate(1000, i -> i + 1000).limit(65).mapToInt(i -> i).toArray();
    assertEquals(error, parse(Requests.cut(bytes, places)).error());
    return error;
  }

  @Test
  void parse_whenARequestIsExactlyAtTheLimit_readsIt() {
    String head = "*2\r\n$3\r\nGET\r\n$80\r\n";
    String request = head + "x".repeat(80) + "\r\n";
    int length = request.length();
    List<byte[]> whole = List.of(Requests.bytes(request));
    assertEquals(
        1, Requests.parse(new RequestParser(new RequestBounds(length)), whole).requests().size());
    List<byte[]> pieces = Requests.cutEverywhere(whole.get(0));
    assertEquals(
        1, Requests.parse(new RequestParser(new RequestBounds(length)), pieces).requests().size());
    Requests refused =
        Requests.parse(
            new RequestParser(new RequestBounds(length - 1)), List.of(Requests.bytes(head)));
    assertEquals(ERROR + "request larger than " + (length - 1) + " bytes", refused.error());
    assertEquals(refused, Requests.parse(new RequestParser(new RequestBounds(length - 1)), whole));
  }

  /** Redis buffers little for clients that have not logged in. */
  @ParameterizedTest
  @CsvSource({
    "'*10\r\n', ",
    "'*11\r\n', unauthenticated multibulk length",
    "'*2\r\n$16000\r\n', ",
    "'*2\r\n$16384\r\n', unauthenticated bulk length",
  })
  void parse_beforeLogIn_readsOnlyShortRequests(String input, String error) {
    Requests read =
        Requests.parse(
            new RequestParser(RequestBounds.STRANGERS),
            List.of(Requests.bytes(input.translateEscapes())));
    assertEquals(error == null ? null : ERROR + error, read.error());
  }

  @Test
  void parse_ofTooManyArguments_isRefusedWhenTheyAreAnnounced() {
    RequestParser parser = new RequestParser(new RequestBounds(1000, 3));
    assertEquals(1, Requests.parse(parser, List.of(Requests.bytes(array(3)))).requests().size());
    Requests refused = Requests.parse(parser, List.of(Requests.bytes("*4\r\n")));
    assertEquals(ERROR + "invalid multibulk length", refused.error());
  }

  @Test
  void parse_ofManySmallArguments_isRefusedWhenTheyExceedTheLimit() {
    String request = "*1000\r\n" + "$1\r\nx\r\n".repeat(1000);
    Requests refused =
        Requests.parse(new RequestParser(new RequestBounds(500)), List.of(Requests.bytes(request)));
    assertEquals(ERROR + "request larger than 500 bytes", refused.error());
  }

  static Stream<Arguments> tooLarge() {
    String set = "*3\r\n$3\r\nSET\r\n$3\r\nk\r\n\r\n";
    return Stream.of(
        Arguments.of(set, "$100\r\n", 100, List.of("SET", "k\r\n")),
        Arguments.of(set, "$101\r\n", 100, List.of("SET", "k\r\n")),
        Arguments.of(set, "$536870912\r\n", 100, List.of("SET", "k\r\n")),
        Arguments.of("*1\r\n", "$95\r\n", 100, List.of()),
        Arguments.of("*2\r\n$0\r\n\r\n", "$95\r\n", 100, List.of("")),
        Arguments.of(array(30).replace("*30", "*31"), "$1\r\n", 501, arguments(30)));
  }

  /** The result does not depend on the input before and after the request. */
  @ParameterizedTest
  @MethodSource("tooLarge")
  void parse_whenARequestIsTooLarge_leavesItUnreadAndItsFirstArgumentsReadable(
      String before, String announced, int limit, List<String> expected) {
    String request = before + announced;
    for (String earlier : List.of("", PING, array(5), "PING x\r\n", "\r\n")) {
      byte[] bytes = Requests.bytes(earlier + request + "xxx");
      for (int i = 0; i <= bytes.length; i++) {
        assertTooLarge(earlier, request, limit, expected, Requests.cut(bytes, i), "split at " + i);
      }
      assertTooLarge(
          earlier, request, limit, expected, Requests.cutEverywhere(bytes), "byte by byte");
    }
  }

  /** Moves the unread input to another buffer with each piece. */
  private static void assertTooLarge(
      String earlier,
      String request,
      int limit,
      List<String> expected,
      List<byte[]> pieces,
      String context) {
    RequestParser parser = new RequestParser(new RequestBounds(limit));
    int before = earlier.length();
    String unread = "";
    int fed = 0;
    for (byte[] piece : pieces) {
      fed += piece.length;
      String all = unread + new String(piece, StandardCharsets.ISO_8859_1);
      int junk = fed % 5;
      ByteBuf in = Unpooled.wrappedBuffer(Requests.bytes("?".repeat(junk) + all)).skipBytes(junk);
      try {
        while (parser.parse(in)) {
          assertTrue(fed - in.readableBytes() <= before, context);
        }
      } catch (RequestTooLarge e) {
        assertEquals(fed - in.readableBytes(), before, context);
        assertTrue(fed >= before + request.length(), context + ": too early");
        assertEquals(expected.size(), parser.request().count(), context);
        for (int i = 0; i < expected.size(); i++) {
          assertEquals(expected.get(i), parser.request().text(i, 1000), context);
          assertEquals(expected.get(i).length(), parser.request().length(i), context);
        }
        return;
      } catch (ProtocolError e) {
        throw new AssertionError(context, e);
      }
      assertTrue(fed < before + request.length(), context + ": not refused");
      unread = in.toString(StandardCharsets.ISO_8859_1);
    }
    throw new AssertionError(context + ": not refused");
  }

  @Test
  void parse_whenALengthExceedsRedissLimit_isAProtocolError() {
    RequestParser parser = new RequestParser(new RequestBounds(100));
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes("*1\r\n$536870913\r\n"));
    ProtocolError error = assertThrows(ProtocolError.class, () -> parser.parse(in));
    assertFalse(error instanceof RequestTooLarge);
  }

  @ParameterizedTest
  @ValueSource(strings = {"*2147483647\r\n", "*2147483647\r\n$3\r\nGET\r\n", "*1\r\n$999000\r\n"})
  void parse_whenMuchIsAnnounced_allocatesLittle(String input) throws ProtocolError {
    ThreadMXBean thread = (ThreadMXBean) ManagementFactory.getThreadMXBean();
    long allocated = 0;
    for (int i = 0; i < 2; i++) { // the first run also loads classes
      ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(input));
      RequestParser parser = parser();
      long before = thread.getCurrentThreadAllocatedBytes();
      boolean whole = parser.parse(in);
      allocated = thread.getCurrentThreadAllocatedBytes() - before;
      assertFalse(whole);
    }
    assertTrue(allocated < 10_000, allocated + " bytes allocated");
  }

  @Test
  void parse_afterALongRequest_freesItsArrays() throws ProtocolError {
    RequestParser parser = parser();
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(array(1000) + PING));
    assertTrue(parser.parse(in));
    assertEquals(1000, parser.request().count());
    assertTrue(
        parser.request().held() >= 1000 * 2 * Integer.BYTES, parser.request().held() + " bytes");
    assertTrue(parser.parse(in));
    assertEquals(0, parser.request().held());
    assertEquals(1, parser.request().count());
    assertEquals("PING", parser.request().text(0, 10));
  }

  /** The parser does not read a long argument again with each piece. */
  @Test
  void parse_ofALongArgumentInPieces_readsItWhenItIsComplete() {
    String value = "v".repeat(20_000);
    List<byte[]> pieces = new ArrayList<>(List.of(Requests.bytes("*2\r\n$3\r\nGET\r\n$20000\r\n")));
    for (int i = 0; i < 20_000; i += 100) {
      pieces.add(Requests.bytes(value.substring(i, i + 100)));
    }
    pieces.add(Requests.bytes("\r\n"));
    assertEquals(new Requests(List.of(List.of("GET", value)), null), parseMoved(pieces));
  }

  private static Requests parse(List<byte[]> pieces) {
    return Requests.parse(parser(), pieces);
  }

  private static Requests parseMoved(List<byte[]> pieces) {
    return Requests.parseMoved(parser(), pieces);
  }

  private static RequestParser parser() {
    return new RequestParser(new RequestBounds(MAX_BYTES));
  }
}
