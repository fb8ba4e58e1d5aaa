package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.MethodSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.CommandTable.Row;
import redisproxy.resp.ProtocolError;

/** Key positions and the relevant flags are from Redis 7.0.15. ODD is made up. */
class CommandTableTest {
  private static final String ALL = "unknown";
  private final CommandTable table =
      new CommandTable(
          Map.ofEntries(
              row("get", 1, 1, 1, "readonly", "fast"),
              row("mget", 1, -1, 1, "readonly", "fast"),
              row("eval_ro", 0, 0, 0, "noscript", "readonly", "movablekeys"),
              row("pfcount", 1, -1, 1, "readonly"),
              row("set", 1, 1, 1, "write", "denyoom"),
              row("rename", 1, 2, 1, "write"),
              row("mset", 1, -1, 2, "write", "denyoom"),
              row("del", 1, -1, 1, "write"),
              row("bitop", 2, -1, 1, "write", "denyoom"),
              row("blpop", 1, -2, 1, "write", "noscript", "blocking"),
              row("pfdebug", 2, 2, 1, "write", "denyoom", "admin"),
              row("sort", 1, 1, 1, "write", "denyoom", "movablekeys"),
              row("zunionstore", 1, 1, 1, "write", "denyoom", "movablekeys"),
              row("eval", 0, 0, 0, "noscript", "stale", "movablekeys"),
              row("flushdb", 0, 0, 0, "write"),
              row("swapdb", 0, 0, 0, "write", "fast"),
              row("odd", 1, 1, 0, "write"),
              row("modmove", 1, 1, 1, "write", "movablekeys"),
              row("debug", 0, 0, 0, "admin", "noscript"),
              row("xgroup", 0, 0, 0),
              row("ping", 0, 0, 0, "fast"),
              row("multi", 0, 0, 0, "noscript", "fast")));

  private static Map.Entry<String, Row> row(
      String name, int first, int last, int step, String... flags) {
    return Map.entry(name, new Row(Set.of(flags), first, last, step));
  }

  static Stream<Arguments> requests() {
    return Stream.of(
        // who may log in
        Arguments.of("ACL SETUSER u on", "access"),
        Arguments.of("config SET requirepass p", "access"),
        Arguments.of("ACL DELUSER u", "access"),
        Arguments.of("ACL", "access"),
        Arguments.of("acl NEWCOMMAND", "access"),
        Arguments.of("ACL WHOAMI", ""),
        Arguments.of("config GET *", ""),
        Arguments.of("CONFIG resetstat", ""),
        // reads
        Arguments.of("GET k", ""),
        Arguments.of("mget a b", ""),
        Arguments.of("EVAL_RO s 1 k", ""),
        // flagged as a read, but it changes what GET returns: it caches the count inside the value
        Arguments.of("PFCOUNT a", "a"),
        Arguments.of("pfcount a b", "a b"),
        // keys
        Arguments.of("SET k v", "k"),
        Arguments.of("sEt k v EX 10", "k"),
        Arguments.of("RENAME a b", "a b"),
        Arguments.of("RENAME a b c", "a b"),
        Arguments.of("DEL a", "a"),
        Arguments.of("DEL a b c a", "a b c a"),
        Arguments.of("MSET a 1 b 2", "a b"),
        Arguments.of("MSET a 1 b", "a b"),
        Arguments.of("BITOP AND d a b", "d a b"),
        Arguments.of("BLPOP a 0", "a"),
        Arguments.of("BLPOP a b c 0", "a b c"),
        Arguments.of("PFDEBUG GETREG k", "k"),
        Arguments.of("SORT a", ""),
        Arguments.of("SORT a STORE b", "b"),
        Arguments.of("ZUNIONSTORE a 1 b", "a"),
        // too few arguments: Redis refuses them
        Arguments.of("SET", ""),
        Arguments.of("RENAME a", "a"),
        Arguments.of("BLPOP", ""),
        Arguments.of("BLPOP a", ""),
        Arguments.of("BITOP AND", ""),
        Arguments.of("PFDEBUG GETREG", ""),
        // keys that the table does not know
        Arguments.of("EVAL s 1 k", ALL),
        Arguments.of("FLUSHDB", ALL),
        Arguments.of("SWAPDB 0 1", "everything"),
        Arguments.of("DEBUG RELOAD", "everything"),
        Arguments.of("XGROUP DESTROY k g", ALL),
        Arguments.of("ODD k", ALL),
        Arguments.of("MODMOVE k", ALL),
        Arguments.of("MODULE.SET k v", ALL),
        Arguments.of("SE", ALL),
        Arguments.of("SETX k v", ALL),
        Arguments.of("s\u00e9t k", ALL),
        // harmless, in the table or not
        Arguments.of("PING", ""),
        Arguments.of("multi", ""),
        Arguments.of("EXEC", ""),
        Arguments.of("Subscribe a b", ""));
  }

