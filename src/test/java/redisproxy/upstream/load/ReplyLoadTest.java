package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.cache.Load;
import redisproxy.cache.Read;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.load.ReplyLoad.Part;

/** What one load of a read asks of Redis, and how long it takes the reply to be true. */
class ReplyLoadTest {
  private static final Read STRLEN = Reads.read(0, "strlen");
  private static final Read LRANGE = Reads.read(Read.ARGUMENTS | Read.RANGE, "lrange", "0", "-1");
  private static final Read HMGET = Reads.read(Read.ARGUMENTS | Read.FIELDS, "hmget", "f", "gg");
  private static final Read HGETALL = Reads.read(Read.ALL_FIELDS, "hgetall");
  private static final Read HKEYS = Reads.read(Read.ALL_FIELDS, "hkeys");
  private static final Read HVALS = Reads.read(Read.ALL_FIELDS, "hvals");

  private final Loop loop = new Loop();
  private final Reads reads = new Reads(loop, new VirtualTime(loop));

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private ReplyLoad<String> load(int db, Read read) throws Exception {
    List<Load<String>> started = new ArrayList<>();
    reads.loader = started::add;
    // An earlier load of the same read would be joined.
    loop.run(reads.cache::invalidateAll);
    reads.load(db, read, "k");
    return new ReplyLoad<>(started.get(0), read, 1);
  }

  private static ByteBuf bytes(String reply) {
    return Unpooled.copiedBuffer(
        "junk" + (reply + " ").replace(" ", "\r\n"), StandardCharsets.ISO_8859_1);
  }

  /** Passes Redis's reply to one part. A blank stands for a line end, and one is added. */
  private static void says(ReplyLoad<String> load, Part part, String reply) {
    ByteBuf bytes = bytes(reply);
    load.time(part, bytes, 4, bytes.readableBytes() - 4);
  }

  private void assertAsks(Read read, String expected, Part... parts) throws Exception {
    ReplyLoad<String> load = load(0, read);
    Buffer out = Buffer.buffer();
    load.appendTo(out, read);
    assertEquals(expected, out.toString(StandardCharsets.ISO_8859_1).replace("\r\n", " "));
    assertEquals(List.of(parts), load.parts());
  }

  // What is sent

  @Test
  void request_asksForTheTimeBeforeTheRead() throws Exception {
    assertAsks(LRANGE, "*2 $4 PTTL $1 k *4 $6 lrange $1 k $1 0 $2 -1 ", Part.TIME, Part.REPLY);
  }

  @Test
  void request_whenFieldsAreNamed_asksForTheirTimes() throws Exception {
    assertAsks(
        HMGET,
        "*2 $4 PTTL $1 k *6 $5 HPTTL $1 k $6 FIELDS $1 2 $1 f $2 gg *4 $5 hmget $1 k $1 f $2 gg ",
        Part.TIME,
        Part.FIELD_TIMES,
        Part.REPLY);
  }

  @Test
  void request_whenAllFieldsAreRead_asksWhetherAnyExpires() throws Exception {
    assertAsks(
        HGETALL,
        "*2 $4 PTTL $1 k *3 $6 OBJECT $8 ENCODING $1 k *2 $4 INFO $8 keyspace *2 $7 hgetall $1 k ",
        Part.TIME,
        Part.ENCODING,
        Part.KEYSPACE,
        Part.REPLY);
  }

  // How long the reply is true

  @ParameterizedTest
  @CsvSource({":-1, -1", ":-2, -2", ":0, 0", ":1500, 1500", "-NOPERM, -3", "$-1, -3", "+OK, -3"})
  void remaining_isWhatPttlSays(String reply, long remaining) throws Exception {
    ReplyLoad<String> load = load(0, STRLEN);
    says(load, Part.TIME, reply);
    assertEquals(remaining, load.remaining());
  }

