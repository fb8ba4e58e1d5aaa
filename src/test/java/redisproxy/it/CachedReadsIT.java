package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.Set;
import java.util.TreeMap;
import java.util.TreeSet;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.command.CachedCommands;
import redisproxy.dev.EmbeddedRedis;

/** The cache answers every pure read of one key with the bytes that Redis would send. */
@InEachShape
class CachedReadsIT {
  private static final long SEED = Long.getLong("test.seed", 20_267);
  private static final String BINARY = "b\r\n\0\u00ff ";
  private static final String LONG_KEY = "k".repeat(1_000);
  private static final String LONG_FIELD = "f".repeat(900);

  /** Every cached command with arguments of several forms, right and wrong; the key is $k. */
  private static final String[] READS = {
    "STRLEN $k",
    "STRLEN $k x",
    "TYPE $k",
    "EXISTS $k",
    "GETBIT $k 1",
    "GETBIT $k 100000",
    "GETBIT $k -1",
    "BITCOUNT $k",
    "BITCOUNT $k 0 0",
    "BITCOUNT $k 1 9 BIT",
    "BITCOUNT $k 1",
    "BITPOS $k 1",
    "BITPOS $k 0 1",
    "BITPOS $k 1 1 -1 BIT",
    "BITPOS $k 2",
    "BITFIELD_RO $k GET u8 0",
    "BITFIELD_RO $k GET i5 #1 GET u3 2",
    "BITFIELD_RO $k SET u8 0 1",
    "GETRANGE $k 0 -1",
    "GETRANGE $k 1 3",
    "GETRANGE $k 3 1",
    "GETRANGE $k 1",
    "GETRANGE $k -3 -2",
    "GETRANGE $k 0 -99",
    "GETRANGE $k a b",
    "SUBSTR $k 0 2",
    "HLEN $k",
    "HGET $k f",
    "HGET $k nothing",
    "HGET $k",
    "HGET $k f g",
    "HMGET $k f nothing g f",
    "HMGET $k",
    "HEXISTS $k f",
    "HEXISTS $k nothing",
    "HSTRLEN $k f",
    "HSTRLEN $k nothing",
    "HGETALL $k",
    "HGETALL $k x",
    "HKEYS $k",
    "HVALS $k",
    "LINDEX $k 0",
    "LINDEX $k -1",
    "LINDEX $k 99",
    "LINDEX $k x",
    "LLEN $k",
    "LPOS $k a",
    "LPOS $k a RANK -1",
    "LPOS $k a COUNT 0 MAXLEN 3",
    "LPOS $k nothing",
    "LPOS $k a RANK 0",
    "LRANGE $k 0 -1",
    "LRANGE $k 1 2",
    "LRANGE $k 12 3",
    "LRANGE $k 1 23",
    "LRANGE $k 00 -1",
    "LRANGE $k 0",
    "SMEMBERS $k",
    "SCARD $k",
    "SISMEMBER $k a",
    "SISMEMBER $k nothing",
    "SMISMEMBER $k a nothing c",
    "SMISMEMBER $k",
    "ZCARD $k",
    "ZCOUNT $k -inf +inf",
    "ZCOUNT $k (1 2.5",
    "ZCOUNT $k x 1",
    "ZLEXCOUNT $k - +",
    "ZLEXCOUNT $k [a (c",
    "ZSCORE $k a",
    "ZSCORE $k nothing",
    "ZMSCORE $k a nothing b",
    "ZRANK $k b",
    "ZRANK $k nothing",
    "ZREVRANK $k b",
    "ZRANGE $k 0 -1",
    "ZRANGE $k 00 -1",
    "ZRANGE $k 0 -1 WITHSCORES",
    "ZRANGE $k 0 -1 REV WITHSCORES",
    "ZRANGE $k (1 +inf BYSCORE LIMIT 0 2",
    "ZRANGE $k - + BYLEX",
    "ZRANGE $k 0 -1 LIMIT 0 1",
    "ZREVRANGE $k 0 1 WITHSCORES",
    "ZRANGEBYSCORE $k -inf +inf WITHSCORES",
    "ZRANGEBYSCORE $k 1 (3 LIMIT 1 1",
    "ZREVRANGEBYSCORE $k +inf -inf WITHSCORES",
    "ZRANGEBYLEX $k - +",
    "ZREVRANGEBYLEX $k [c -",
    "ZRANGEBYLEX $k a b",
    "GEOPOS $k Palermo nothing",
    "GEOPOS $k",
    "GEODIST $k Palermo Catania km",
    "GEODIST $k Palermo nothing",
    "GEODIST $k Palermo Catania parsec",
    "GEOHASH $k Palermo Catania nothing",
    "GEOSEARCH $k FROMLONLAT 15 37 BYRADIUS 200 km ASC",
    "GEOSEARCH $k FROMMEMBER Palermo BYBOX 400 400 km ASC WITHCOORD WITHDIST WITHHASH",
    "GEOSEARCH $k",
    "GEORADIUS_RO $k 15 37 200 km WITHDIST ASC COUNT 1",
    "GEORADIUSBYMEMBER_RO $k Palermo 300 km ASC",
    "XLEN $k",
    "XRANGE $k - +",
    "XRANGE $k 1-2 + COUNT 1",
    "XRANGE $k (1-1 +",
    "XRANGE $k x +",
    "XREVRANGE $k + -",
    "XREVRANGE $k + - COUNT 2"
  };