  /** Whether a reply of OK reveals nothing about the data in Redis. */
  @ParameterizedTest
  @CsvSource({
    "true, PING",
    "true, SELECT 1",
    "true, SET k v",
    "true, set k v eX 10",
    "true, SET k v PXAT 9",
    "true, MSET a 1 b 2",
    "true, SETEX k 1 v",
    "true, MULTI",
    "true, CLIENT SETNAME x",
    "false, SET k v NX",
    "false, SET k v XX",
    "false, SET k v KEEPTTL",
    "false, SET k v EX 10 NX",
    "false, SET k v GET",
    "false, SET k",
    "false, SETNX k v",
    "false, APPEND k v",
    "false, RENAME a b",
    "false, EVAL s 0",
    "false, GET k",
    "false, TYPE k",
    "false, FLUSHALL",
    "false, LTRIM k 0 1",
    "false, MODULE.SET k v"
  })
  void isBlind(boolean expected, String request) throws ProtocolError {
    Request read = Parsed.array(storing, request.split(" "));
    assertEquals(expected, read.command().isBlind(read));
  }

  @Test
  void isBlind_ofAnIncompleteSet_isFalse() throws ProtocolError {
    Request begun = Parsed.begun(storing, "SET", "k", "v");
    assertFalse(begun.command().isBlind(begun));
  }

  private final CommandTable storing =
      new CommandTable(
          Map.ofEntries(
              row("set", 1, 1, 1, "write", "denyoom"),
              row("setex", 1, 1, 1, "write", "denyoom"),
              row("setnx", 1, 1, 1, "write", "denyoom"),
              row("mset", 1, -1, 2, "write", "denyoom"),
              row("append", 1, 1, 1, "write", "denyoom"),
              row("type", 1, 1, 1, "readonly"),
              row("get", 1, 1, 1, "readonly")));

  /** Whether a request may go over a shared connection. */
  @ParameterizedTest
  @CsvSource({
    "true, SET k v",
    "true, set k v EX 10",
    "true, SET get get",
    "true, APPEND k v",
    "true, TYPE k",
    "false, SET k v GET",
    "false, SET k v EX 10 get",
    "false, GET k",
    "false, RENAME a b",
    "false, MULTI",
    "false, EVAL s 0"
  })
  void isTerse(boolean expected, String request) throws ProtocolError {
    Request read = Parsed.array(storing, request.split(" "));
    assertEquals(expected, read.command().isTerse(read));
  }

  @Test
  void of_ignoresCase() throws ProtocolError {
    assertEquals("get", Parsed.array(table, "gEt", "k").command().name());
    assertEquals("multi", Parsed.array(table, "MULTI").command().name());
    assertEquals(Command.Kind.MULTI, Parsed.array(table, "MULTI").command().kind());
    assertEquals(
        Command.Kind.SUBSCRIBES, Parsed.array(CommandTable.EMPTY, "SSUBSCRIBE").command().kind());
    for (String other : List.of("", "g", "get ", "gets", "g\0t", "GET\u00ff", "x".repeat(100))) {
      assertEquals("", Parsed.array(table, other, "k").command().name(), other);
    }
  }

  /** Hundreds of names share slots. The table finds each of them, and no other name. */
  @Test
  void of_manyNames_areAllFound() throws ProtocolError {
    Map<String, Row> rows = new HashMap<>();
    for (int i = 0; i < 1000; i += 2) {
      rows.put("name" + i, new Row(Set.of("write"), 1, 1, 1));
    }
    CommandTable table = new CommandTable(rows);
    for (int i = 0; i < 1000; i++) {
      assertEquals(
          i % 2 == 0 ? "name" + i : "", Parsed.array(table, "NAME" + i, "k").command().name());
    }
  }

  @ParameterizedTest
  @MethodSource("requests")
  void writes_ofACompleteRequest_areItsKeys(String request, String expected) throws ProtocolError {
    assertEquals(expected, text(Parsed.array(table, request.split(" ")).writes()));
  }

