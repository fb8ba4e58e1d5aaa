package redisproxy.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import redisproxy.resp.CommandTable.Row;

class CommandTableTest {
  private final CommandTable table =
      new CommandTable(
          Map.of(
              "get", new Row(Set.of("readonly", "fast"), 1, 1, 1),
              "set", new Row(Set.of("write"), 1, 1, 1),
              "mset", new Row(Set.of("write"), 1, -1, 2),
              "del", new Row(Set.of("write"), 1, -1, 1),
              "blpop", new Row(Set.of("write", "blocking"), 1, -2, 1),
              "bitop", new Row(Set.of("write"), 2, -1, 1),
              "sort", new Row(Set.of("write", "movablekeys"), 1, 1, 1),
              "eval", new Row(Set.of("noscript", "movablekeys"), 0, 0, 0),
              "flushall", new Row(Set.of("write"), 0, 0, 0),
              "ping", new Row(Set.of("fast"), 0, 0, 0)));

  private Writes writes(String request) {
    RequestParser parser = new RequestParser(1 << 20);
    try {
      assertTrue(
          parser.parse(Unpooled.copiedBuffer(request + "\r\n", StandardCharsets.ISO_8859_1)));
    } catch (ProtocolError e) {
      throw new IllegalArgumentException(e);
    }
    return table.writes(parser, true);
  }

  private static List<String> keys(Writes writes) {
    assertEquals(false, writes.all());
    return writes.keys().stream().map(String::new).toList();
  }

  @Test
  void keys_areWhereTheTableSays() {
    assertEquals(List.of("k"), keys(writes("SET k v EX 10")));
    assertEquals(List.of("a", "b"), keys(writes("mset a 1 b 2")));
    assertEquals(List.of("a", "b", "c"), keys(writes("DeL a b c")));
    assertEquals(List.of("a", "b"), keys(writes("BLPOP a b 0")));
    assertEquals(List.of("dest", "x", "y"), keys(writes("BITOP AND dest x y")));
    assertEquals(List.of(), keys(writes("SET")));
  }

  @Test
  void reads_andWhatChangesNoValue_writeNothing() {
    assertSame(Writes.NOTHING, writes("GET k"));
    assertSame(Writes.NOTHING, writes("PING"));
    assertSame(Writes.NOTHING, writes("CONFIG SET maxmemory 1"));
  }

  @Test
  void whatCannotBeKnown_mayHaveWrittenEverything() {
    for (String request :
        new String[] {
          "EVAL x 1 k", "SORT l STORE k", "FLUSHALL", "DEBUG RELOAD", "json.set k $ 1", "nosuch"
        }) {
      assertSame(Writes.EVERYTHING, writes(request), request);
    }
    assertSame(Writes.EVERYTHING, writes("x".repeat(100)));
    assertSame(Writes.EVERYTHING, CommandTable.EMPTY.writes(parsed("SET k v"), true));
  }

  private static RequestParser parsed(String request) {
    RequestParser parser = new RequestParser(1 << 20);
    try {
      parser.parse(Unpooled.copiedBuffer(request + "\r\n", StandardCharsets.ISO_8859_1));
    } catch (ProtocolError e) {
      throw new IllegalArgumentException(e);
    }
    return parser;
  }

  @Test
  void requestOfWhichOnlyTheBeginningIsThere_isKnownByItsFirstKeyAlone() {
    assertEquals(List.of("k"), keys(table.writes(parsed("SET k"), false)));
    assertSame(Writes.EVERYTHING, table.writes(parsed("SET"), false));
    assertSame(Writes.EVERYTHING, table.writes(parsed("MSET a"), false));
    assertSame(Writes.NOTHING, table.writes(parsed("GET"), false));
  }

  @Test
  void and_putsTogether() {
    Writes a = writes("SET a 1");
    assertEquals(List.of("a", "b"), keys(a.and(writes("SET b 1"))));
    assertSame(a, a.and(Writes.NOTHING));
    assertSame(a, Writes.NOTHING.and(a));
    assertSame(Writes.EVERYTHING, a.and(Writes.EVERYTHING));
    assertSame(Writes.EVERYTHING, Writes.EVERYTHING.and(a));
  }
}
