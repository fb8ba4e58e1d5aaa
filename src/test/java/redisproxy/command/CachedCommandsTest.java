package redisproxy.command;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.CachedCommand.Fields;
import redisproxy.command.CachedCommand.Resp3;
import redisproxy.command.CommandTable.Row;

class CachedCommandsTest {
  /** All commands that Redis 7.0.15 calls readonly whose first key is their first argument. */
  private static final String ONE_KEY =
      "bitcount bitfield_ro bitpos dump expiretime geodist geohash geopos georadius_ro"
          + " georadiusbymember_ro geosearch get getbit getrange hexists hget hgetall hkeys hlen hmget"
          + " hrandfield hscan hstrlen hvals lindex llen lpos lrange pexpiretime pttl scard sismember"
          + " smembers smismember sort_ro srandmember sscan strlen substr ttl type xlen xpending xrange"
          + " xrevrange zcard zcount zlexcount zmscore zrandmember zrange zrangebylex zrangebyscore zrank"
          + " zrevrange zrevrangebylex zrevrangebyscore zrevrank zscan zscore";

  private static final String MORE_KEYS = "exists mget pfcount sdiff sinter sunion touch";

  /** These are reads of one key, but random, a cursor, true for a moment, or not reported. */
  private static final Set<String> NOT_BY_DEFAULT =
      Set.of(
          ("dump expiretime get hrandfield hscan pexpiretime pttl sort_ro srandmember sscan ttl"
                  + " xpending zrandmember zscan")
              .split(" "));

  private static final CachedCommands DEFAULT = CachedCommands.of(List.of());

  private final CommandTable of7 = new CommandTable(rows());

  private static Map<String, Row> rows() {
    Map<String, Row> rows = new HashMap<>();
    for (String name : ONE_KEY.split(" ")) {
      rows.put(name, new Row(Set.of("readonly"), 1, 1, 1));
    }
    for (String name : MORE_KEYS.split(" ")) {
      rows.put(name, new Row(Set.of("readonly", "fast"), 1, -1, 1));
    }
    rows.put("lcs", new Row(Set.of("readonly"), 1, 2, 1));
    rows.put("sintercard", new Row(Set.of("readonly", "movablekeys"), 0, 0, 0));
    rows.put("set", new Row(Set.of("write", "denyoom"), 1, 1, 1));
    rows.put("getdel", new Row(Set.of("write", "fast"), 1, 1, 1));
    rows.put("json.get", new Row(Set.of("readonly", "module"), 1, 1, 1));
    rows.put("json.mget", new Row(Set.of("readonly", "module"), 1, -2, 1));
    rows.put("json.set", new Row(Set.of("write", "module"), 1, 1, 1));
    return rows;
  }

  private CachedCommand found(CachedCommands commands, String... request) {
    return commands.of(Parsed.array(of7, request));
  }

  @Test
  void of_eachReadOfOneKeyOfRedis7_isTheDefaultUnlessItIsNotPure() {
    Set<String> cached = new HashSet<>();
    for (String name : rows().keySet()) {
      CachedCommand command = found(DEFAULT, name, "k");
      if (command != null) {
        assertEquals(name, command.name());
        cached.add(name);
      }
    }
    Set<String> expected = new HashSet<>(Set.of(ONE_KEY.split(" ")));
    expected.removeAll(NOT_BY_DEFAULT);
    expected.addAll(Set.of("exists", "mget"));
    assertEquals(expected, cached);
    assertEquals(48, cached.size());
  }

