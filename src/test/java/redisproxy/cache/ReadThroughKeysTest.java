package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.ByteBuffer;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.cache.ReadThrough.Limits;

/** Reads of several keys: MGET, and EXISTS of several keys. */
class ReadThroughKeysTest {
  private static final Key A = key("a");
  private static final Key B = key("b");
  private static final Read MGET_A_B = keys(0, "mget", "b");
  private static final Read EXISTS_A_B = keys(0, "exists", "b");
  private static final Failure WRONGTYPE = new Failure(Failure.Kind.REDIS, "WRONGTYPE");
  private static final Failure TIMEOUT = new Failure(Failure.Kind.TIMEOUT, "late");

  private final List<Load<String>> sent = new ArrayList<>();
  private final List<Answer> answered = new ArrayList<>();
  private final List<LongConsumer> fences = new ArrayList<>();
  private long now;
  private long missingExpiry = 5_000;
  private ReadThrough<String> cache = cache(1000, 100, Prefixes.ALL);

  private ReadThrough<String> cache(int maxReplyBytes, int maxLoads, Prefixes prefixes) {
    return new ReadThrough<>(
        new LruCache(100, 100_000),
        new Limits(10_000, missingExpiry, 0, maxLoads, true, maxReplyBytes, prefixes),
        sent::add,
        (waiter, answer) -> answered.add(answer),
        fences::add);
  }

  private static Key key(String text) {
    return Key.of(0, text.getBytes(StandardCharsets.ISO_8859_1));
  }

  private static Read keys(int flags, String... words) {
    return SpelledRead.of(Read.KEYS | Read.ARGUMENTS | flags, words);
  }

  /** Looks up; if the cache has no answer, waits for one. */
  private Answer ask(Read read) {
    byte[] buffer =
        ByteBuffer.allocate(1 + read.bytes().length).put(A.bytes()).put(read.bytes()).array();
    Answer hit = cache.reply(0, buffer, 0, 1, A.hashCode(), read.bytes().length, now);
    if (hit == null) {
      cache.load(A, read, "w", now);
    }
    return hit;
  }

  private void found(String value) {
    Load<String> load = sent.remove(0);
    cache.found(load, value.getBytes(StandardCharsets.ISO_8859_1), ReadThrough.NO_EXPIRY, now);
  }

  private void fence() {
    List<LongConsumer> passed = List.copyOf(fences);
    fences.clear();
    passed.forEach(fence -> fence.accept(now));
  }

  private String reply(Answer answer) {
    byte[] bytes = assertInstanceOf(CachedReply.class, answer).bytes();
    return new String(bytes, StandardCharsets.ISO_8859_1).replace("\r\n", " ");
  }

  private String last() {
    return reply(answered.remove(0));
  }

  private void load(Key key, String value) {
    cache.load(key, null, "get", now);
    found(value);
    answered.clear();
  }

  @Test
  void mget_loadsWhatIsMissing_andAnswersBehindAFence() {
    load(A, "1");
    assertNull(ask(MGET_A_B));
    assertEquals(1, sent.size());
    assertEquals(B, sent.get(0).key());
    assertNull(sent.get(0).read());
    found("2");
    assertEquals(List.of(), answered);
    fence();
    assertEquals("*2 $1 1 $1 2 ", last());
    assertEquals("*2 $1 1 $1 2 ", reply(ask(MGET_A_B)));
    assertEquals(3, cache.stats().hits());
    assertEquals(2, cache.stats().misses());
    assertEquals(new CacheStats.Command(3, 1), cache.stats().commands().get("mget"));
  }

  @Test
  void mget_ofMissingKeys_hasNilsOfItsVersion() {
    cache.load(A, null, "get", now);
    cache.missing(sent.remove(0), now);
    answered.clear();
    ask(MGET_A_B);
    found("");
    fence();
    assertEquals("*2 $-1 $0  ", last());
    assertEquals("*2 _ $0  ", reply(ask(keys(Read.RESP3, "mget", "b"))));
    assertEquals("*4 $-1 $0  $-1 $0  ", reply(ask(keys(0, "mget", "b", "a", "b"))));
  }

