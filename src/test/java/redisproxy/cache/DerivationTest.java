package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;

import java.nio.charset.StandardCharsets;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** In texts, a blank stands for a line end. */
class DerivationTest {
  private static final Key KEY = Key.of(0, new byte[] {'k'});
  private static final long LOADED = 100;
  private static final long EXPIRES = 200;
  private static final int MUCH = 1 << 30;

  private final CommandCounts counts = new CommandCounts();
  private final Derivation derivation = new Derivation(counts);

  // What it is derived from

  private static byte[] bytes(String text) {
    return text.replace(" ", "\r\n").getBytes(StandardCharsets.ISO_8859_1);
  }

  private static Kept hash(int flags, String reply) {
    return hash(null, flags, reply, EXPIRES);
  }

  private static Kept hash(Kept before, int flags, String reply, long expires) {
    Read read = SpelledRead.of(flags, "hgetall");
    CachedReply all =
        new CachedReply(KEY, read, bytes(reply), new CommandCounts.Of(), LOADED, expires);
    return KeyReplies.with(before, all, MUCH, LOADED);
  }

  private static Entry string(String value) {
    return Entry.value(KEY, value.getBytes(StandardCharsets.ISO_8859_1), LOADED, EXPIRES);
  }

  private static Entry missing() {
    return Entry.missing(KEY, LOADED, EXPIRES);
  }

  // What is derived

  private CachedReply derive(Kept kept, int flags, String... words) {
    return derive(kept, EXPIRES - 1, flags, words);
  }

  private CachedReply derive(Kept kept, long now, int flags, String... words) {
    Read read = SpelledRead.of(flags, words);
    byte[] buffer = new byte[read.bytes().length + 6];
    System.arraycopy(read.bytes(), 0, buffer, 4, read.bytes().length);
    CachedReply derived = derivation.of(kept, buffer, 4, read.bytes().length, now);
    if (derived != null) {
      assertEquals(read, derived.read());
      assertEquals(KEY, derived.key());
      assertEquals(LOADED, derived.loadedAt());
    }
    return derived;
  }

  private String text(Kept kept, int flags, String... words) {
    CachedReply derived = derive(kept, flags, words);
    return derived == null
        ? null
        : new String(derived.bytes(), StandardCharsets.ISO_8859_1).replace("\r\n", " ");
  }

  private String text(Kept kept, String request) {
    String[] words = request.split(" ");
    return text(kept, words.length > 1 ? Read.ARGUMENTS : 0, words);
  }

  // Hashes

  private static final String FIELDS = "$1 f $1 v $2 gg $0  $0  $5 empty $1 F $2 vv ";

  @ParameterizedTest
  @CsvSource({
    "hget f, '$1 v '",
    "hget F, '$2 vv '",
    "hget gg, '$0  '",
    "hget g, '$-1 '",
    "hget v, '$-1 '",
    "hexists f, ':1 '",
    "hexists gg, ':1 '",
    "hexists vv, ':0 '",
    "hstrlen F, ':2 '",
    "hstrlen gg, ':0 '",
    "hstrlen none, ':0 '",
    "hmget f, '*1 $1 v '",
    "hmget none, '*1 $-1 '",
    "hmget F none gg F f, '*5 $2 vv $-1 $0  $2 vv $1 v '",
    "hlen, ':4 '"
  })
  void hash_isReadAsRedisReadsIt(String request, String expected) {
    for (Kept kept : new Kept[] {hash(0, "*8 " + FIELDS), hash(Read.RESP3, "%4 " + FIELDS)}) {
      assertEquals(expected, text(kept, request));
    }
  }

  @Test
  void hash_emptyField_isAFieldToo() {
    Kept kept = hash(0, "*8 " + FIELDS);
    assertEquals("$5 empty ", text(kept, Read.ARGUMENTS, "hget", ""));
    assertEquals(":1 ", text(kept, Read.ARGUMENTS, "hexists", ""));
    assertEquals("*2 $5 empty $1 v ", text(kept, Read.ARGUMENTS, "hmget", "", "f"));
    assertEquals("$-1 ", text(hash(0, "*2 $1 a $1 b "), Read.ARGUMENTS, "hget", ""));
  }

