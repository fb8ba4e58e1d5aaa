package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.command.CommandTable.Row;
import redisproxy.command.KeySpec.Begin;
import redisproxy.command.KeySpec.Count;
import redisproxy.command.KeySpec.Find;
import redisproxy.command.KeySpec.Index;
import redisproxy.command.KeySpec.Keyword;
import redisproxy.command.KeySpec.Range;
import redisproxy.command.KeySpec.Unknown;
import redisproxy.resp.ProtocolError;

/** Uses the key positions that Redis 7.0 and 6.2 report for their commands. */
class KeySpecsTest {
  private static final Range ONE = new Range(0, 1, 0);

  private static KeySpec spec(String flag, Begin begin, Find find) {
    return new KeySpec(Set.of(flag, "update"), begin, find);
  }

  private static Row row(Set<String> flags, KeySpec... specs) {
    return new Row(flags, 0, 0, 0, List.of(specs), Set.of(), Map.of());
  }

  private static final Set<String> WRITE = Set.of("write");
  private static final Set<String> MOVES = Set.of("write", "movablekeys");

  /**
   * As Redis 7 reports them; some commands are made up. This is a field of each test instance,
   * because mutation tests do not notice changes in code that runs only once for all tests.
   */
  private final CommandTable of7 =
      new CommandTable(
          Map.ofEntries(
              Map.entry("set", row(WRITE, spec("RW", new Index(1), ONE))),
              Map.entry("mset", row(WRITE, spec("OW", new Index(1), new Range(-1, 2, 0)))),
              Map.entry("blpop", row(WRITE, spec("RW", new Index(1), new Range(-2, 1, 0)))),
              Map.entry(
                  "copy", row(WRITE, spec("RO", new Index(1), ONE), spec("OW", new Index(2), ONE))),
              Map.entry(
                  "zunionstore",
                  row(
                      MOVES,
                      spec("OW", new Index(1), ONE),
                      spec("RO", new Index(2), new Count(0, 1, 1)))),
              Map.entry("lmpop", row(MOVES, spec("RW", new Index(1), new Count(0, 1, 1)))),
              Map.entry(
                  "georadius",
                  row(
                      MOVES,
                      spec("RO", new Index(1), ONE),
                      spec("OW", new Keyword("store", 6), ONE),
                      spec("OW", new Keyword("storedist", 6), ONE))),
              Map.entry(
                  "xreadgroup",
                  row(MOVES, spec("RO", new Keyword("streams", 4), new Range(-1, 1, 2)))),
              Map.entry(
                  "sort",
                  row(
                      MOVES,
                      spec("RO", new Index(1), ONE),
                      spec("RO", new Unknown(), new Unknown()),
                      spec("OW", new Unknown(), new Unknown()))),
              Map.entry(
                  "migrate",
                  row(
                      MOVES,
                      spec("RW", new Index(3), ONE),
                      spec("incomplete", new Keyword("keys", -2), new Range(-1, 1, 0)))),
              Map.entry("spublish", row(Set.of(), spec("not_key", new Index(1), ONE))),
              Map.entry("third", row(WRITE, spec("RW", new Index(1), new Range(-1, 1, 3)))),
              Map.entry("back", row(MOVES, spec("RW", new Keyword("of", -1), ONE))),
              Map.entry("of", row(MOVES, spec("RW", new Keyword("of", -1), ONE))),
              Map.entry("behind", row(MOVES, spec("RW", new Index(1), new Count(1, 2, 1)))),
              Map.entry("some", row(WRITE, spec("incomplete", new Index(1), ONE))),
              Map.entry("pairs", row(MOVES, spec("RW", new Index(1), new Count(0, 1, 2)))),
              Map.entry("module", row(MOVES, spec("RW", new Index(1), ONE))),
              Map.entry(
                  "xgroup",
                  new Row(
                      Set.of(),
                      0,
                      0,
                      0,
                      List.of(),
                      Set.of(),
                      Map.of(
                          "create",
                          row(WRITE, spec("RW", new Index(2), ONE)),
                          "help",
                          row(Set.of("stale")))))));

