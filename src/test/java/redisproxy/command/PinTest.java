package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.command.CommandTable.Row;

/** Which requests leave something on their connection, for every command of Redis 7.0. */
class PinTest {
  /** The commands and subcommands of Redis 7.0.15: name, flags, first and last key, step. */
  private static final List<String> LINES = lines();

  private static final CommandTable TABLE = table(LINES);

  private static List<String> lines() {
    try (var in = PinTest.class.getResourceAsStream("/commands-7.0.15.txt")) {
      return new String(in.readAllBytes(), StandardCharsets.US_ASCII).lines().toList();
    } catch (java.io.IOException failure) {
      throw new AssertionError(failure);
    }
  }

  private static CommandTable table(List<String> lines) {
    Map<String, Row> rows = new HashMap<>();
    Map<String, Map<String, Row>> subcommands = new HashMap<>();
    for (String line : lines) {
      String[] fields = line.split("\\|");
      String[] names = fields[0].split(" ");
      Row row = row(fields, Map.of());
      if (names.length == 1) {
        rows.put(names[0], row);
      } else {
        subcommands.computeIfAbsent(names[0], name -> new HashMap<>()).put(names[1], row);
      }
    }
    subcommands.forEach(
        (name, its) ->
            rows.compute(
                name, (same, row) -> new Row(row.flags(), 0, 0, 0, List.of(), Set.of(), its)));
    return new CommandTable(rows);
  }

  private static Row row(String[] fields, Map<String, Row> subcommands) {
    return new Row(
        Set.of(fields[1].split(",")),
        Integer.parseInt(fields[2]),
        Integer.parseInt(fields[3]),
        Integer.parseInt(fields[4]),
        List.of(),
        Set.of(),
        subcommands);
  }

  private static Pin pin(CommandTable table, String line) {
    Request request = Parsed.line(table, line);
    return Pin.of(request.command(), request);
  }

  /**
   * A command that is added to Redis, and is neither a read nor a write, pins until it is known.
   */
  @Test
  void everyCommandOfRedis_pinsOnlyIfItIsListedHere() {
    Map<Pin, Set<String>> pinning = new TreeMap<>();
    for (String line : LINES) {
      String name = line.substring(0, line.indexOf('|'));
      Pin pin = pin(TABLE, name);
      if (pin != Pin.NONE) {
        pinning.computeIfAbsent(pin, none -> new TreeSet<>()).add(name);
      }
    }
    assertEquals(
        Map.of(
            Pin.STATE,
            Set.of(
                "acl",
                "acl deluser",
                "acl load",
                "acl setuser",
                "asking",
                "auth",
                "client caching",
                "client kill",
                "client no-evict",
                "client tracking",
                "config",
                "config set",
                "readonly",
                "readwrite",
                "restore-asking",
                "script debug"),
            Pin.UNKNOWN,
            Set.of("debug", "monitor", "psync", "replconf", "sync")),
        pinning);
    assertEquals(366, LINES.size());
  }

  @ParameterizedTest
  @CsvSource({
    "NONE, SET k v",
    "NONE, lrange k 0 -1",
    "NONE, EVAL s 0",
    "NONE, Client SetName n",
    "NONE, CLIENT REPLY ON",
    "NONE, MULTI now",
    "NONE, CLIENT",
    "NONE, SCRIPT",
    "STATE, CLIENT TRACKING OFF",
    "STATE, client no-touch on",
    "STATE, AUTH p",
    "STATE, config set requirepass p",
    "NONE, CONFIG GET x",
    "UNKNOWN, CLIENT NEWER x",
    "UNKNOWN, SCRIPT NEWER",
    "UNKNOWN, NEWER x",
    "UNKNOWN, SETX k v",
    "UNKNOWN, JSON.GET k",
  })
  void request_pinsByItsNameAndSubcommand(Pin pin, String request) {
    assertEquals(pin, pin(TABLE, request));
  }

  /** A module may do anything to the connection of a client. */
  @Test
  void commandOfAModule_pins() {
    CommandTable table =
        new CommandTable(Map.of("json.get", new Row(Set.of("readonly", "module"), 1, 1, 1)));
    assertEquals(Pin.UNKNOWN, pin(table, "JSON.GET k"));
  }

  @Test
  void withoutACommandTable_readsAndWritesPin() {
    List<Pin> pins = new ArrayList<>();
    for (String request : List.of("GET k", "SET k v", "EVAL s 0", "PING")) {
      pins.add(pin(CommandTable.EMPTY, request));
    }
    assertEquals(List.of(Pin.UNKNOWN, Pin.UNKNOWN, Pin.UNKNOWN, Pin.NONE), pins);
  }

  @Test
  void requestInPieces_pinsUnlessItsCommandLeavesNothing() {
    assertEquals(Pin.NONE, begun("SET", "k"));
    assertEquals(Pin.NONE, begun("CLIENT", "SETNAME"));
    assertEquals(Pin.UNKNOWN, begun("CLIENT"));
    assertEquals(Pin.UNKNOWN, begun());
  }

  private static Pin begun(String... arguments) {
    Request request = Parsed.begun(TABLE, arguments);
    return Pin.of(request.command(), request);
  }
}