  @Test
  void hash_binaryFields_areComparedByteByByte() {
    String field = "$2\r\n\0\u00ff\r\n";
    byte[] reply =
        ("*2\r\n$" + field.length() + "\r\n" + field + "\r\n" + field)
            .getBytes(StandardCharsets.ISO_8859_1);
    Read all = SpelledRead.of(0, "hgetall");
    Kept kept =
        KeyReplies.with(
            null,
            new CachedReply(KEY, all, reply, new CommandCounts.Of(), LOADED, EXPIRES),
            MUCH,
            LOADED);
    byte[] expected = field.getBytes(StandardCharsets.ISO_8859_1);
    assertArrayEquals(expected, derive(kept, Read.ARGUMENTS, "hget", field).bytes());
    assertEquals(":2 ", text(kept, Read.ARGUMENTS, "hstrlen", field));
    assertEquals(":0 ", text(kept, Read.ARGUMENTS, "hexists", "\0\u00ff"));
  }

  @ParameterizedTest
  @CsvSource({
    "hget f, '$-1 '",
    "hexists f, ':0 '",
    "hstrlen f, ':0 '",
    "hmget f g, '*2 $-1 $-1 '",
    "hlen, ':0 '"
  })
  void hash_withoutFields_isEmpty(String request, String expected) {
    assertEquals(expected, text(hash(0, "*0 "), request));
    assertEquals(expected, text(hash(Read.RESP3, "%0 "), request));
  }

  @Test
  void missingField_inResp3_isANull() {
    for (Kept kept : new Kept[] {hash(0, "*2 $1 f $1 v "), hash(Read.RESP3, "%1 $1 f $1 v ")}) {
      int flags = Read.RESP3 | Read.ARGUMENTS;
      assertEquals("_ ", text(kept, flags, "hget", "g"));
      assertEquals("*3 _ $1 v _ ", text(kept, flags, "hmget", "a", "f", "b"));
      assertEquals(":0 ", text(kept, flags, "hexists", "g"));
    }
  }

  /** Redis answers these with errors, or in ways that cannot be derived. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "hget",
        "hget f g",
        "hmget",
        "hexists",
        "hexists f g",
        "hstrlen",
        "hlen x",
        "hgetall",
        "hkeys",
        "hvals",
        "hge f",
        "hgett f",
        "strlen",
        "exists",
        "type",
        "getrange 0 1",
        "lrange 0 1"
      })
  void otherReads_areNotDerivedFromAHash(String request) {
    assertNull(text(hash(0, "*8 " + FIELDS), request));
  }

  @Test
  void hash_isDerivedOnlyFromHgetallWithoutArguments() {
    for (Read read :
        new Read[] {
          SpelledRead.of(0, "hvals"),
          SpelledRead.of(Read.ARGUMENTS, "hgetall", "x"),
          SpelledRead.of(0, "hgetal"),
          SpelledRead.of(0, "hgetalll")
        }) {
      CachedReply other =
          new CachedReply(KEY, read, bytes("*0 "), new CommandCounts.Of(), LOADED, EXPIRES);
      assertNull(text(KeyReplies.with(null, other, MUCH, LOADED), "hget f"));
    }
    assertNull(text(string("$1 f"), "hget f"));
    assertNull(text(missing(), "hget f"));
  }

  @Test
  void largeHash_isNotSearched() {
    StringBuilder fields = new StringBuilder();
    for (int i = 0; i < Derivation.MAX_FIELDS; i++) {
      fields.append("$3 f" + (i + 10) + " $1 v ");
    }
    int most = Derivation.MAX_FIELDS;
    assertEquals("$1 v ", text(hash(0, "*" + 2 * most + " " + fields), "hget f10"));
    assertEquals("$-1 ", text(hash(0, "*" + 2 * most + " " + fields), "hget f9"));
    Kept larger = hash(0, "*" + (2 * most + 2) + " " + fields + "$1 f $1 v ");
    for (String request : new String[] {"hget f10", "hmget f10", "hexists f", "hstrlen f"}) {
      assertNull(text(larger, request), request);
    }
    assertEquals(":" + (most + 1) + " ", text(larger, "hlen"), "it needs no search");
  }

  @Test
  void manyFields_areNotSearchedFor() {
    Kept kept = hash(0, "*2 $1 f $1 v ");
    String most = "hmget" + " f".repeat(Derivation.MAX_ARGUMENTS);
    assertNotNull(text(kept, most));
    assertNull(text(kept, most + " f"));
    assertNull(text(kept, most + " f f"));
  }

  @Test
  void longValues_areNotCopied() {
    int length = Derivation.MAX_COPIED - "$8186\r\n\r\n".length();
    Kept longest = hash(0, "*2 $1 f $" + length + " " + "x".repeat(length) + " ");
    assertEquals(
        Derivation.MAX_COPIED, derive(longest, Read.ARGUMENTS, "hget", "f").bytes().length);
    assertNull(text(longest, "hmget f"), "the length of the array comes on top");
    Kept longer = hash(0, "*2 $1 f $" + (length + 1) + " " + "x".repeat(length + 1) + " ");
    assertNull(text(longer, "hget f"));
    assertEquals(":" + (length + 1) + " ", text(longer, "hstrlen f"));
    assertEquals(":1 ", text(longer, "hexists f"));
    assertEquals("$-1 ", text(longer, "hget g"));
  }

  /** A server that counts expired fields until it deletes them says so by its flag. */
  @Test
  void hash_whoseFieldsMayExpire_isReadIfItsTimesAreKnown() {
    int asked = Read.ARGUMENTS | Read.FIELDS;
    Kept known = hash(Read.ALL_FIELDS, "*2 $1 f $1 v ");
    assertEquals("$1 v ", text(known, asked, "hget", "f"));
    assertEquals("*1 $1 v ", text(known, asked, "hmget", "f"));
    assertNull(text(known, 0, "hlen"));
    Kept unknown = hash(0, "*2 $1 f $1 v ");
    assertNull(text(unknown, asked, "hget", "f"));
    assertNull(text(unknown, asked, "hexists", "g"));
  }