  /** The same name has another meaning, or none, on another server. */
  @Test
  void of_aDefaultCommandThatTheServerDoesNotCallARead_isNull() {
    for (Row other :
        List.of(
            new Row(Set.of("write"), 1, 1, 1),
            new Row(Set.of("fast"), 1, 1, 1),
            new Row(Set.of("readonly"), 2, 2, 1),
            new Row(Set.of("readonly"), 0, 0, 0),
            new Row(Set.of("readonly"), 1, 2, 1),
            new Row(Set.of("readonly"), 1, -1, 1))) {
      CommandTable table = new CommandTable(Map.of("hget", other));
      assertNull(DEFAULT.of(Parsed.array(table, "HGET", "k", "f")), other.toString());
    }
    CommandTable reads = new CommandTable(Map.of("hget", new Row(Set.of("readonly"), 1, 1, 1)));
    assertNotNull(DEFAULT.of(Parsed.array(reads, "HGET", "k", "f")));
    assertNull(DEFAULT.of(Parsed.array(CommandTable.EMPTY, "HGET", "k", "f")));
  }

  @ParameterizedTest
  @CsvSource({
    "HGET k f, hget, false, NAMED, SAME",
    "hMgEt k f g, hmget, false, NAMED, OTHER",
    "hexists k f, hexists, false, NAMED, SAME",
    "hstrlen k f, hstrlen, false, NAMED, SAME",
    "HGETALL k, hgetall, false, ALL, MAP",
    "hkeys k, hkeys, false, ALL, SAME",
    "hvals k, hvals, false, ALL, SAME",
    "hlen k, hlen, false, NONE, SAME",
    "smembers k, smembers, false, NONE, SET",
    "zscore k m, zscore, false, NONE, OTHER",
    "zrank k m, zrank, false, NONE, SAME_WITHOUT_SCORES",
    "LRANGE k 0 -1, lrange, true, NONE, SAME",
    "getrange k 0 -1, getrange, true, NONE, SAME",
    "zrange k 0 -1, zrange, true, NONE, SAME_WITHOUT_SCORES",
    "xrange k - +, xrange, true, NONE, SAME",
    "geosearch k FROMMEMBER m BYRADIUS 1 m, geosearch, true, NONE, OTHER"
  })
  void of_aDefaultCommand_saysWhatItReads(
      String request, String name, boolean isRange, Fields fields, Resp3 resp3) {
    assertEquals(
        new CachedCommand(name, isRange, fields, resp3),
        found(DEFAULT, request.split(" ")),
        request);
  }

  @ParameterizedTest
  @CsvSource({
    "ZRANGE k 0 -1, SAME",
    "ZRANGE k 0 -1 REV, SAME",
    "ZRANGE k 0 -1 WITHSCORES, OTHER",
    "zrange k 0 -1 rev withScores, OTHER",
    "ZRANGEBYSCORE k 0 1 WITHSCORES LIMIT 0 1, OTHER",
    "ZRANGEBYSCORE k 0 1 LIMIT 0 1, SAME",
    "ZRANK k m, SAME",
    "ZREVRANK k m WITHSCORE, OTHER",
    "HGETALL k, MAP",
    "HGET k withscores, SAME",
    "HMGET k f, OTHER"
  })
  void resp3_dependsOnWhetherScoresAreAskedFor(String words, Resp3 expected) {
    String[] request = words.split(" ");
    CachedCommand command = found(DEFAULT, request);
    assertEquals(expected, command.resp3(Parsed.array(of7, request)));
  }

  @Test
  void of_anInlineRequest_isTheSame() {
    assertNotNull(DEFAULT.of(Parsed.line(of7, "HGET k f")));
    assertNull(DEFAULT.of(Parsed.line(of7, "HGET")));
  }

  @ParameterizedTest
  @CsvSource({
    "EXISTS k, false",
    "EXISTS k k, true",
    "mget k, true",
    "MGET k l k, true",
    "hmget k f g, false",
    "hgetall k, false"
  })
  void isOfKeys_isTrueIfAllArgumentsAreKeysThatAreLookedUpOneByOne(String request, boolean is) {
    Request parsed = Parsed.array(of7, request.split(" "));
    assertEquals(is, DEFAULT.of(parsed).isOfKeys(parsed));
  }

