package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
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
import redisproxy.resp.CommandTable.Row;

/** Key positions, and the flags that matter, are those of Redis 7.0.15; ODD is made up. */
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
        // flagged as a read, but it changes what GET gives: the count is cached within the value
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
        // too few arguments: Redis refuses them
        Arguments.of("SET", ""),
        Arguments.of("RENAME a", "a"),
        Arguments.of("BLPOP", ""),
        Arguments.of("BLPOP a", ""),
        Arguments.of("BITOP AND", ""),
        Arguments.of("PFDEBUG GETREG", ""),
        // what the table does not tell
        Arguments.of("SORT a STORE b", ALL),
        Arguments.of("ZUNIONSTORE a 1 b", ALL),
        Arguments.of("EVAL s 1 k", ALL),
        Arguments.of("FLUSHDB", ALL),
        Arguments.of("SWAPDB 0 1", "everything"),
        Arguments.of("DEBUG RELOAD", "everything"),
        Arguments.of("XGROUP DESTROY k g", ALL),
        Arguments.of("ODD k", ALL),
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

  /** Whether a client that has been told OK knows no more of what is in Redis than before. */
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
    RequestParser parser = whole(request.split(" "));
    assertEquals(expected, storing.of(parser).isBlind(parser, true));
  }

  @Test
  void isBlind_ofWhatIsNotAllThere_isNotKnown() throws ProtocolError {
    RequestParser parser = whole("SET", "k", "v");
    assertFalse(storing.of(parser).isBlind(parser, false));
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

  /** What may go over a connection that others use, too. */
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
    RequestParser parser = whole(request.split(" "));
    assertEquals(expected, storing.of(parser).isTerse(parser));
  }

  @Test
  void of_aNameInAnyCase_isItsCommand() throws ProtocolError {
    assertEquals("get", table.of(whole("gEt", "k")).name());
    assertEquals("multi", table.of(whole("MULTI")).name());
    assertEquals(Command.Kind.MULTI, table.of(whole("MULTI")).kind());
    assertEquals(Command.Kind.SUBSCRIBES, CommandTable.EMPTY.of(whole("SSUBSCRIBE")).kind());
    for (String other : List.of("", "g", "get ", "gets", "g\0t", "GET\u00ff", "x".repeat(100))) {
      assertEquals("", table.of(whole(other, "k")).name(), other);
    }
  }

  /** Hundreds of names share slots; each is found, and nothing else. */
  @Test
  void of_manyNames_areAllFound() throws ProtocolError {
    Map<String, Row> rows = new HashMap<>();
    for (int i = 0; i < 1000; i += 2) {
      rows.put("name" + i, new Row(Set.of("write"), 1, 1, 1));
    }
    CommandTable table = new CommandTable(rows);
    for (int i = 0; i < 1000; i++) {
      assertEquals(i % 2 == 0 ? "name" + i : "", table.of(whole("NAME" + i, "k")).name());
    }
  }

  @ParameterizedTest
  @MethodSource("requests")
  void writes_ofAWholeRequest_areItsKeys(String request, String expected) throws ProtocolError {
    assertEquals(expected, text(writes(table, whole(request.split(" ")), true)));
  }

  /** The arguments before the one that is too long. */
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
  void writes_ofARequestThatIsNotWhole_areItsKeyIfItIsThereAndTheOnlyOne(
      String before, String expected) {
    String[] arguments = before.isEmpty() ? new String[0] : before.split(" ");
    assertEquals(expected, text(writes(table, tooLarge(arguments), false)));
  }

  @Test
  void writes_ofBinaryKeys_areTheirBytes() throws ProtocolError {
    String key = "\0\377\r\n \200";
    assertEquals(key, text(writes(table, whole("SET", key, "v"), true)));
    assertEquals("", new String(writes(table, whole("SET", "", "v"), true).keys().get(0)));
  }

  @Test
  void writes_whenTheInputIsReused_stayAsTheyWere() throws ProtocolError {
    RequestParser request = whole("SET", "key", "v");
    Writes writes = writes(table, request, true);
    request.buffer().setZero(0, request.buffer().capacity());
    assertEquals("key", text(writes));
  }

  @Test
  void writes_ofAnInlineRequest_areItsKeys() throws ProtocolError {
    RequestParser parser = new RequestParser(1000);
    assertTrue(parser.parse(Unpooled.wrappedBuffer(Requests.bytes("  MSET \"a\" 1  'b' 2\r\n"))));
    assertEquals("a b", text(writes(table, parser, true)));
  }

  @Test
  void writes_ofALongName_areEverything() throws ProtocolError {
    String longest = "x".repeat(64);
    CommandTable table =
        new CommandTable(
            Map.ofEntries(
                row(longest, 1, 1, 1, "write"),
                row(longest + "x", 1, 1, 1, "write"),
                row("y".repeat(65), 1, 1, 1, "readonly")));
    assertEquals("k", text(writes(table, whole(longest.toUpperCase(), "k"), true)));
    assertEquals(ALL, text(writes(table, whole(longest + "x", "k"), true)));
    assertEquals(ALL, text(writes(table, whole("y".repeat(65), "k"), true)));
  }

  @Test
  void writes_whenTheTableIsEmpty_areEverythingUnlessTheCommandIsHarmless() throws ProtocolError {
    assertTrue(CommandTable.EMPTY.isEmpty());
    assertFalse(table.isEmpty());
    assertEquals(ALL, text(writes(CommandTable.EMPTY, whole("GET", "k"), true)));
    assertEquals(ALL, text(writes(CommandTable.EMPTY, whole("SET", "k", "v"), true)));
    assertEquals("", text(writes(CommandTable.EMPTY, whole("PING"), true)));
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
    assertEquals(ALL, text(writes(CommandTable.EMPTY, whole(name, "k"), true)));
  }

  /** Redis pushes no invalidation for SWAPDB; the others put another set of keys in place. */
  @ParameterizedTest
  @ValueSource(strings = {"swapdb", "debug", "failover", "replicaof", "slaveof"})
  void writes_ofWhatRedisDoesNotTell_areEverythingWithoutATable(String name) throws ProtocolError {
    assertEquals("everything", text(writes(CommandTable.EMPTY, whole(name, "k"), true)));
  }

  @Test
  void constructor_keepsACopyOfTheRows() throws ProtocolError {
    Map<String, Row> rows = new HashMap<>(Map.ofEntries(row("get", 1, 1, 1, "readonly")));
    CommandTable table = new CommandTable(rows);
    rows.clear();
    assertEquals("", text(writes(table, whole("get", "k"), true)));
  }

  private static Writes writes(CommandTable table, RequestParser request, boolean isWhole) {
    return CommandTable.writes(table.of(request), request, isWhole);
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

  private static String encoded(int count, String... arguments) {
    StringBuilder text = new StringBuilder("*" + count + "\r\n");
    for (String argument : arguments) {
      text.append("$").append(argument.length()).append("\r\n").append(argument).append("\r\n");
    }
    return text.toString();
  }

  /** What a parser has read, at some place in a buffer. */
  private static RequestParser whole(String... arguments) throws ProtocolError {
    RequestParser parser = new RequestParser(100_000);
    ByteBuf in =
        Unpooled.copiedBuffer(Requests.bytes("junk" + encoded(arguments.length, arguments)));
    assertTrue(parser.parse(in.skipBytes(4)));
    return parser;
  }

  /** What a parser has read before an argument that is too long. */
  private static RequestParser tooLarge(String... before) {
    RequestParser parser = new RequestParser(1000);
    String text = "junk" + encoded(before.length + 1, before) + "$5000\r\nxxx";
    ByteBuf in = Unpooled.copiedBuffer(Requests.bytes(text)).skipBytes(4);
    assertThrows(RequestTooLarge.class, () -> parser.parse(in));
    return parser;
  }
}