  /** The order of these replies may change without a write. */
  private static final Set<String> UNORDERED = Set.of("SMEMBERS", "HGETALL", "HKEYS", "HVALS");

  /** Each key, and writes that change it in ways that fit its type. */
  private static final Map<String, List<String>> CHANGES = new TreeMap<>();

  static {
    CHANGES.put("s", List.of("APPEND s more", "SETBIT s 1 0", "SETRANGE s 1 XX", "SET s other"));
    CHANGES.put("n", List.of("INCR n", "DEL n", "SET n 7"));
    CHANGES.put("h", List.of("HSET h f new", "HINCRBY h g 5", "HDEL h f", "DEL h", "SET h now"));
    CHANGES.put("l", List.of("LPUSH l x", "LSET l 1 a", "LTRIM l 1 2", "RPOP l", "UNLINK l"));
    CHANGES.put("m", List.of("SADD m x", "SREM m a", "SPOP m"));
    CHANGES.put("z", List.of("ZADD z 1.5 a", "ZINCRBY z 9 b", "ZREM z c", "ZPOPMIN z"));
    CHANGES.put("lex", List.of("ZADD lex 0 bb", "ZREMRANGEBYLEX lex [b [bb"));
    CHANGES.put("geo", List.of("GEOADD geo 15.1 37.6 Catania", "ZREM geo Palermo"));
    CHANGES.put("x", List.of("XADD x 3-0 f w", "XDEL x 1-2", "XTRIM x MAXLEN 1"));
    CHANGES.put("none", List.of("HSET none f v g 1", "DEL none", "RPUSH none a b", "FLUSHALL"));
  }

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url(), "cache.expiry", "1h");
    client = opened.client(proxy);
    direct = opened.client(redis);
    fill();
  }

  private void fill() {
    direct.call("FLUSHALL");
    for (String write :
        new String[] {
          "SET s hello,world",
          "SET n 12345",
          "HSET h f v g 1 e ",
          "RPUSH l a b c a",
          "SADD m a b c",
          "ZADD z 1 a 2.5 b -inf c inf d",
          "ZADD lex 0 a 0 b 0 c",
          "GEOADD geo 13.361389 38.115556 Palermo 15.087269 37.502669 Catania",
          "XADD x 1-1 f v",
          "XADD x 1-2 f v g w",
          "XADD x 2-0 f v"
        }) {
      assertTrue(direct.call(write.split(" ", -1)).charAt(0) != '-', write);
    }
  }

  private static String[] read(String read, String key) {
    String[] words = read.split(" ");
    words[Arrays.asList(words).indexOf("$k")] = key;
    return words;
  }

  /** A reply, with its lines sorted if their order means nothing. */
  private static String comparable(String command, String reply) {
    if (!UNORDERED.contains(command)) {
      return reply;
    }
    String[] lines = reply.split("\r\n");
    Arrays.sort(lines);
    return String.join("\r\n", lines);
  }

  private static String ask(RespClient who, String... words) {
    return comparable(words[0], who.call(words));
  }

  private void assertSame(String... words) {
    assertEquals(ask(direct, words), ask(client, words), () -> String.join(" ", words));
  }

  /** Asks both three times. The third time the cache answers, if the reply is no error. */
  private void assertCached(String... words) {
    assertSame(words);
    assertSame(words);
    long hits = proxy.stat("hits");
    assertSame(words);
    assertEquals(hits + 1, proxy.stat("hits"), () -> String.join(" ", words));
  }

  /** How many of these keys have a reply to keep: they exist, and it is no error. */
  private long kept(String read) {
    return CHANGES.keySet().stream()
        .filter(key -> !key.equals("none") && direct.call(read(read, key)).charAt(0) != '-')
        .count();
  }

  /** MultiKeyReadsIT reads with MGET. */
  @Test
  void everyCachedCommand_isRead() {
    Set<String> read = new TreeSet<>(Set.of("mget"));
    for (String each : READS) {
      read.add(each.split(" ")[0].toLowerCase(Locale.ROOT));
    }
    assertEquals(new TreeSet<>(CachedCommands.defaults()), read);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void read_isAnsweredAsByRedis_andFromTheCacheTheThirdTime(String protocol) {
    direct.call("HELLO", protocol);
    client.call("HELLO", protocol);
    Set<String> commands = new TreeSet<>();
    Set<String> cached = new TreeSet<>();
    for (String read : READS) {
      long hits = proxy.stat("hits");
      for (int i = 0; i < 3; i++) {
        hits = i == 2 ? proxy.stat("hits") : hits;
        CHANGES.keySet().forEach(key -> assertSame(read(read, key)));
      }
      long kept = kept(read);
      assertEquals(hits + kept, proxy.stat("hits"), read);
      commands.add(read.split(" ")[0]);
      if (kept > 0) {
        cached.add(read.split(" ")[0]);
      }
    }
    assertEquals(commands, cached);
  }

  @Test
  void read_isTheSameInLowerCaseAndInline() {
    for (String read : READS) {
      askTwice(read);
      long hits = proxy.stat("hits");
      for (String key : CHANGES.keySet()) {
        String[] words = read(read, key);
        String expected = ask(direct, words);
        String inline = String.join(" ", words) + "\r\n";
        words[0] = words[0].toLowerCase(Locale.ROOT);
        client.send(RespClient.request(words) + inline);
        String command = words[0].toUpperCase(Locale.ROOT);
        assertEquals(expected, comparable(command, client.reply()), inline);
        assertEquals(expected, comparable(command, client.reply()), inline);
      }
      assertEquals(hits + 2 * kept(read), proxy.stat("hits"), read);
    }
  }

  private void askTwice(String read) {
    for (int i = 0; i < 2; i++) {
      CHANGES.keySet().forEach(key -> client.call(read(read, key)));
    }
  }

  /** Their replies in RESP2 and RESP3 differ in more than the head. */
  private static final Set<String> KEPT_APART =
      Set.of(
          "HMGET",
          "ZSCORE",
          "ZMSCORE",
          "GEOPOS",
          "GEOHASH",
          "GEOSEARCH",
          "GEORADIUS_RO",
          "GEORADIUSBYMEMBER_RO");

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void reply_isSharedByBothVersionsOfResp_ifOnlyItsHeadDiffers(String first) {
    direct.call("HELLO", first);
    client.call("HELLO", first);
    RespClient other = opened.client(proxy);
    RespClient directOther = opened.client(redis);
    String second = first.equals("2") ? "3" : "2";
    other.call("HELLO", second);
    directOther.call("HELLO", second);
    for (String read : READS) {
      askTwice(read);
      boolean isShared = !KEPT_APART.contains(read.split(" ")[0]) && !read.contains("WITHSCORE");
      long hits = proxy.stat("hits");
      for (String key : CHANGES.keySet()) {
        String[] words = read(read, key);
        String name = String.join(" ", words);
        assertEquals(ask(directOther, words), ask(other, words), name);
      }
      assertEquals(hits + (isShared ? kept(read) : 0), proxy.stat("hits"), read);
      CHANGES.keySet().forEach(key -> assertSame(read(read, key)));
    }
  }

  /** The rest of a long reply is sent without a copy. */
  @Test
  void longReply_isSharedByBothVersionsOfResp() {
    RespClient other = opened.client(proxy);
    RespClient directOther = opened.client(redis);
    other.call("HELLO", "3");
    directOther.call("HELLO", "3");
    for (int i = 0; i < 3_000; i++) {
      direct.call("HSET", "long", "field" + i, "value" + i);
      direct.call("SADD", "longset", "member" + i);
    }
    for (String[] words : new String[][] {{"HGETALL", "long"}, {"SMEMBERS", "longset"}}) {
      assertBecomesSame(words);
      long misses = proxy.stat("misses");
      for (int i = 0; i < 3; i++) {
        assertEquals(ask(directOther, words), ask(other, words));
        assertSame(words);
      }
      assertEquals(misses, proxy.stat("misses"));
    }
  }

  @Test
  void versionsOfResp_getTheirOwnForms() {
    RespClient resp3 = opened.client(proxy);
    RespClient direct3 = opened.client(redis);
    resp3.call("HELLO", "3");
    direct3.call("HELLO", "3");
    for (int i = 0; i < 3; i++) {
      for (String read : READS) {
        for (String key : CHANGES.keySet()) {
          String[] words = read(read, key);
          assertSame(words);
          assertEquals(ask(direct3, words), ask(resp3, words), () -> String.join(" ", words));
        }
      }
    }
  }

  /** Asks until the replies are equal, and then some times more. */
  private void assertBecomesSame(String... words) {
    String expected = ask(direct, words);
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    String reply;
    do {
      reply = ask(client, words);
    } while (!reply.equals(expected) && System.nanoTime() < deadline);
    for (int i = 0; i < 3; i++) {
      assertEquals(expected, reply, () -> String.join(" ", words));
      reply = ask(client, words);
    }
  }

  @Test
  void writeOfAnotherClient_isSeen_andStaysSeen() {
    CHANGES.forEach(
        (key, writes) -> {
          for (String write : writes) {
            for (int i = 0; i < 3; i++) {
              askAll(key);
            }
            direct.call(write.split(" "));
            for (String read : READS) {
              assertBecomesSame(read(read, key));
            }
          }
        });
  }

  /** Sends all reads of a key at once. */
  private List<String> askAll(String key) {
    return askAll("", key);
  }

  private List<String> askAll(String before, String key) {
    StringBuilder requests = new StringBuilder(before);
    for (String read : READS) {
      requests.append(RespClient.request(read(read, key)));
    }
    client.send(requests.toString());
    List<String> replies = new ArrayList<>();
    for (int i = before.isEmpty() ? 0 : -before.split("\\*\\d+\r\n\\$").length + 1; i < 0; i++) {
      client.reply();
    }
    for (String read : READS) {
      replies.add(comparable(read.split(" ")[0], client.reply()));
    }
    return replies;
  }

  private List<String> askRedis(String key) {
    List<String> replies = new ArrayList<>();
    for (String read : READS) {
      replies.add(ask(direct, read(read, key)));
    }
    return replies;
  }

  @Test
  void ownWrite_isSeenAtOnce_inTheSamePipelineAndInTheNext() {
    CHANGES.forEach(
        (key, writes) -> {
          for (String write : writes) {
            askAll(key);
            askAll(key);
            List<String> together = askAll(RespClient.request(write.split(" ")), key);
            assertEquals(askRedis(key), together, write);
            assertEquals(together, askAll(key), write);
          }
          fill();
          for (String write : writes) {
            askAll(key);
            askAll(key);
            client.call(write.split(" "));
            assertEquals(askRedis(key), askAll(key), write);
          }
        });
  }

  @Test
  void otherWaysToWrite_areSeenAtOnce() {
    String[][] writes = {
      {"EVAL", "return redis.call('HSET',KEYS[1],'f','script')", "1", "h"},
      {"EVAL", "return redis.call('HSET','h','f','hidden')", "0"},
      {"COPY", "h", "h2"},
      {"RENAME", "h2", "h"},
      {"RENAME", "l", "h"},
      {"COPY", "z", "h", "REPLACE"},
      {"MOVE", "h", "1"},
      {"SWAPDB", "0", "1"},
      {"SWAPDB", "0", "1"},
      {"EXPIRE", "h", "0"},
      {"RESTORE", "h", "0", "none"},
      {"SORT", "m", "ALPHA", "STORE", "h"},
      {"ZUNIONSTORE", "h", "1", "z"},
      {"GEOSEARCHSTORE", "h", "geo", "FROMLONLAT", "15", "37", "BYRADIUS", "200", "km"},
      {"FLUSHALL"}
    };
    for (String[] write : writes) {
      askAll("h");
      askAll("h");
      client.call(write);
      assertEquals(askRedis("h"), askAll("h"), () -> String.join(" ", write));
    }
  }

  @Test
  void readInsideATransaction_andBehindIt_isCurrent() {
    for (int i = 0; i < 50; i++) {
      String value = "v" + i;
      askAll("h");
      client.send(
          RespClient.request("MULTI")
              + RespClient.request("HSET", "h", "f", value)
              + RespClient.request("HGET", "h", "f")
              + RespClient.request("EXEC")
              + RespClient.request("HGET", "h", "f")
              + RespClient.request("HVALS", "h"));
      for (int j = 0; j < 3; j++) {
        client.reply();
      }
      assertEquals("*2\r\n:0\r\n" + RespClient.bulk(value), client.reply());
      assertEquals(RespClient.bulk(value), client.reply());
      assertTrue(client.reply().contains(RespClient.bulk(value)));
    }
  }

  /** Bytes that are frequent in values, fields and numbers. */
  private static final String BYTES = "ab01-\r\n\0\u00ff ";

  private static String randomBytes(Random random, int most) {
    StringBuilder bytes = new StringBuilder();
    for (int i = random.nextInt(most + 1); i > 0; i--) {
      bytes.append(BYTES.charAt(random.nextInt(BYTES.length())));
    }
    return bytes.toString();
  }

  private static String randomNumber(Random random) {
    return switch (random.nextInt(12)) {
      case 0 -> randomBytes(random, 3);
      case 1 -> "" + random.nextLong();
      case 2 -> "8388607";
      default -> "" + random.nextInt(-12, 12);
    };
  }

  private static String[] partOfAString(Random random) {
    return switch (random.nextInt(8)) {
      case 0 -> new String[] {"STRLEN", "s"};
      case 1 -> new String[] {"EXISTS", "s"};
      case 2 -> new String[] {"TYPE", "s"};
      case 3, 4 -> new String[] {"GETBIT", "s", randomNumber(random)};
      case 5 -> new String[] {"SUBSTR", "s", randomNumber(random), randomNumber(random)};
      default -> new String[] {"GETRANGE", "s", randomNumber(random), randomNumber(random)};
    };
  }

  private static String[] partOfAHash(Random random) {
    List<String> words = new ArrayList<>();
    words.add(List.of("HGET", "HMGET", "HEXISTS", "HSTRLEN", "HLEN").get(random.nextInt(5)));
    words.add("h");
    for (int i = words.get(0).equals("HMGET") ? random.nextInt(20) : 1; i > 0; i--) {
      words.add(randomBytes(random, 2));
    }
    if (words.get(0).equals("HLEN") || random.nextInt(20) == 0) {
      words.remove(words.size() - 1);
    }
    return words.toArray(String[]::new);
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void partOfAString_isAnsweredFromItsValue_asByRedis(String protocol) {
    keepMissingKeys();
    direct.call("HELLO", protocol);
    client.call("HELLO", protocol);
    Random random = new Random(SEED);
    for (int i = 0; i < 60; i++) {
      client.call("SET", "s", randomBytes(random, 9));
      if (i % 10 == 0) {
        client.call("DEL", "s");
      }
      // Its answer, unlike that of GET, waits until all writes are reported.
      assertSame("BITCOUNT", "s");
      assertSame("GET", "s");
      assertNoLoad("STRLEN s", "EXISTS s", "TYPE s", "GETRANGE s 1 3", "GETBIT s 9");
      for (int j = 0; j < 60; j++) {
        assertSame(partOfAString(random));
      }
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void partOfAHash_isAnsweredFromTheWhole_asByRedis(String protocol) {
    keepMissingKeys();
    direct.call("HELLO", protocol);
    client.call("HELLO", protocol);
    Random random = new Random(SEED);
    for (int i = 0; i < 60; i++) {
      client.call("DEL", "h");
      for (int j = random.nextInt(20); j > 0 && i % 10 > 0; j--) {
        client.call("HSET", "h", randomBytes(random, 2), randomBytes(random, 9));
      }
      assertSame("HGETALL", "h");
      assertNoLoad("HGET h a", "HMGET h a b none a", "HEXISTS h 0", "HSTRLEN h 1");
      for (int j = 0; j < 60; j++) {
        assertSame(partOfAHash(random));
      }
    }
  }

  private void keepMissingKeys() {
    proxy = opened.proxy(shape, redis.url(), "cache.expiry", "1h", "cache.missing-expiry", "1h");
    client = opened.client(proxy);
  }

  private void assertNoLoad(String... requests) {
    long misses = proxy.stat("misses");
    for (String request : requests) {
      assertSame(request.split(" "));
      assertEquals(misses, proxy.stat("misses"), request);
    }
  }

  @Test
  void commandThatIsSwitchedOff_isNotAnsweredFromTheWhole() {
    RunningProxy other =
        opened.proxy(shape, redis.url(), "cache.commands", "default,-hget,-strlen,-hlen");
    RespClient reader = opened.client(other);
    assertEquals(direct.call("GET", "s"), reader.call("GET", "s"));
    assertEquals(direct.call("HGETALL", "h"), reader.call("HGETALL", "h"));
    long hits = other.stat("hits");
    for (String request : new String[] {"HGET h f", "STRLEN s", "HLEN h"}) {
      assertEquals(direct.call(request.split(" ")), reader.call(request.split(" ")), request);
    }
    assertEquals(hits, other.stat("hits"));
    assertEquals(":1\r\n", reader.call("HEXISTS", "h", "f"));
    assertEquals(hits + 1, other.stat("hits"));
  }

  @Test
  void otherDatabase_hasItsOwnReplies() {
    direct.call("SELECT", "1");
    direct.call("HSET", "h", "f", "one");
    direct.call("SELECT", "0");
    for (int i = 0; i < 10; i++) {
      String db = "" + i % 3;
      direct.call("SELECT", db);
      client.call("SELECT", db);
      assertEquals(askRedis("h"), askAll("h"), db);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"HGETALL $k", "HGET $k f", "EXISTS $k", "HLEN $k", "HEXISTS $k nothing"})
  void expiredKey_isGoneAtOnce(String read) {
    client.call("PEXPIRE", "h", "300");
    String[] words = read(read, "h");
    String before = ask(direct, words);
    String gone = ask(direct, read(read, "none"));
    boolean isGone;
    do {
      isGone = direct.call("EXISTS", "h").equals(":0\r\n");
      String reply = ask(client, words);
      assertTrue(reply.equals(gone) || !isGone && reply.equals(before), reply);
    } while (!isGone);
    assertEquals(gone, ask(client, words));
  }

  @Test
  void longKey_binaryArguments_andALongField_areCached() {
    direct.call("HSET", LONG_KEY, BINARY, BINARY + 1, LONG_FIELD, "v", "", "empty");
    direct.call("HSET", BINARY, BINARY, "2");
    for (String key : new String[] {LONG_KEY, BINARY}) {
      assertCached("HGETALL", key);
      assertCached("HGET", key, BINARY);
      assertCached("HGET", key, "");
      assertCached("HMGET", key, LONG_FIELD, BINARY);
      assertCached("HGET", key, LONG_FIELD);
      direct.call("HSET", key, LONG_FIELD, "new", BINARY, "new", "", "new");
      assertBecomesSame("HMGET", key, LONG_FIELD, BINARY);
      assertBecomesSame("HGET", key, "");
    }
  }

  @Test
  void longRequest_isAnsweredByRedis() {
    String first = "a".repeat(600);
    String second = "b".repeat(600);
    direct.call("HSET", "h", first, "1", second, "2");
    long hits = proxy.stat("hits");
    for (int i = 0; i < 4; i++) {
      assertSame("HMGET", "h", first, second);
    }
    assertEquals(hits, proxy.stat("hits"));
    client.call("HSET", "h", first, "3");
    assertSame("HMGET", "h", first, second);
  }

  @Test
  void largeReply_isRelayed_andDelaysNoOtherClient() {
    for (int i = 0; i < 300; i++) {
      direct.call("HSET", "large", "f" + i, "x".repeat(10_000));
    }
    RespClient other = opened.client(proxy);
    String expected = ask(direct, "HGETALL", "large");
    for (int i = 0; i < 3; i++) {
      client.send(RespClient.request("HGETALL", "large") + RespClient.request("HGET", "h", "f"));
      for (int j = 0; j < 20; j++) {
        assertEquals("$1\r\nv\r\n", other.call("HGET", "h", "f"));
        assertEquals(":300\r\n", other.call("HLEN", "large"));
      }
      assertEquals(expected, comparable("HGETALL", client.reply()));
      assertEquals("$1\r\nv\r\n", client.reply());
    }
    assertTrue(proxy.stat("bytes") < 100_000);
    client.call("HSET", "large", "f1", "new");
    assertSame("HGETALL", "large");
    assertSame("HGET", "large", "f1");
    client.call("DEL", "large");
    assertSame("HGETALL", "large");
  }
}
