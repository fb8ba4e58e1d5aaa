package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Random;
import java.util.TreeMap;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Named;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;
import redisproxy.dev.EmbeddedRedis;

/**
 * The fields of a hash may expire one by one since Redis 7.4 and Valkey 9. The server reports that
 * only when it deletes the field: late, and never while nothing looks for expired fields.
 *
 * <p>On a server without such commands the key expires instead, or the command is refused. The
 * names of the tests then say so.
 */
@InEachShape
class FieldExpiryIT {
  private static final boolean HAS_FIELD_EXPIRY = knows("HPEXPIRE");
  private static final String UNKNOWN = " (this server has no such command)";

  /** The reads of a hash that must not show an expired field. */
  private static final String[] READS = {
    "HGET $k f0",
    "HMGET $k f1 f0",
    "HEXISTS $k f0",
    "HSTRLEN $k f0",
    "HGETALL $k",
    "HKEYS $k",
    "HVALS $k"
  };

  private static final int FIELDS = 4;
  private static final int ROUNDS = 400;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;

  @BeforeAll
  static void tellWhatIsTested() {
    System.out.println(
        HAS_FIELD_EXPIRY
            ? "FieldExpiryIT: fields of hashes expire"
            : "FieldExpiryIT: this server has no HPEXPIRE, so only whole keys expire");
  }