  @ParameterizedTest
  @CsvSource({
    ":-1, *1 :-1, -1",
    ":-1, *2 :-1 :-2, -1",
    ":-1, *2 :500 :-1, 500",
    ":-1, *2 :500 :300, 300",
    ":-1, *1 :0, 0",
    ":200, *1 :-1, 200",
    ":200, *1 :300, 200",
    ":400, *1 :300, 300",
    ":-2, *1 :-2, -2",
    ":-1, -WRONGTYPE, 0",
    ":400, -NOPERM, 0",
    "-NOPERM, *1 :300, -3"
  })
  void remaining_isTheShortestOfTheKeyAndItsFields(String key, String fields, long remaining)
      throws Exception {
    ReplyLoad<String> load = load(0, HMGET);
    says(load, Part.TIME, key);
    says(load, Part.FIELD_TIMES, fields);
    assertEquals(remaining, load.remaining());
  }

  /**
   * In the last millisecond of a field, HPTTL of Redis 7.4 and 8.0 says already that it is gone.
   */
  @ParameterizedTest
  @CsvSource({
    "*2 :-2 :-1, *2 $1 v $1 v, 0",
    "*2 :-2 :-1, *2 $-1 $1 v, -1",
    "*2 :-2 :-1, *2 _ $1 v, -1",
    "*2 :-2 :-2, *2 $1 v $-1, 0",
    "*2 :-2 :-2, *2 $-1 $-1, -1",
    "*2 :-2 :-1, *2 $3 $-1 $1 v, 0",
    "*2 :-2 :-1, *2 $2 :0 $1 v, 0",
    "*2 :-2 :700, *2 $-1 $1 v, 700",
    "*1 :-2, $1 v, 0",
    "*1 :-2, $-1, -1",
    "*1 :-2, _, -1",
    "*1 :-2, :1, 0",
    "*1 :-2, :0, -1",
    "*1 :-1, :0, -1",
    "*1 :-1, $1 v, -1"
  })
  void remaining_whenAMissingFieldIsShown_isNothing(String fields, String reply, long remaining)
      throws Exception {
    ReplyLoad<String> load = load(0, HMGET);
    says(load, Part.TIME, ":-1");
    says(load, Part.FIELD_TIMES, fields);
    ByteBuf bytes = bytes(reply);
    load.check(bytes, 4, bytes.readableBytes() - 4);
    assertEquals(remaining, load.remaining());
  }

  @ParameterizedTest
  @CsvSource({
    "-1, $8 listpack, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=3', -1",
    "-1, $7 ziplist, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=3', -1",
    "-1, $10 listpackex, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=3', 0",
    "-1, $9 hashtable, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=3', 0",
    "-1, $9 hashtable, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=0', -1",
    "-1, $9 hashtable, 'db0:keys=1,subexpiry=0 db1:keys=1,subexpiry=3', -1",
    "-1, $9 hashtable, 'db0:keys=1,subexpiry=3 db1:keys=1,subexpiry=0', 0",
    "-1, $9 hashtable, 'db1:keys=1,expires=0,avg_ttl=0,subexpiry=3', -1",
    "-1, $9 hashtable, '', -1",
    "-1, -ERR, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=3', 0",
    "-1, -ERR, 'db0:keys=1,expires=0,avg_ttl=0,subexpiry=0', -1",
    "700, $9 hashtable, 'db0:keys=1,expires=1,avg_ttl=9,subexpiry=0', 700",
    "700, $9 hashtable, 'db0:keys=1,expires=1,avg_ttl=9,subexpiry=3', 0",
    "-2, $-1, 'db0:keys=1,expires=1,avg_ttl=9,subexpiry=3', -2"
  })
  void remaining_whenAFieldMayExpire_isNothing(
      long key, String encoding, String databases, long remaining) throws Exception {
    assertRemaining(0, key, encoding, databases, remaining);
  }

  /** Valkey has another name for it. */
  @ParameterizedTest
  @CsvSource({
    "'db0:keys=1,expires=0,avg_ttl=0,keys_with_volatile_items=0', -1",
    "'db0:keys=1,expires=0,avg_ttl=0,keys_with_volatile_items=2', 0",
    "'db0:keys=1,expires=0,avg_ttl=0', 0"
  })
  void remaining_whenTheServerCountsOtherwise_isNothingUnlessNoFieldExpires(
      String databases, long remaining) throws Exception {
    assertRemaining(0, -1, "$9 hashtable", databases, remaining);
  }

