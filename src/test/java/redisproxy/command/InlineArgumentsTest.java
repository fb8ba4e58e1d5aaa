package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.resp.ProtocolError;

class InlineArgumentsTest {

  /** Lines, and the arguments that Redis 7.0.15 reads from them. */
  static Stream<Arguments> lines() {
    return Stream.of(
        line("", new String[0]),
        line(" \t\r\13\14 ", new String[0]),
        line("foo bar", "foo", "bar"),
        line("\13\14foo", "foo"),
        line("foo a\13b c\14d", "foo", "a\13b", "c\14d"),
        line("foo \"a\"\13b", "foo", "a", "b"),
        line("foo a\rb", "foo", "a", "b"),
        line("foo \"a\\x41\\n\\q\\\"\" 'it\\'s\\n'", "foo", "aA\nq\"", "it's\\n"),
        line("\"\\r\\t\\b\\a\\\\\"", "\r\t\b\7\\"),
        line("foo \\n \\x41", "foo", "\\n", "\\x41"),
        line("foo '\\x41\\\\ '", "foo", "\\x41\\\\ "),
        line("foo x\"y z\"", "foo", "xy z"),
        line("foo x'y z'", "foo", "xy z"),
        line("foo \"\\x4\"", "foo", "x4"),
        line("foo \"\\xg1\"", "foo", "xg1"),
        line("foo \"\\xfF\\x00\"", "foo", "\377\0"),
        line("foo \"\377\200\"", "foo", "\377\200"),
        line("\"\" ''", "", ""),
        line("'a\"b' \"c'd\"", "a\"b", "c'd"));
  }

  private static Arguments line(String line, String... arguments) {
    return Arguments.of(line, List.of(arguments));
  }

  @ParameterizedTest
  @MethodSource("lines")
  void split_givesTheSameAsRedis(String line, List<String> arguments) throws ProtocolError {
    assertEquals(arguments, split(line));
    assertEquals(arguments, reference(line), "the reference differs from Redis");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "foo \"a",
        "foo 'a",
        "\"",
        "'",
        "foo \"a\"b",
        "foo 'a'b",
        "foo \"a\"'b'",
        "foo \"\\",
        "foo \"a\\\"",
        "foo '\\'",
        "foo '\\\\'",
        "foo \"\\x4"
      })
  void split_whenQuotesAreUnbalanced_fails(String line) {
    ProtocolError error = assertThrows(ProtocolError.class, () -> split(line));
    assertEquals("ERR Protocol error: unbalanced quotes in request", error.getMessage());
    assertEquals(null, reference(line), "the reference differs from Redis");
  }

  @Test
  void split_ofRandomLines_givesTheSameAsTheReference() {
    Random random = new Random(77);
    String alphabet = "\"\"''\\\\xn4aF  \t\13\14\r\377\200";
    for (int i = 0; i < 200_000; i++) {
      StringBuilder line = new StringBuilder();
      for (int length = random.nextInt(14); length > 0; length--) {
        line.append(alphabet.charAt(random.nextInt(alphabet.length())));
      }
      List<String> given;
      try {
        given = split(line.toString());
      } catch (ProtocolError e) {
        given = null;
      }
      String spelled = line.chars().mapToObj(Integer::toHexString).toList().toString();
      assertEquals(reference(line.toString()), given, spelled);
    }
  }

  /** Splits a line, and checks that both line endings give the same. */
  private static List<String> split(String line) throws ProtocolError {
    Requests requests =
        Requests.parse(
            new RequestParser(new RequestBounds(1000)), List.of(Requests.bytes(line + "\r\n")));
    assertEquals(
        requests,
        Requests.parse(
            new RequestParser(new RequestBounds(1000)), List.of(Requests.bytes(line + "\n"))));
    if (requests.error() != null) {
      throw new ProtocolError(requests.error().substring("ERR Protocol error: ".length()));
    }
    return requests.requests().isEmpty() ? List.of() : requests.requests().get(0);
  }

  /** Redis's sdssplitargs, statement by statement; null for unbalanced quotes. */
  private static List<String> reference(String line) {
    char[] p = (line + "\0\0\0\0").toCharArray();
    List<String> arguments = new ArrayList<>();
    int i = 0;
    while (true) {
      while (isSpace(p[i])) {
        i++;
      }
      if (p[i] == 0) {
        return arguments;
      }
      StringBuilder current = new StringBuilder();
      boolean inq = false;
      boolean insq = false;
      boolean done = false;
      while (!done) {
        if (inq) {
          if (p[i] == '\\' && p[i + 1] == 'x' && isHex(p[i + 2]) && isHex(p[i + 3])) {
            current.append((char) Integer.parseInt("" + p[i + 2] + p[i + 3], 16));
            i += 3;
          } else if (p[i] == '\\' && p[i + 1] != 0) {
            i++;
            int known = "nrtba".indexOf(p[i]);
            current.append(known < 0 ? p[i] : "\n\r\t\b\7".charAt(known));
          } else if (p[i] == '"') {
            if (p[i + 1] != 0 && !isSpace(p[i + 1])) {
              return null;
            }
            done = true;
          } else if (p[i] == 0) {
            return null;
          } else {
            current.append(p[i]);
          }
        } else if (insq) {
          if (p[i] == '\\' && p[i + 1] == '\'') {
            i++;
            current.append('\'');
          } else if (p[i] == '\'') {
            if (p[i + 1] != 0 && !isSpace(p[i + 1])) {
              return null;
            }
            done = true;
          } else if (p[i] == 0) {
            return null;
          } else {
            current.append(p[i]);
          }
        } else {
          switch (p[i]) {
            case ' ', '\n', '\r', '\t', 0 -> done = true;
            case '"' -> inq = true;
            case '\'' -> insq = true;
            default -> current.append(p[i]);
          }
        }
        if (p[i] != 0) {
          i++;
        }
      }
      arguments.add(current.toString());
    }
  }

  private static boolean isSpace(char c) {
    return " \t\n\13\f\r".indexOf(c) >= 0;
  }

  private static boolean isHex(char c) {
    return "0123456789abcdefABCDEF".indexOf(c) >= 0;
  }
}