  /** As Redis 6 reports them. */
  private final CommandTable of6 = new CommandTable(ofVersion6());

  private static Map<String, Row> ofVersion6() {
    Map<String, Row> rows = new HashMap<>();
    for (String name : "sort zunionstore zinterstore zdiffstore".split(" ")) {
      rows.put(name, new Row(MOVES, 1, 1, 1));
    }
    rows.put("georadius", new Row(MOVES, 1, 1, 1));
    rows.put("georadiusbymember", new Row(MOVES, 1, 1, 1));
    rows.put("migrate", new Row(MOVES, 0, 0, 0));
    rows.put("xreadgroup", new Row(MOVES, 0, 0, 0));
    for (String name : "xread zunion zinter zdiff memory".split(" ")) {
      rows.put(name, new Row(Set.of("readonly", "movablekeys"), 0, 0, 0));
    }
    rows.put("eval", new Row(Set.of("movablekeys"), 0, 0, 0));
    rows.put("evalsha", new Row(Set.of("movablekeys"), 0, 0, 0));
    rows.put("modmove", new Row(MOVES, 1, 1, 1));
    rows.put("rename", new Row(WRITE, 1, 2, 1));
    return rows;
  }

  /** The keys of a request; a question mark means that there may be others. */
  private static String keys(CommandTable table, String request) {
    Request read = Parsed.array(table, request.split(" "));
    List<String> keys = new ArrayList<>();
    boolean all = read.keys(key -> keys.add(read.text(key, 100)));
    return String.join(" ", keys) + (all ? "" : "?");
  }

  private static String written(Request request) {
    return Parsed.keys(request.writes());
  }

  @ParameterizedTest
  @CsvSource({
    "SET k v, k, k",
    "MSET a 1 b 2, a b, a b",
    "BLPOP a b 0, a b, a b",
    "COPY a b, a b, b",
    "ZUNIONSTORE d 2 a b WEIGHTS 1 2, d a b, d",
    "ZUNIONSTORE d 3 a b, d?, d",
    "LMPOP 2 a b LEFT, a b, a b",
    "LMPOP 0 a, '', ''",
    "LMPOP x a LEFT, ?, ?",
    "LMPOP -1 a LEFT, ?, ?",
    "LMPOP 01 a LEFT, ?, ?",
    "LMPOP 999999999999999999 a LEFT, ?, ?",
    "LMPOP 9999999999999999999 a LEFT, ?, ?",
    "LMPOP, ?, ?",
    "GEORADIUS k 1 2 3 km, k, ''",
    "GEORADIUS k 1 2 3 km ASC STORE d, k d, d",
    "GEORADIUS k 1 2 3 km STOREDIST d store e, k e d, e d",
    "GEORADIUS k 1 2 3 km STORE d STORE e, k d?, ?",
    "GEORADIUS k 1 2 3 km STORE STORE, k STORE, STORE",
    "XREADGROUP GROUP streams c STREAMS a b 0 0, a b, a b",
    "XREADGROUP GROUP g c COUNT 1 streams a 0, a, a",
    "XREADGROUP GROUP g c, '', ''",
    "SORT k, k, ''",
    "SORT k BY STORE GET store LIMIT 0 store DESC STORE d, k d, d",
    "SORT k STORE d store e, k e, e",
    "SORT k STORE, k, ''",
    "MIGRATE h 1 k 0 9, k, k",
    "SPUBLISH c m, '', ''",
    "THIRD a b 1 2 3 4, a b, a b",
    "BACK OF a OF b x, b, b",
    "BACK a b, '', ''",
    "OF a b, '', ''",
    "OF a OF b, b, b",
    "BEHIND 9 2 a b c, a b, a b",
    "BEHIND 1 3 a b, ?, ?",
    "BEHIND 1, ?, ?",
    "SOME k, k?, ?",
    "PAIRS 2 a 1 b 2, a b, a b",
    "MODULE k, k?, ?",
    "XGROUP CREATE k g $, k, k",
    "xgroup Create k, k, k",
    "XGROUP HELP, '', ?",
    "XGROUP NEW k, '', ?",
    "XGROUP, '', ?",
    "NEW k, ?, ?",
  })
  void keys_ofVersion7(String request, String keys, String written) {
    assertEquals(keys, keys(of7, request));
    assertEquals(written, written(Parsed.array(of7, request.split(" "))), "written");
  }

