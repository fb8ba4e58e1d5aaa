package redisproxy.upstream;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.command.CommandTable;
import redisproxy.command.Parsed;
import redisproxy.command.Request;

/** Reads COMMAND replies of old and new servers, and checks the keys found in requests. */
class CommandReplyTest {
  private static final List<Object> NONE = List.of();

  /** A row of Redis 6. */
  private static List<Object> row(String name, String flag, int first, int last, int step) {
    return List.of(name, -1, List.of(flag), first, last, step, List.of("@all"));
  }

  /** A row of Redis 7. */
  private static List<Object> row(
      String name, String flag, List<Object> specs, List<Object> subcommands) {
    return List.of(
        name, -1, List.of("+" + flag), 0, 0, 0, List.of("@all"), NONE, specs, subcommands);
  }

  private static List<Object> spec(String flag, List<Object> begin, List<Object> find) {
    return List.of("flags", List.of("+" + flag), "begin_search", begin, "find_keys", find);
  }

  private static List<Object> typed(String type, Object... spec) {
    return List.of("type", type, "spec", List.of(spec));
  }

  private static final List<Object> FIRST = typed("index", "index", 1);
  private static final List<Object> ONE = range(0, 1, 0);

  private static List<Object> range(int last, int step, int limit) {
    return typed("range", "lastkey", last, "keystep", step, "limit", limit);
  }

  private static List<Object> count(int number, int first, int step) {
    return typed("keynum", "keynumidx", number, "firstkey", first, "keystep", step);
  }

  @SafeVarargs
  private static CommandTable table(List<Object>... rows) {
    return CommandReply.table(FakeRedis.response(List.of((Object[]) rows)));
  }

  /** The keys of a request; a question mark if there may be others. */
  private static String keys(CommandTable table, String line) {
    Request request = Parsed.array(table, line.split(" "));
    List<String> keys = new ArrayList<>();
    boolean areAll = request.keys(key -> keys.add(request.text(key, 100)));
    return areAll ? String.join(" ", keys) : "?";
  }

  private static String written(CommandTable table, String line) {
    return Parsed.keys(Parsed.array(table, line.split(" ")).writes());
  }

  @ParameterizedTest
  @CsvSource({
    "GET a, a, ''",
    "Append a x, a, a",
    "mset a 1 b 2, a b, a b",
    "blpop a b 0, a b, a b",
    "ping, '', ''",
    "flushall, '', ?",
    "other a, ?, ?"
  })
  void keys_fromRowsOfRedis6(String line, String keys, String written) {
    CommandTable table =
        table(
            row("get", "readonly", 1, 1, 1),
            row("APPEND", "write", 1, 1, 1),
            row("mset", "write", 1, -1, 2),
            row("blpop", "write", 1, -2, 1),
            row("flushall", "write", 0, 0, 0));
    assertEquals(keys, keys(table, line));
    assertEquals(written, written(table, line));
  }

  @ParameterizedTest
  @CsvSource({
    "one a b, a",
    "half x Streams a b 0 0, a b",
    "half x, ''",
    "reversed a KEYS b c keys d, d",
    "counted 2 a b c, a b",
    "counted 9 a, ?",
    "pairs d 2 a 1 b 2 x, a b"
  })
  void keys_fromKeySpecsOfRedis7(String line, String expected) {
    CommandTable table =
        table(
            row("one", "readonly", List.of(spec("RO", FIRST, ONE)), NONE),
            row(
                "half",
                "readonly",
                List.of(
                    spec(
                        "RO",
                        typed("keyword", "keyword", "STREAMS", "startfrom", 1),
                        range(-1, 1, 2))),
                NONE),
            row(
                "reversed",
                "readonly",
                List.of(
                    spec(
                        "RO",
                        typed("keyword", "keyword", "KEYS", "startfrom", -2),
                        range(-1, 1, 0))),
                NONE),
            row("counted", "readonly", List.of(spec("RO", FIRST, count(0, 1, 1))), NONE),
            row(
                "pairs",
                "readonly",
                List.of(spec("RO", typed("index", "index", 2), count(0, 1, 2))),
                NONE));
    assertEquals(expected, keys(table, line));
  }

  /** Unknown keys invalidate more than needed; overlooked keys would leave stale values. */
  @Test
  void keys_areUnknown_whenASpecIsUnknown() {
    List<List<Object>> specs =
        List.of(
            spec("RW", typed("unknown"), ONE),
            spec("RW", FIRST, typed("unknown")),
            spec("RW", FIRST, range(-1, 0, 0)),
            spec("RW", FIRST, count(0, 1, -1)));
    for (List<Object> spec : specs) {
      CommandTable table = table(row("c", "write", List.of(spec), NONE));
      assertEquals("?", keys(table, "c 1 a"), spec.toString());
      assertEquals("?", written(table, "c 1 a"), spec.toString());
    }
  }

  @Test
  void writtenKeys_followTheFlagsOfKeySpecs() {
    CommandTable table =
        table(
            row(
                "copy",
                "write",
                List.of(spec("RO", FIRST, ONE), spec("OW", typed("index", "index", 2), ONE)),
                NONE));
    assertEquals("a b", keys(table, "copy a b"));
    assertEquals("b", written(table, "copy a b"));
  }

  @Test
  void subcommands_haveTheirOwnKeySpecs() {
    List<Object> create =
        row("c|create", "write", List.of(spec("RW", typed("index", "index", 2), ONE)), NONE);
    List<Object> stats = row("c|stats", "readonly", NONE, NONE);
    CommandTable table = table(row("c", "write", NONE, List.of(create, stats)));
    assertEquals("a", keys(table, "c create a b"));
    assertEquals("a", written(table, "c CREATE a b"));
    assertEquals("", keys(table, "c stats a"));
    assertEquals("", written(table, "c stats a"));
  }

  @Test
  void table_whenReplyIsEmpty_isEmpty() {
    assertTrue(table().isEmpty());
  }

  @Test
  void table_whenReplyIsMalformed_throws() {
    assertThrows(RuntimeException.class, () -> table(List.of("get", 2)));
    List<Object> incomplete = List.of("flags", NONE, "begin_search", FIRST);
    assertThrows(RuntimeException.class, () -> table(row("c", "write", List.of(incomplete), NONE)));
  }
}
