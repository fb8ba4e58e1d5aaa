package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.resp.ProtocolError;

class RequestTest {
  @Test
  void array_isTheRequestAsResp() throws ProtocolError {
    Request request = Parsed.line("SET \"\\r\\n\" '' 123456789a");
    assertEquals(
        "*4\r\n$3\r\nSET\r\n$2\r\n\r\n\r\n$0\r\n\r\n$10\r\n123456789a\r\n", text(request.array()));
  }

  /** Requests, and Redis 7.0.15's error for each. */
  static Stream<Arguments> unknown() {
    return Stream.of(
        unknown("foo", "'foo', with args beginning with: "),
        unknown("FOO bar", "'FOO', with args beginning with: 'bar' "),
        unknown("foo a '' b", "'foo', with args beginning with: 'a' '' 'b' "),
        unknown("\"\"", "'', with args beginning with: "),
        unknown("foo \"a\\r\\nb\"", "'foo', with args beginning with: 'a  b' "),
        unknown("\"f\\r\\n\"", "'f  ', with args beginning with: "),
        unknown("foo \377", "'foo', with args beginning with: '\377' "),
        unknown("foo \"it's\"", "'foo', with args beginning with: 'it's' "),
        unknown("foo " + a(200), "'foo', with args beginning with: '" + a(128) + "' "),
        unknown(a(200), "'" + a(128) + "', with args beginning with: "),
        unknown(
            "foo " + a(120) + " 123456789",
            "'foo', with args beginning with: '" + a(120) + "' '12345' "),
        unknown(
            "foo " + a(125) + " 123456789", "'foo', with args beginning with: '" + a(125) + "' "),
        unknown(
            "foo " + a(124) + " 123456789 z",
            "'foo', with args beginning with: '" + a(124) + "' '1' "),
        // a C string ends at its first NUL
        unknown("foo \"a\\x00b\" c", "'foo', with args beginning with: 'a' 'c' "),
        unknown("\"\\x00get\" k", "'', with args beginning with: 'k' "));
  }

  private static Arguments unknown(String line, String text) {
    return Arguments.of(line, "-ERR unknown command " + text + "\r\n");
  }

  private static String a(int length) {
    return "a".repeat(length);
  }

  @ParameterizedTest
  @MethodSource("unknown")
  void unknownCommand_isRedissOwnText(String line, String expected) throws ProtocolError {
    assertEquals(expected, text(Parsed.line(line).unknownCommand()));
  }

  private static String text(byte[] bytes) {
    return new String(bytes, StandardCharsets.ISO_8859_1);
  }
}