  /** The report about the other may still be under way. */
  @Test
  void mget_ofAnUnconfirmedEntry_waitsForAFence() {
    load(A, "1");
    load(B, "2");
    assertNull(ask(MGET_A_B));
    assertEquals(List.of(), sent);
    cache.invalidate(A.bytes());
    fence();
    assertInstanceOf(NotCached.class, answered.remove(0));
    ask(MGET_A_B);
    found("3");
    fence();
    assertEquals("*2 $1 3 $1 2 ", last());
  }

  @Test
  void mget_joinsALoadUnderWay() {
    load(A, "1");
    cache.load(B, null, "get", now);
    ask(MGET_A_B);
    assertEquals(1, sent.size());
    found("2");
    fence();
    assertInstanceOf(Entry.class, answered.remove(0));
    assertEquals("*2 $1 1 $1 2 ", last());
  }

  @Test
  void mget_whenAKeyIsWrittenMeanwhile_isLeftToRedis_onlyThisTime() {
    load(A, "1");
    ask(MGET_A_B);
    cache.invalidate(B.bytes());
    found("2");
    assertInstanceOf(NotCached.class, answered.remove(0));
    ask(MGET_A_B);
    found("3");
    fence();
    assertEquals("*2 $1 1 $1 3 ", last());
  }

  /** That a key has no value is true until the fence, unless it is written. */
  @ParameterizedTest
  @CsvSource({"false, false", "false, true", "true, false", "true, true"})
  void mget_ofAKeyWithoutAValue_isAnsweredUnlessItIsWritten(boolean isMissing, boolean isWritten) {
    missingExpiry = 0;
    cache = cache(1000, 100, Prefixes.ALL);
    load(A, "1");
    for (int i = 0; i < 2; i++) {
      ask(MGET_A_B);
      assertEquals(1, sent.size());
      if (isMissing) {
        cache.missing(sent.remove(0), now);
      } else {
        cache.failed(sent.remove(0), WRONGTYPE, now);
      }
      assertEquals(List.of(), answered);
      if (isWritten) {
        cache.invalidate(B.bytes());
      }
      fence();
      if (isWritten) {
        assertInstanceOf(NotCached.class, answered.remove(0));
      } else {
        assertEquals("*2 $1 1 $-1 ", last());
      }
    }
  }

  /** A hash is no value for MGET, but it exists. */
  @Test
  void existsOfAKeyThatIsNoString_isNotConfusedWithMget() {
    load(A, "1");
    ask(MGET_A_B);
    ask(EXISTS_A_B);
    cache.failed(sent.remove(0), WRONGTYPE, now);
    cache.replied(sent.remove(0), ":1\r\n".getBytes(StandardCharsets.ISO_8859_1), -1, now);
    for (int i = 0; i < 3; i++) {
      fence();
    }
    assertEquals("*2 $1 1 $-1 :2 ", last() + last());
  }

  @Test
  void mget_ofALargeKey_isLeftToRedisAtOnceForAWhile() {
    load(A, "1");
    ask(MGET_A_B);
    cache.tooLarge(sent.remove(0), now);
    fence();
    NotCached notCached = assertInstanceOf(NotCached.class, answered.remove(0));
    assertEquals(A, notCached.key());
    assertEquals(MGET_A_B, notCached.read());
    ask(MGET_A_B);
    assertInstanceOf(NotCached.class, answered.remove(0));
    assertEquals(List.of(), sent);
    now += 12_000;
    ask(MGET_A_B);
    assertEquals(2, sent.size());
  }

  @Test
  void mget_afterATimeout_isLeftToRedis_onlyThisTime() {
    load(A, "1");
    ask(MGET_A_B);
    cache.failed(sent.remove(0), TIMEOUT, now);
    assertInstanceOf(NotCached.class, answered.remove(0));
    ask(MGET_A_B);
    assertEquals(1, sent.size());
  }