  /** The argument for a single key is empty if there are several keys. */
  @Test
  void keys_ofMigrate() {
    assertEquals(" a b", keys(of7, "MIGRATE h 1  0 9 COPY AUTH keys KEYS a b"));
    assertEquals(" a b", written(Parsed.array(of7, "MIGRATE h 1  0 9 KEYS a b".split(" "))));
    assertEquals(" keys", keys(of6, "MIGRATE h 1  0 9 AUTH2 keys keys REPLACE KEYS keys"));
  }

  @ParameterizedTest
  @CsvSource({
    "SORT k BY w STORE d, k d, d",
    "ZUNIONSTORE d 2 a b, d a b, d",
    "ZINTERSTORE d 1 a AGGREGATE MAX, d a, d",
    "zdiffstore d 1 a, d a, d",
    "GEORADIUS k 1 2 3 km STORE d, k d, d",
    "GEORADIUSBYMEMBER k store 3 km storedist d, k d, d",
    "MIGRATE h 1 k 0 9, k, k",
    "XREADGROUP GROUP g c STREAMS a b 0 0, a b, a b",
    "XREAD COUNT 1 STREAMS a b 0 0, a b, ''",
    "ZUNION 2 a b, a b, ''",
    "ZINTER 1 a, a, ''",
    "ZDIFF 1 a, a, ''",
    "MEMORY USAGE k, k, ''",
    "MEMORY DOCTOR, '', ''",
    "EVAL s 2 a b c, a b, ?",
    "EVALSHA s 0, '', ?",
    "MODMOVE k, ?, ?",
    "RENAME a b, a b, a b",
  })
  void keys_ofVersion6(String request, String keys, String written) {
    assertEquals(keys, keys(of6, request));
    assertEquals(written, written(Parsed.array(of6, request.split(" "))), "written");
  }

  /** Of a request that is too large, only the first arguments are read. */
  @ParameterizedTest
  @CsvSource({
    "SET k, k",
    "SET, ?",
    "COPY a, ?",
    "COPY a b, b",
    "MSET a 1, ?",
    "LMPOP 1 a, ?",
    "GEORADIUS k 1 2 3 km STORE d, ?",
    "SORT k STORE d, ?",
    "XGROUP CREATE k, k",
    "XGROUP CREATE, ?",
  })
  void written_ofAnIncompleteRequest(String begun, String written) {
    assertEquals(written, written(Parsed.begun(of7, begun.split(" "))));
  }

  /** A parser reuses the array with the positions of the previous request's arguments. */
  @Test
  void keys_doNotIncludeArgumentsOfThePreviousRequest() throws ProtocolError {
    RequestParser parser = new RequestParser(new RequestBounds(1000), () -> of7);
    String sort = "$4 SORT $1 k $5 STORE $1 d ";
    String more = "$5 STORE $1 e ";
    ByteBuf in =
        Unpooled.wrappedBuffer(
            Requests.bytes(("*6 " + sort + more + "*4 " + sort + more).replace(" ", "\r\n")));
    for (String expected : List.of("k e", "k d")) {
      assertTrue(parser.parse(in));
      List<String> keys = new ArrayList<>();
      assertTrue(parser.request().keys(key -> keys.add(parser.request().text(key, 100))));
      assertEquals(expected, String.join(" ", keys));
    }
  }

  @Test
  void step_isAtLeastOne() {
    assertThrows(IllegalArgumentException.class, () -> new Range(-1, 0, 0));
    assertThrows(IllegalArgumentException.class, () -> new Count(0, 1, 0));
  }

  @Test
  void tips_areKept() {
    Row row = new Row(Set.of(), 0, 0, 0, List.of(), Set.of("request_policy:all_shards"), Map.of());
    CommandTable table = new CommandTable(Map.of("dbsize", row));
    Command command = Parsed.array(table, "DBSIZE").command();
    assertEquals(Set.of("request_policy:all_shards"), command.tips());
  }
}