  @Test
  void derived_expiresWithItsSource() {
    for (Map.Entry<Kept, String> each :
        Map.of(hash(0, "*2 $1 f $1 v "), "hget f", string("v"), "getrange 0 0").entrySet()) {
      String[] words = each.getValue().split(" ");
      Kept kept = each.getKey();
      assertEquals(EXPIRES, derive(kept, EXPIRES - 1, Read.ARGUMENTS, words).expiresAt);
      assertNull(derive(kept, EXPIRES, Read.ARGUMENTS, words));
    }
  }

  @Test
  void ofTwoVersions_theOneThatExpiresLaterIsTheSource() {
    for (int first : new int[] {0, Read.RESP3}) {
      int second = Read.RESP3 - first;
      String[] heads = {"*2 ", "%1 "};
      Kept one = hash(null, first, heads[first] + "$1 f $1 v ", EXPIRES + 50);
      Kept both = hash(one, second, heads[second] + "$1 f $1 v ", EXPIRES);
      assertNotNull(derive(both, EXPIRES + 49, Read.ARGUMENTS, "hget", "f"));
      Kept other = hash(null, first, heads[first] + "$1 f $1 v ", EXPIRES);
      both = hash(other, second, heads[second] + "$1 f $1 v ", EXPIRES + 50);
      assertNotNull(derive(both, EXPIRES + 49, Read.ARGUMENTS, "hget", "f"));
      assertNull(derive(both, EXPIRES + 50, Read.ARGUMENTS, "hget", "f"));
    }
  }

  /** This many points push out the least recently used replies. The source stays. */
  @Test
  void deriving_isAUseOfTheSource() {
    int room = hash(0, "*2 $1 f $1 v ").weight() - KeyReplies.OVERHEAD + 1000;
    Kept kept = hash(0, "*2 $1 f $1 v ");
    for (int i = 0; i < 100; i++) {
      assertNotNull(text(kept, "hget f"), "reply " + i);
      Read range = SpelledRead.of(0, "command" + i);
      CachedReply more =
          new CachedReply(KEY, range, new byte[100], new CommandCounts.Of(), LOADED, EXPIRES);
      kept = KeyReplies.with(kept, more, room, LOADED);
    }
  }