  @ParameterizedTest
  @CsvSource({
    "1, 'db1:keys=1,subexpiry=0 db10:keys=1,subexpiry=3', -1",
    "1, 'db10:keys=1,subexpiry=3', -1",
    "10, 'db1:keys=1,subexpiry=0 db10:keys=1,subexpiry=3', 0"
  })
  void remaining_dependsOnTheKeysOwnDatabase(int db, String databases, long remaining)
      throws Exception {
    assertRemaining(db, -1, "$9 hashtable", databases, remaining);
  }

  private void assertRemaining(int db, long key, String encoding, String databases, long remaining)
      throws Exception {
    ReplyLoad<String> load = load(db, HGETALL);
    says(load, Part.TIME, ":" + key);
    says(load, Part.ENCODING, encoding);
    says(load, Part.KEYSPACE, "$99 #Keyspace " + databases + " ");
    assertEquals(remaining, load.remaining());
  }

  @Test
  void remaining_whenInfoIsRefused_isNothing() throws Exception {
    ReplyLoad<String> load = load(0, HGETALL);
    says(load, Part.TIME, ":-1");
    says(load, Part.ENCODING, "$9 hashtable");
    says(load, Part.KEYSPACE, "-NOPERM");
    assertEquals(0, load.remaining());
  }

  /** The reply to such a question may be too long to be collected. */
  @Test
  void remaining_whenTheFieldsAreUnknown_isNothing() throws Exception {
    for (Read read : List.of(HMGET, HGETALL)) {
      ReplyLoad<String> load = load(0, read);
      says(load, Part.TIME, ":-1");
      assertEquals(0, load.remaining());
    }
  }

  // The times of all fields

  private static final String VOLATILE = "db0:keys=1,expires=0,avg_ttl=0,subexpiry=3";

  private ReplyLoad<String> loadOfAllFields(
      Read read, String key, String encoding, String databases) throws Exception {
    ReplyLoad<String> load = load(0, read);
    says(load, Part.TIME, key);
    says(load, Part.ENCODING, encoding);
    says(load, Part.KEYSPACE, "$99 #Keyspace " + databases + " ");
    return load;
  }