  private static boolean knows(String command) {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        RespClient asking = new RespClient(redis)) {
      return knows(asking, command);
    }
  }

  private static boolean knows(RespClient asking, String command) {
    return asking.call("COMMAND", "INFO", command).contains(command.toLowerCase(Locale.ROOT));
  }

  /** The encodings of a hash, and whether it has only as few fields as a listpack holds. */
  static Stream<Named<Boolean>> hashes() {
    String what = HAS_FIELD_EXPIRY ? "fields expire" : "the key expires; HPEXPIRE is unknown here";
    return Stream.of(Named.of("small hash, " + what, true), Named.of("large hash, " + what, false));
  }

  /** Writes that set, lift or end the time of a field. */
  static Stream<Named<String>> changes() {
    try (EmbeddedRedis redis = EmbeddedRedis.start();
        RespClient asking = new RespClient(redis)) {
      return Stream.of(
          "HPEXPIRE h 3600000 FIELDS 1 f0",
          "HPEXPIRE h 0 FIELDS 1 f0",
          "HEXPIRE h 3600 FIELDS 2 f0 f1",
          "HPEXPIREAT h 1 FIELDS 1 f0",
          "HEXPIREAT h 33177117420 FIELDS 1 f0",
          "HPERSIST h FIELDS 2 f0 f2",
          "HSET h f2 new",
          "HINCRBY h n 1",
          "HSETEX h PX 3600000 FIELDS 1 f0 new",
          "HSETEX h FNX FIELDS 1 other new",
          "HSETEX h KEEPTTL FIELDS 1 f2 new",
          "HGETEX h PX 3600000 FIELDS 1 f0",
          "HGETEX h PXAT 1 FIELDS 1 f0",
          "HGETEX h PERSIST FIELDS 1 f2",
          "HGETDEL h FIELDS 1 f2")
          .map(
              change ->
                  Named.of(change + (knows(asking, change.split(" ")[0]) ? "" : UNKNOWN), change))
          .toList()
          .stream();
    }
  }

  /** Starts a server that never looks for expired fields, if it knows any. */
  private void start(boolean isSmall) {
    List<String> config = new ArrayList<>();
    if (!isSmall) {
      config.add("hash-max-ziplist-entries 1");
    }
    if (HAS_FIELD_EXPIRY) {
      config.add("enable-debug-command yes");
    }
    EmbeddedRedis redis = opened.redis(config.toArray(String[]::new));
    proxy = opened.proxy(shape, redis.url(), "cache.expiry", "1h");
    client = opened.client(proxy);
    direct = opened.client(redis);
    if (HAS_FIELD_EXPIRY) {
      assertEquals("+OK\r\n", direct.call("DEBUG", "SET-ACTIVE-EXPIRE", "0"));
    }
  }

  private static String[] words(String request, String key) {
    return request.replace("$k", key).split(" ");
  }

  private static boolean isUnordered(String read) {
    return read.matches("HGETALL.*|HKEYS.*|HVALS.*");
  }

  /** A reply, with the elements sorted if their order means nothing. */
  private static String ask(RespClient who, String read, String key) {
    String reply = who.call(words(read, key));
    if (!isUnordered(read)) {
      return reply;
    }
    String[] lines = reply.split("\r\n");
    Arrays.sort(lines);
    return String.join("\r\n", lines);
  }

  private void fill(String key, int from) {
    for (int i = from; i < FIELDS; i++) {
      direct.call("HSET", key, "f" + i, "f" + i + "=0");
    }
  }

  /**
   * Whether Redis says that f0 is gone. HGETALL deletes no field. HPTTL would say so a millisecond
   * too early.
   */
  private boolean isGone(String key) {
    return !direct.call("HGETALL", key).contains("f0=");
  }

  private String[] expire(String key, String field, int ms) {
    return HAS_FIELD_EXPIRY
        ? new String[] {"HPEXPIRE", key, "" + ms, "FIELDS", "1", field}
        : new String[] {"PEXPIRE", key, "" + ms};
  }

  @ParameterizedTest
  @MethodSource("hashes")
  void whatExpired_isGoneAtOnce_thoughNothingLooksForIt(boolean isSmall) {
    start(isSmall);
    fill("without", HAS_FIELD_EXPIRY ? 1 : FIELDS);
    for (int i = 0; i < 2 * READS.length; i++) {
      String read = READS[i / 2];
      String key = "h" + i;
      fill(key, 0);
      String before = ask(direct, read, key);
      String after = ask(direct, read, "without");
      for (int time = 0; time < 3; time++) {
        assertEquals(before, ask(client, read, key), read);
      }
      // The key is read through the proxy, so Redis reports this write, whoever makes it.
      (i % 2 == 0 ? client : direct).call(expire(key, "f0", 150));
      boolean isGone;
      do {
        isGone = isGone(key);
        String reply = ask(client, read, key);
        assertTrue(reply.equals(after) || !isGone && reply.equals(before), read + ": " + reply);
      } while (!isGone);
      assertEquals(after, ask(client, read, key), read);
    }
  }

  @ParameterizedTest
  @MethodSource("changes")
  void changeOfTheTimeOfAField_isSeen(String change) {
    for (boolean isSmall : new boolean[] {true, false}) {
      start(isSmall);
      assertChangeIsSeen(change, client);
      assertChangeIsSeen(change, direct);
      opened.close();
    }
  }

  private void assertChangeIsSeen(String change, RespClient writer) {
    client.call("DEL", "h");
    fill("h", 0);
    direct.call("HSET", "h", "n", "1");
    direct.call("HPEXPIRE", "h", "3600000", "FIELDS", "1", "f2");
    readAll();
    readAll();
    writer.call(change.split(" "));
    for (String read : List.of("HGET $k f0", "HGET $k f2", "HMGET $k f2 f1 f0", "HGETALL $k")) {
      assertBecomesSame(read, writer == direct);
    }
    for (String read : READS) {
      assertBecomesSame(read, writer == direct);
    }
    assertBecomesSame("HLEN $k", writer == direct);
    assertBecomesSame("HGET $k n", writer == direct);
  }

  private void readAll() {
    for (String read : READS) {
      ask(client, read, "h");
    }
    List.of("HLEN $k", "HGET $k f2", "HGET $k n").forEach(read -> ask(client, read, "h"));
  }

  /**
   * Compares a reply with that of Redis.
   *
   * @param mayBeLate whether the write was made past the proxy, so its report may still be on the
   *     way
   */
  private void assertBecomesSame(String read, boolean mayBeLate) {
    String expected = ask(direct, read, "h");
    String reply = ask(client, read, "h");
    long deadline = System.nanoTime() + TimeUnit.SECONDS.toNanos(10);
    while (mayBeLate && !reply.equals(expected) && System.nanoTime() < deadline) {
      reply = ask(client, read, "h");
    }
    for (int i = 0; i < 3; i++) {
      assertEquals(expected, reply, read);
      reply = ask(client, read, "h");
    }
  }

  @ParameterizedTest
  @MethodSource("hashes")
  void fieldThatLivesLong_isCached(boolean isSmall) {
    start(isSmall);
    fill("h", 0);
    direct.call(expire("h", "f0", 3_600_000));
    for (String read : READS) {
      boolean needsAllFields = !read.contains("f0");
      if (!(HAS_FIELD_EXPIRY && needsAllFields)) {
        ask(client, read, "h");
        ask(client, read, "h");
        long hits = proxy.stat("hits");
        assertEquals(ask(direct, read, "h"), ask(client, read, "h"));
        assertEquals(hits + 1, proxy.stat("hits"), read);
      }
    }
  }

  /**
   * Fields expire within milliseconds, at random. A read must show the fields that Redis shows
   * before and after it, unless these differ. Redis is asked by HGETALL, which deletes nothing.
   */
  @ParameterizedTest
  @MethodSource("hashes")
  void randomExpiries_areSeenAtOnce(boolean isSmall) {
    start(isSmall);
    Random random = new Random(20_264);
    long hits = proxy.stat("hits");
    int compared = 0;
    for (int round = 0; round < ROUNDS; round++) {
      String key = "h" + random.nextInt(2);
      change(random, key, round);
      String read = READS[random.nextInt(READS.length)].replace("f0", field(random));
      for (int i = random.nextInt(12); i >= 0; i--) {
        Map<String, String> before = fields(key);
        String reply = ask(client, read, key);
        if (before.equals(fields(key))) {
          assertEquals(expected(read, before), told(read, reply), round + ": " + read + " " + key);
          compared++;
        }
      }
    }
    assertTrue(compared > ROUNDS, compared + " reads were compared");
    assertTrue(proxy.stat("hits") > hits + ROUNDS / 4, "only " + proxy.stat("hits") + " hits");
  }

  private static String field(Random random) {
    return "f" + random.nextInt(FIELDS);
  }

  private void change(Random random, String key, int round) {
    String field = field(random);
    int ms = 1 + random.nextInt(20);
    switch (random.nextInt(8)) {
      case 0, 1 -> client.call(expire(key, field, ms));
      case 2 -> client.call(expire(key, field, 3_600_000));
      case 3 -> client.call("HDEL", key, field);
      case 4 -> client.call("HPERSIST", key, "FIELDS", "1", field);
      case 5 -> {
        client.call("HSET", key, field, field + "=" + round);
        client.call(expire(key, field, ms));
      }
      default -> client.call("HSET", key, field, field + "=" + round);
    }
  }

  /** The fields that Redis shows, each with its value. */
  private Map<String, String> fields(String key) {
    Map<String, String> fields = new TreeMap<>();
    for (String line : direct.call("HGETALL", key).split("\r\n")) {
      if (line.contains("=")) {
        fields.put(line.substring(0, 2), line);
      }
    }
    return fields;
  }

  /** What a read of these fields tells, in the form of {@link #told}. */
  private static String expected(String read, Map<String, String> fields) {
    String[] words = read.split(" ");
    return switch (words[0]) {
      case "HGET" -> fields.getOrDefault(words[2], "$-1");
      case "HMGET" ->
          fields.getOrDefault(words[2], "$-1") + " " + fields.getOrDefault(words[3], "$-1");
      case "HEXISTS" -> fields.containsKey(words[2]) ? ":1" : ":0";
      case "HSTRLEN" -> ":" + fields.getOrDefault(words[2], "").length();
      case "HKEYS" -> String.join(" ", fields.keySet());
      case "HVALS" -> String.join(" ", fields.values());
      default -> String.join(" ", sorted(fields));
    };
  }

  private static List<String> sorted(Map<String, String> fields) {
    List<String> all = new ArrayList<>(fields.keySet());
    all.addAll(fields.values());
    all.sort(null);
    return all;
  }

  /** The lines of a reply without lengths, sorted if their order means nothing. */
  private static String told(String read, String reply) {
    Stream<String> lines = Stream.of(reply.split("\r\n")).filter(line -> !line.matches("[*$]\\d+"));
    return String.join(" ", (isUnordered(read) ? lines.sorted() : lines).toList());
  }
}