  /** Another server may answer in ways that Redis does not. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "*2 :1 $1 v ",
        "*2 $1 a _ ",
        "*2 $1 a $-1 ",
        "*2 $-1 $1 v ",
        "~2 $1 f $1 v ",
        "*-1 ",
        "*? $1 f $1 v ",
        "+OK ",
        "*4 *0 $1 a $1 f $1 v "
      })
  void strangeReply_isNoSource(String reply) {
    for (String request : new String[] {"hget f", "hexists f", "hmget f"}) {
      assertNull(text(hash(0, reply), request), request);
    }
  }

  // Strings

  @ParameterizedTest
  @CsvSource({
    "strlen, ':5 '",
    "exists, ':1 '",
    "type, '+string '",
    "getbit 0, ':0 '",
    "getbit 1, ':1 '",
    "getbit 2, ':1 '",
    "getbit 3, ':0 '",
    "getbit 7, ':0 '",
    "getbit 39, ':1 '",
    "getbit 40, ':0 '",
    "getbit 8388607, ':0 '",
    "substr 1 2, '$2 el '",
    "getrange 0 -1, '$5 hello '",
    "getrange 0 999999999999999999, '$5 hello '",
    "getrange -999999999999999999 2, '$3 hel '",
    "getrange 999999999999999999 -1, '$0  '",
    "getrange -1 -999999999999999999, '$0  '"
  })
  void string_isReadAsRedisReadsIt(String request, String expected) {
    assertEquals(expected, text(string("hello"), request));
    assertEquals(
        expected, text(KeyReplies.with(hash(0, "*0 "), string("hello")), request), "beside others");
  }

  @ParameterizedTest
  @CsvSource({
    "strlen, ':0 '",
    "exists, ':0 '",
    "type, '+none '",
    "getbit 0, ':0 '",
    "getbit 8388607, ':0 '",
    "getrange 0 -1, '$0  '",
    "getrange -1 -5, '$0  '",
    "getrange -5 -5, '$0  '",
    "substr 0 0, '$0  '"
  })
  void missingKey_isReadAsRedisReadsIt(String request, String expected) {
    assertEquals(expected, text(missing(), request));
  }

  /** Redis answers most of these with errors. On the others, servers differ. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "strlen x",
        "exists k",
        "type x",
        "getbit",
        "getbit -1",
        "getbit x",
        "getbit 00",
        "getbit +1",
        "getbit 1 1",
        "getbit 8388608",
        "getbit 99999999999999999999",
        "getrange",
        "getrange 0",
        "getrange 0 1 2",
        "getrange 0 x",
        "getrange x 0",
        "getrange 0 00",
        "getrange 0 +1",
        "getrange 0 1.0",
        "getrange 0 -",
        "getrange -0 1",
        "getrange -01 1",
        "getrange 0 1000000000000000000",
        "getrange -9223372036854775808 0",
        "substr a b",
        "bitcount",
        "mget",
        "get"
      })
  void otherReads_areNotDerivedFromAString(String request) {
    assertNull(text(string("hello"), request));
    assertNull(text(missing(), request));
  }

  @ParameterizedTest
  @CsvSource({"'', 1", "0, ''", "' 0', 1", "0, '1 '", "0, '1\0'", "'\u00b2', 1"})
  void argumentThatIsNoNumber_isNotTakenForOne(String first, String last) {
    assertNull(text(string("hello"), Read.ARGUMENTS, "getrange", first, last));
    assertNull(text(string("hello"), Read.ARGUMENTS, "getbit", first.equals("0") ? last : first));
  }

  /** As in Redis's getrangeCommand. Servers differ if the end is before the first byte. */
  @Test
  void range_withAnyIndexes_isThatOfRedis() {
    for (int length = 0; length <= 4; length++) {
      for (int first = -7; first <= 7; first++) {
        for (int last = -7; last <= 7; last++) {
          String value = "abcd".substring(0, length);
          String expected = range(value, first, last);
          boolean isDisputed = length > 0 && last < -length && !(first < 0 && first > last);
          String request = "getrange " + first + " " + last;
          assertEquals(
              isDisputed ? null : "$" + expected.length() + " " + expected + " ",
              text(string(value), request),
              value + ": " + request);
        }
      }
    }
  }

  private static String range(String value, int first, int last) {
    if (first < 0 && last < 0 && first > last) {
      return "";
    }
    int from = Math.max(0, first < 0 ? value.length() + first : first);
    int to = Math.max(0, last < 0 ? value.length() + last : last);
    to = to >= value.length() ? value.length() - 1 : to;
    return from > to || value.isEmpty() ? "" : value.substring(from, to + 1);
  }

  @Test
  void longRange_isNotCopied() {
    Entry value = string("x".repeat(Derivation.MAX_COPIED + 1));
    assertNull(text(value, "getrange 0 -1"));
    assertNotNull(text(value, "getrange 1 -1"));
    assertEquals("$1 x ", text(value, "getrange -1 -1"));
  }

  // Counts

  @Test
  void derived_isCountedByItsOwnCommand() {
    derive(string("v"), 0, "strlen").counts.hits += 2;
    derive(hash(0, "*2 $1 f $1 v "), Read.ARGUMENTS, "hget", "f").counts.hits++;
    derive(missing(), 0, "strlen").counts.hits++;
    Map<String, CacheStats.Command> copy = counts.copy(4, 0);
    assertEquals(new CacheStats.Command(3, 0), copy.get("strlen"));
    assertEquals(new CacheStats.Command(1, 0), copy.get("hget"));
    assertEquals(3, copy.size());
  }
}