  @Test
  void mget_ofTooManyLoads_isLeftToRedis() {
    cache = cache(1000, 1, Prefixes.ALL);
    ask(MGET_A_B);
    assertEquals(1, sent.size());
    found("1");
    assertInstanceOf(NotCached.class, answered.remove(0));
    assertEquals(1, cache.stats().rejected());
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void mget_ofAKeyThatMayNotBeKept_isLeftToRedis() {
    cache = cache(1000, 9, new Prefixes(List.of(new byte[] {'a'})));
    ask(MGET_A_B);
    assertInstanceOf(NotCached.class, answered.remove(0));
    assertEquals(List.of(), sent);
  }

  @Test
  void mget_ofMoreBytesThanAReplyMayHave_isLeftToRedis() {
    cache = cache(40, 9, Prefixes.ALL);
    load(A, "x".repeat(15));
    load(B, "x".repeat(15));
    ask(MGET_A_B);
    fence();
    assertInstanceOf(NotCached.class, answered.remove(0));
    assertInstanceOf(NotCached.class, ask(MGET_A_B));
  }

  @Test
  void mget_whileTheCacheIsBypassed_isLeftToRedis() {
    load(A, "1");
    load(B, "2");
    ask(MGET_A_B);
    cache.trust(Trust.BYPASSED);
    fence();
    assertInstanceOf(NotCached.class, answered.remove(0));
    assertNull(ask(MGET_A_B));
    assertInstanceOf(NotCached.class, answered.remove(0));
  }

  /** What was not confirmed before the outage never will be. */
  @Test
  void mget_duringAnOutage_hasConfirmedEntriesOnly() {
    load(A, "1");
    load(B, "2");
    ask(MGET_A_B);
    fence();
    assertEquals("*2 $1 1 $1 2 ", last());
    load(key("c"), "3");
    cache.trust(Trust.UNVERIFIED);
    assertEquals("*2 $1 1 $1 2 ", reply(ask(MGET_A_B)));
    assertEquals(1, cache.stats().unverified());
    assertNull(ask(keys(0, "mget", "c")));
    assertInstanceOf(NotCached.class, answered.remove(0));
  }

  @Test
  void exists_countsKeysByTheirValuesAndReplies() {
    load(A, "1");
    assertNull(ask(EXISTS_A_B));
    Load<String> load = sent.remove(0);
    assertEquals(SpelledRead.of(0, "exists"), load.read());
    cache.replied(load, ":1\r\n".getBytes(StandardCharsets.ISO_8859_1), -1, now);
    fence();
    fence();
    assertEquals(":2 ", last());
    assertEquals(":2 ", reply(ask(EXISTS_A_B)));
    assertEquals(":4 ", reply(ask(keys(0, "exists", "b", "a", "b"))));
    assertNull(ask(MGET_A_B));
    cache.missing(sent.remove(0), now);
    fence();
    fence();
    assertEquals("*2 $1 1 $-1 ", last());
    assertEquals(":1 ", reply(ask(EXISTS_A_B)));
  }

  /** Its reply is as new as Redis's, so it waits until no older state can be read. */
  @Test
  void wholeRead_goesToRedis_waitsForAFence_andIsNotKept() {
    Read whole = MGET_A_B.whole();
    assertNull(ask(whole));
    Load<String> load = sent.remove(0);
    assertEquals(whole, load.read());
    cache.replied(load, "*0\r\n".getBytes(StandardCharsets.ISO_8859_1), -1, now);
    assertEquals(List.of(), answered);
    fence();
    assertEquals("*0 ", last());
    assertNull(ask(whole));
    assertEquals(1, sent.size());
    cache.failed(sent.remove(0), TIMEOUT, now);
    NotCached notCached = assertInstanceOf(NotCached.class, answered.remove(0));
    assertTrue(notCached.read().has(Read.WHOLE));
    assertEquals(0, cache.stats().loadsInFlight());
  }

  /** It is loaded although an equal one is: that one may have been sent before a write. */
  @Test
  void wholeReads_shareNoLoad() {
    ask(MGET_A_B.whole());
    ask(MGET_A_B.whole());
    assertEquals(2, sent.size());
    assertNotNull(sent.get(1).first());
  }
}