  /** What is asked once the reply is there; a blank stands for a line end. */
  private static String asked(ReplyLoad<String> load, String reply) {
    Buffer out = Buffer.buffer();
    byte[] bytes = reply.replace(" ", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
    boolean isAsked = load.appendFieldTimes(out, bytes, 7);
    assertEquals(isAsked, out.length() > 0);
    assertEquals(isAsked ? 7 : 1, load.askedAt());
    assertEquals(isAsked ? bytes.length : 0, load.reply().length);
    return out.toString(StandardCharsets.ISO_8859_1).replace("\r\n", " ");
  }

  @Test
  void fieldsInTheReply_areAskedForTheirTimes_ifAnyMayExpire() throws Exception {
    String question = "*6 $5 HPTTL $1 k $6 FIELDS $1 2 $1 f $0  ";
    String all = "*4 $1 f $2 vv $0  $1 v ";
    String keys = "*2 $1 f $0  ";
    for (String encoding : List.of("$9 hashtable", "$10 listpackex")) {
      assertEquals(question, asked(loadOfAllFields(HGETALL, ":-1", encoding, VOLATILE), all));
      assertEquals(question, asked(loadOfAllFields(HKEYS, ":90", encoding, VOLATILE), keys));
    }
  }

  @Test
  void fieldsInTheReply_areNotAskedForTheirTimes_ifTheseDecideNothing() throws Exception {
    String all = "*2 $1 f $1 v ";
    String none = "db0:keys=1,subexpiry=0";
    String large = "$9 hashtable";
    assertEquals("", asked(loadOfAllFields(HGETALL, ":-1", "$8 listpack", VOLATILE), all));
    assertEquals("", asked(loadOfAllFields(HGETALL, ":-1", large, none), all));
    assertEquals("", asked(loadOfAllFields(HGETALL, ":-2", large, VOLATILE), "*0 "));
    assertEquals("", asked(loadOfAllFields(HGETALL, "-NOPERM", large, VOLATILE), all));
    assertEquals("", asked(loadOfAllFields(HGETALL, ":-1", large, VOLATILE), "*0 "));
    assertEquals("", asked(loadOfAllFields(HVALS, ":-1", large, VOLATILE), "*1 $1 v "));
    assertEquals("", asked(loadOfAllFields(HGETALL, ":-1", large, VOLATILE), "*2 :1 $1 v "));
    assertEquals("", asked(load(0, STRLEN), ":1 "));
    ReplyLoad<String> named = load(0, HMGET);
    says(named, Part.TIME, ":-1");
    says(named, Part.FIELD_TIMES, "*2 :0 :0");
    assertEquals("", asked(named, "*2 $1 f $1 v "));
  }

  @ParameterizedTest
  @ValueSource(ints = {0, 1})
  void tooManyFields_areNotAskedForTheirTimes(int more) throws Exception {
    ReplyLoad<String> many = loadOfAllFields(HKEYS, ":-1", "$9 hashtable", VOLATILE);
    assertEquals(more == 0, !asked(many, "*512 " + "$1 f ".repeat(512 + more)).isEmpty());
    ReplyLoad<String> large = loadOfAllFields(HKEYS, ":-1", "$9 hashtable", VOLATILE);
    int last = 64 + more;
    String names =
        ("$64 " + "n".repeat(64) + " ").repeat(511) + "$" + last + " " + "n".repeat(last) + " ";
    assertEquals(more == 0, !asked(large, "*512 " + names).isEmpty());
  }

  @ParameterizedTest
  @CsvSource({
    ":-1, *2 :-1 :-1, -1",
    ":-1, *2 :500 :-1, 500",
    ":-1, *2 :500 :300, 300",
    ":200, *2 :500 :300, 200",
    ":-1, *2 :-1 :0, 0",
    ":-1, *2 :-1 :-2, 0",
    ":-1, *2 :-2 :900, 0",
    ":-1, *1 :900, 0",
    ":-1, -NOPERM, 0",
    ":400, -ERR, 0"
  })
  void remaining_isTheShortestOfTheKeyAndAllFields(String key, String times, long remaining)
      throws Exception {
    ReplyLoad<String> load = loadOfAllFields(HGETALL, key, "$9 hashtable", VOLATILE);
    asked(load, "*4 $1 f $1 v $1 g $1 v ");
    assertEquals(0, load.remaining());
    says(load, Part.TIMES_OF_ALL_FIELDS, times);
    assertEquals(remaining, load.remaining());
  }

  // The end

  /** The other connection may lead to another server. */
  @Test
  void mayRetry_forgetsWhatWasKnown() throws Exception {
    ReplyLoad<String> load = loadOfAllFields(HGETALL, ":-1", "$8 listpack", "db0:subexpiry=0");
    assertEquals(-1, load.remaining());
    assertTrue(load.mayRetry());
    assertEquals(-3, load.remaining());
    says(load, Part.TIME, ":-1");
    assertEquals(0, load.remaining());
    says(load, Part.KEYSPACE, "$9 " + VOLATILE);
    assertEquals(0, load.remaining(), "its encoding is not known any more");
  }

  @Test
  void end_happensOnce() throws Exception {
    ReplyLoad<String> load = load(0, STRLEN);
    assertTrue(load.end());
    assertTrue(load.isDone());
    assertFalse(load.end());
    assertFalse(load.mayRetry());
  }

  @Test
  void mayRetry_once() throws Exception {
    ReplyLoad<String> load = load(0, STRLEN);
    assertTrue(load.mayRetry());
    assertFalse(load.mayRetry());
  }
}