  @Test
  void of_aRequestForManyKeys_isNullIfThereAreTooManyOrTheyAreTooLong() {
    String[] most = new String[1 + 512];
    Arrays.fill(most, "k");
    String[] more = Arrays.copyOf(most, most.length + 1);
    more[512 + 1] = "k";
    for (String name : List.of("mget", "exists")) {
      most[0] = name;
      more[0] = name;
      assertNotNull(found(DEFAULT, most), name);
      assertNull(found(DEFAULT, more), name);
    }
    int others = "*3\r\n$4\r\nMGET\r\n$1\r\nk\r\n$32000\r\n\r\n".length();
    String longest = "k".repeat(32 * 1024 - others);
    assertNotNull(found(DEFAULT, "MGET", "k", longest));
    assertNull(found(DEFAULT, "MGET", "k", longest + "k"));
  }

  @Test
  void of_aRequestWithoutAKey_isNull() {
    assertNull(found(DEFAULT, "HGETALL"));
  }

  /** The key's own length does not count: each GET has one, too. */
  @Test
  void of_aLongRequest_isNullIfItIsLongWithoutItsKey() {
    int others = "*3\r\n$4\r\nHGET\r\n$10000\r\n\r\n$999\r\n\r\n".length();
    String longest = "f".repeat(1024 - others);
    assertNotNull(found(DEFAULT, "HGET", "k".repeat(10_000), longest));
    assertNull(found(DEFAULT, "HGET", "k".repeat(10_000), longest + "f"));
    assertNull(found(DEFAULT, "HGET", "k", "f".repeat(1025)));
  }

  @ParameterizedTest
  @ValueSource(strings = {"default", "", "-dump", "default,json.get"})
  void of_theDefaultInAnySpelling_hasTheDefaultCommands(String names) {
    assertEquals("hget lrange mget", cached(names, "hget lrange ttl get mget dump"));
  }

  @ParameterizedTest
  @CsvSource({
    "get, ''",
    "'get,hget', hget",
    "hget, hget",
    "'hget,json.get', hget json.get",
    "'-hget', lrange mget",
    "'-hget,-lrange', mget",
    "'-hget,-lrange,-mget', ''",
    "'default,-lrange,json.get', hget json.get mget",
    "'hget,lrange,-lrange', hget",
    "'json.set,set,getdel', ''",
    "'json.mget,mget,pfcount,touch,lcs,sintercard', mget",
    "nonsense, ''"
  })
  void of_aSetting_hasTheNamedReadsOfOneKey(String names, String expected) {
    String requests = "hget lrange json.get json.mget json.set set getdel mget touch lcs pfcount";
    assertEquals(expected, cached(names, requests + " sintercard"));
  }

  /** Nothing is known of it, so it gets the smaller bound. */
  @Test
  void of_aCommandOutsideOfTheDefault_isARange() {
    CachedCommands named = CachedCommands.of(List.of("json.get", "hgetall"));
    assertEquals(
        new CachedCommand("json.get", true, Fields.NONE, Resp3.OTHER),
        found(named, "JSON.GET", "k", "$"));
    assertEquals(
        new CachedCommand("hgetall", false, Fields.ALL, Resp3.MAP), found(named, "HGETALL", "k"));
  }

  @Test
  void none_hasNoCommand() {
    for (String name : rows().keySet()) {
      assertNull(found(CachedCommands.NONE, name, "k"), name);
    }
    assertTrue(rows().size() > 60);
  }

  /** Which of these commands the setting caches, in the same order. */
  private String cached(String setting, String commands) {
    List<String> names = setting.isEmpty() ? List.of() : List.of(setting.split(","));
    CachedCommands cached = CachedCommands.of(names);
    return String.join(
        " ",
        List.of(commands.split(" ")).stream()
            .filter(name -> found(cached, name, "k") != null)
            .toList());
  }
}