  /** A request lists only the arguments before the one that is too long. */
  @ParameterizedTest
  @CsvSource({
    "GET k, ''",
    "PING, ''",
    "SET k, k",
    "SET k x, k",
    "SET, unknown",
    "PFDEBUG GETREG k, k",
    "PFDEBUG GETREG, unknown",
    "RENAME a, unknown",
    "RENAME a b, unknown",
    "MSET a 1 b, unknown",
    "DEL a b, unknown",
    "BLPOP a b, unknown",
    "PFCOUNT a, unknown",
    "SORT a, unknown",
    "MODULE.SET k, unknown",
    "'', unknown"
  })
  void writes_ofAnIncompleteRequest_areItsOnlyKeyIfItHasArrived(String before, String expected) {
    String[] arguments = before.isEmpty() ? new String[0] : before.split(" ");
    assertEquals(expected, text(Parsed.begun(table, arguments).writes()));
  }

  @Test
  void writes_ofBinaryKeys_areTheirBytes() throws ProtocolError {
    String key = "\0\377\r\n \200";
    assertEquals(key, text(Parsed.array(table, "SET", key, "v").writes()));
    assertEquals("", new String(Parsed.array(table, "SET", "", "v").writes().keys().get(0)));
  }

  @Test
  void writes_whenTheInputIsReused_doNotChange() throws ProtocolError {
    Request request = Parsed.array(table, "SET", "key", "v");
    Writes writes = request.writes();
    request.buffer().setZero(0, request.buffer().capacity());
    assertEquals("key", text(writes));
  }

  @Test
  void writes_ofAnInlineRequest_areItsKeys() throws ProtocolError {
    assertEquals("a b", text(Parsed.line(table, "  MSET \"a\" 1  'b' 2").writes()));
  }

  @Test
  void writes_ofTooLongAName_areUnknown() throws ProtocolError {
    String longest = "x".repeat(64);
    CommandTable table =
        new CommandTable(
            Map.ofEntries(
                row(longest, 1, 1, 1, "write"),
                row(longest + "x", 1, 1, 1, "write"),
                row("y".repeat(65), 1, 1, 1, "readonly")));
    assertEquals("k", text(Parsed.array(table, longest.toUpperCase(), "k").writes()));
    assertEquals(ALL, text(Parsed.array(table, longest + "x", "k").writes()));
    assertEquals(ALL, text(Parsed.array(table, "y".repeat(65), "k").writes()));
  }

  @Test
  void writes_whenTheTableIsEmpty_areUnknownUnlessTheCommandIsHarmless() throws ProtocolError {
    assertTrue(CommandTable.EMPTY.isEmpty());
    assertFalse(table.isEmpty());
    assertEquals(ALL, text(Parsed.array(CommandTable.EMPTY, "GET", "k").writes()));
    assertEquals(ALL, text(Parsed.array(CommandTable.EMPTY, "SET", "k", "v").writes()));
    assertEquals("", text(Parsed.array(CommandTable.EMPTY, "PING").writes()));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "append",
        "copy",
        "decr",
        "eval",
        "evalsha",
        "expire",
        "fcall",
        "flushall",
        "flushdb",
        "getdel",
        "getex",
        "hset",
        "incr",
        "lpush",
        "migrate",
        "module",
        "move",
        "mset",
        "persist",
        "restore",
        "set",
        "setex",
        "setrange",
        "unlink",
        "xgroup",
        "function",
        "sort"
      })
  void writes_ofCommandsThatMayChangeKeys_areUnknownWithoutATable(String name)
      throws ProtocolError {
    assertEquals(ALL, text(Parsed.array(CommandTable.EMPTY, name, "k").writes()));
  }

  /** Redis pushes no invalidation for SWAPDB. The other commands replace the whole data set. */
  @ParameterizedTest
  @ValueSource(strings = {"swapdb", "debug", "failover", "replicaof", "slaveof"})
  void writes_ofCommandsWithoutInvalidations_areEverythingWithoutATable(String name)
      throws ProtocolError {
    assertEquals("everything", text(Parsed.array(CommandTable.EMPTY, name, "k").writes()));
  }

  @Test
  void constructor_keepsACopyOfTheRows() throws ProtocolError {
    Map<String, Row> rows = new HashMap<>(Map.ofEntries(row("get", 1, 1, 1, "readonly")));
    CommandTable table = new CommandTable(rows);
    rows.clear();
    assertEquals("", text(Parsed.array(table, "get", "k").writes()));
  }

  private static String text(Writes writes) {
    if (writes.reach() != Writes.Reach.KEYS) {
      assertTrue(writes.keys().isEmpty());
      return writes.areUnknown() ? "unknown" : "everything";
    }
    List<String> keys =
        writes.keys().stream().map(key -> new String(key, StandardCharsets.ISO_8859_1)).toList();
    assertEquals(keys.isEmpty() && !writes.access(), writes.isNothing());
    return writes.access() ? "access" : String.join(" ", keys);
  }
}
