package redisproxy.cache;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.function.LongConsumer;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.cache.ReadThrough.Limits;

/** Reads other than GET, and how they go together with a GET of the same key. */
class ReadThroughRepliesTest {
  private static final Key A = Key.of(0, new byte[] {'a'});
  private static final Key B = Key.of(0, new byte[] {'b'});
  private static final Read ALL = SpelledRead.of(0, "hgetall");
  private static final Read LENGTH = SpelledRead.of(0, "hlen");
  private static final Read FIELD = SpelledRead.point("f");
  private static final Read STRLEN = SpelledRead.of(0, "strlen");
  private static final Read RANGE = SpelledRead.range(0);
  private static final long FOREVER = ReadThrough.NO_EXPIRY;
  private static final Failure OUTAGE = new Failure(Failure.Kind.UNREACHABLE, "gone");
  private static final Failure WRONGTYPE = new Failure(Failure.Kind.REDIS, "WRONGTYPE");

  private record Answered(String waiter, Answer answer) {}

  private final List<Load<String>> sent = new ArrayList<>();
  private final List<Answered> answered = new ArrayList<>();

  /** What waits until Redis has reported all writes. */
  private final List<LongConsumer> unconfirmed = new ArrayList<>();

  private boolean confirmsAtOnce = true;
  private long now;
  private ReadThrough<String> cache = cache(limits(10_000, 0, 0, 5));

  private ReadThrough<String> cache(Limits limits) {
    return new ReadThrough<>(
        new LruCache(10, 100_000),
        limits,
        sent::add,
        (waiter, answer) -> answered.add(new Answered(waiter, answer)),
        this::confirmer);
  }

  private void confirmer(LongConsumer then) {
    if (confirmsAtOnce) {
      then.accept(now);
    } else {
      unconfirmed.add(then);
    }
  }

  private void confirmAll() {
    List<LongConsumer> confirmed = List.copyOf(unconfirmed);
    unconfirmed.clear();
    confirmed.forEach(each -> each.accept(now));
  }

  private static Limits limits(long expiry, long missingExpiry, long ahead, int maxLoads) {
    return new Limits(expiry, missingExpiry, ahead, maxLoads, true, 10_000, Prefixes.ALL);
  }

  // What is kept

  @Test
  void reply_afterALoadWithoutArguments_isItsAnswer() {
    assertNull(reply(A, ALL));
    cache.load(A, ALL, "1", now);
    assertSame(ALL, sent.get(0).read());
    byte[] bytes = replied(sent.get(0));
    CachedReply answer = assertInstanceOf(CachedReply.class, last(answered).answer());
    assertSame(bytes, answer.bytes());
    assertEquals(A, answer.key());
    assertEquals(ALL, answer.read());
    assertSame(bytes, bytes(reply(A, ALL)));
    assertNull(reply(A, LENGTH));
    assertNull(reply(B, ALL));
    assertNull(reply(Key.of(1, A.bytes()), ALL));
    assertNull(get(A));
    assertEquals(1, cache.stats().hits());
    assertEquals(1, cache.stats().misses());
  }

  @Test
  void load_ofTheSameRead_joinsAndOfAnotherStartsALoad() {
    cache.load(A, ALL, "1", now);
    cache.load(Key.of(0, new byte[] {'a'}), SpelledRead.of(0, "hgetall"), "2", now);
    assertEquals(1, sent.size());
    cache.load(A, LENGTH, "3", now);
    cache.load(A, null, "4", now);
    cache.load(A, SpelledRead.of(Read.RESP3, "hgetall"), "5", now);
    assertEquals(4, sent.size());
    byte[] bytes = replied(sent.get(0));
    assertEquals(List.of("1", "2"), answered.stream().map(Answered::waiter).toList());
    assertSame(bytes, bytes(answered.get(1).answer()));
    assertEquals(1, cache.stats().coalesced());
  }

  /** Otherwise a client that asks for countless ranges would fill the cache. */
  @Test
  void reply_ofAReadWithArguments_isKeptFromItsSecondLoadOn() {
    for (Read read : List.of(FIELD, RANGE)) {
      load(A, read);
      assertNull(reply(A, read), "its first load");
      load(B, read);
      assertNull(reply(B, read), "the first load of another key");
      byte[] bytes = load(A, read);
      assertSame(bytes, bytes(reply(A, read)));
    }
  }

  @Test
  void reply_ofAReadWithArguments_isNotKeptIfItsFirstLoadIsLongAgo() {
    load(A, FIELD);
    now = 12_000;
    load(A, FIELD);
    assertNull(reply(A, FIELD));
    now = 21_000;
    load(A, FIELD);
    assertNotNull(reply(A, FIELD));
  }

  @Test
  void invalidate_dropsValueAndRepliesInEveryDatabase() {
    Key inAnother = Key.of(3, A.bytes());
    for (Key key : List.of(A, inAnother, B)) {
      load(key, ALL);
      load(key, null);
      assertNotNull(get(key));
      assertNotNull(reply(key, ALL));
    }
    cache.invalidate(A.bytes());
    for (Key key : List.of(A, inAnother)) {
      assertNull(get(key));
      assertNull(reply(key, ALL));
    }
    assertNotNull(get(B));
    assertNotNull(reply(B, ALL));
    cache.invalidateAll();
    assertNull(get(B));
    assertNull(reply(B, ALL));
  }

  @Test
  void invalidate_overtakesAllLoadsOfTheKey() {
    confirmsAtOnce = false;
    cache.load(A, null, "1", now);
    cache.load(A, ALL, "2", now);
    cache.load(A, LENGTH, "3", now);
    cache.load(B, ALL, "4", now);
    cache.invalidate(A.bytes());
    assertEquals(3, cache.stats().overtaken());
    cache.load(A, ALL, "5", now);
    assertEquals(5, sent.size(), "it does not join a load that was overtaken");
  }

  /** Another read of the key may have a shorter or longer life. */
  @ParameterizedTest
  @CsvSource({"-1, 10000", "10001, 10000", "9999, 9999", "1, 1", "0, 0", "-2, 0", "-3, 0", "-4, 0"})
  void replied_isKeptForTheShorterOfRemainingTimeAndExpiry(long remaining, long lifetime) {
    now = 500;
    cache.load(A, ALL, "1", now);
    now = 500 + Math.max(0, lifetime - 1);
    cache.replied(last(sent), bytes(), remaining, now);
    assertInstanceOf(CachedReply.class, last(answered).answer());
    assertEquals(lifetime > 0, reply(A, ALL) != null);
    now = 500 + lifetime;
    assertNull(reply(A, ALL));
  }

  @ParameterizedTest
  @CsvSource({"0, 0", "50, 50", "20000, 20000"})
  void replied_forAMissingKey_isKeptForTheExpiryOfMissingKeys(long expiry, long lifetime) {
    cache = cache(limits(10_000, expiry, 0, 5));
    cache.load(A, ALL, "1", now);
    cache.replied(last(sent), bytes(), ReadThrough.MISSING, now);
    now = lifetime - 1;
    assertEquals(lifetime > 0, lifetime > 0 && reply(A, ALL) != null);
    now = lifetime;
    assertNull(reply(A, ALL));
  }

  @Test
  void replied_laterThanItsExpiry_isAnsweredAndNotKept() {
    cache.load(A, ALL, "1", now);
    now = 100;
    cache.replied(last(sent), bytes(), 100, now);
    assertInstanceOf(CachedReply.class, last(answered).answer());
    assertEquals(0, cache.stats().entries());
  }

  @Test
  void replied_forAKeyOutsideThePrefixes_isNotKept() {
    cache = cache(new Limits(10_000, 0, 0, 5, true, 10_000, onlyB()));
    load(A, ALL);
    load(B, ALL);
    assertNull(reply(A, ALL));
    assertNotNull(reply(B, ALL));
  }

  private static Prefixes onlyB() {
    return new Prefixes(List.of(new byte[] {'b'}));
  }

  /** The bound of one key comes from the limits. */
  @Test
  void replied_beyondTheBytesOfAKey_dropsTheOlderReply() {
    cache = cache(new Limits(10_000, 0, 0, 5, true, 200, Prefixes.ALL));
    load(A, ALL);
    load(A, LENGTH);
    assertNull(reply(A, ALL));
    assertNotNull(reply(A, LENGTH));
  }

  // What is confirmed

  @Test
  void replied_isAnsweredAndKeptWhenConfirmed() {
    confirmsAtOnce = false;
    cache.load(A, ALL, "1", now);
    byte[] bytes = replied(sent.get(0));
    assertTrue(answered.isEmpty());
    assertNull(reply(A, ALL));
    cache.load(A, ALL, "2", now);
    assertEquals(1, sent.size(), "it joins the load that is not confirmed");
    assertEquals(1, unconfirmed.size());
    confirmAll();
    assertEquals(List.of("1", "2"), answered.stream().map(Answered::waiter).toList());
    assertSame(bytes, bytes(reply(A, ALL)));
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void found_withoutAnotherReadOfTheKey_isNotConfirmed() {
    confirmsAtOnce = false;
    load(B, ALL);
    confirmAll();
    load(A, null);
    assertTrue(unconfirmed.isEmpty());
    assertNotNull(get(A));
    cache.load(A, null, "1", now);
    cache.missing(last(sent), now);
    assertTrue(unconfirmed.isEmpty());
    assertEquals("1", last(answered).waiter());
  }

  @Test
  void found_forAKeyWithReplies_isConfirmed() {
    load(A, ALL);
    confirmsAtOnce = false;
    load(A, null);
    assertEquals(1, unconfirmed.size());
    assertNull(get(A));
    cache.load(A, null, "1", now);
    cache.missing(last(sent), now);
    assertEquals(2, unconfirmed.size());
    confirmAll();
    assertEquals("1", last(answered).waiter());
  }

  @ParameterizedTest
  @CsvSource({"true", "false"})
  void found_withAnotherLoadAtTheSameTime_isConfirmed(boolean getIsFirst) {
    confirmsAtOnce = false;
    Read failing = SpelledRead.of(0, "llen");
    cache.load(A, getIsFirst ? null : failing, "1", now);
    cache.load(A, getIsFirst ? failing : null, "2", now);
    cache.failed(sent.get(getIsFirst ? 1 : 0), OUTAGE, now);
    int failed = answered.size();
    cache.found(sent.get(getIsFirst ? 0 : 1), bytes(), FOREVER, now);
    assertEquals(1, unconfirmed.size());
    confirmAll();
    assertEquals(failed + 1, answered.size());
    assertNotNull(get(A));
  }

  @ParameterizedTest
  @EnumSource(names = {"BYPASSED", "UNVERIFIED"})
  void replied_whileNotVerified_isNeitherConfirmedNorKept(Trust trust) {
    load(A, ALL);
    cache.trust(trust);
    confirmsAtOnce = false;
    cache.load(A, LENGTH, "1", now);
    replied(last(sent));
    assertTrue(unconfirmed.isEmpty());
    assertEquals("1", last(answered).waiter());
    cache.trust(Trust.UNVERIFIED);
    assertNull(reply(A, LENGTH));
    assertNull(reply(A, ALL), "it may be older than the answer");
  }

  @Test
  void invalidate_beforeTheConfirmation_repeatsTheLoadOnce() {
    confirmsAtOnce = false;
    cache.load(A, ALL, "1", now);
    cache.load(A, ALL, "2", now);
    replied(sent.get(0));
    cache.invalidate(A.bytes());
    now = 7;
    confirmAll();
    assertTrue(answered.isEmpty());
    assertEquals(2, sent.size());
    assertEquals(7, sent.get(1).sentAt());
    assertEquals(ALL, sent.get(1).read());
    assertEquals(1, cache.stats().loadsInFlight());
    byte[] newer = replied(sent.get(1));
    confirmAll();
    assertEquals(List.of("1", "2"), answered.stream().map(Answered::waiter).toList());
    assertSame(newer, bytes(answered.get(0).answer()));
    assertSame(newer, bytes(reply(A, ALL)));
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void invalidate_ofARepeatedLoad_doesNotRepeatItAgain() {
    confirmsAtOnce = false;
    cache.load(A, ALL, "1", now);
    for (int i = 0; i < 2; i++) {
      cache.invalidate(A.bytes());
      replied(sent.get(i));
      confirmAll();
    }
    assertEquals(2, sent.size());
    assertEquals(1, answered.size());
    assertNull(reply(A, ALL), "the answer was overtaken");
  }

  @Test
  void invalidate_ofAGetBesideAnotherRead_repeatsIt() {
    confirmsAtOnce = false;
    cache.load(A, null, "1", now);
    cache.load(A, ALL, "2", now);
    cache.invalidate(A.bytes());
    cache.missing(sent.get(0), now);
    confirmAll();
    assertTrue(answered.isEmpty());
    assertEquals(3, sent.size());
    assertNull(last(sent).read());
    cache.found(last(sent), bytes(), FOREVER, now);
    assertEquals("1", last(answered).waiter());
    assertNotNull(get(A));
  }

  @Test
  void invalidate_whenAnotherLoadHasBegunSince_letsItAnswer() {
    confirmsAtOnce = false;
    cache.load(A, ALL, "1", now);
    cache.invalidate(A.bytes());
    cache.load(A, ALL, "2", now);
    replied(sent.get(0));
    confirmAll();
    assertEquals(2, sent.size());
    assertTrue(answered.isEmpty());
    assertEquals(1, cache.stats().loadsInFlight());
    byte[] newer = replied(sent.get(1));
    confirmAll();
    assertEquals(List.of("2", "1"), answered.stream().map(Answered::waiter).toList());
    assertSame(newer, bytes(answered.get(1).answer()));
  }

  @Test
  void trust_whenItIsLostBeforeTheConfirmation_answersWithoutARepetition() {
    confirmsAtOnce = false;
    cache.load(A, ALL, "1", now);
    replied(sent.get(0));
    cache.trust(Trust.UNVERIFIED);
    confirmAll();
    assertEquals(1, sent.size());
    assertEquals("1", last(answered).waiter());
    assertEquals(0, cache.stats().entries());
  }

  /** Nothing is kept of such a key, so nobody can read an older state of it afterwards. */
  @Test
  void replied_forAKeyOutsideThePrefixes_isAnsweredWithoutAConfirmation() {
    cache = cache(new Limits(10_000, 0, 0, 5, true, 10_000, onlyB()));
    confirmsAtOnce = false;
    cache.load(A, ALL, "1", now);
    cache.load(A, ALL, "2", now);
    replied(sent.get(0));
    assertEquals(List.of("1"), answered.stream().map(Answered::waiter).toList());
    replied(sent.get(1));
    assertEquals(List.of("1", "2"), answered.stream().map(Answered::waiter).toList());
    assertEquals(2, sent.size());
  }

  /** Otherwise a key that is read and written all the time would keep a client waiting. */
  @Test
  void invalidate_ofTheLoadThatWaitersHaveMovedTo_doesNotMoveThemAgain() {
    confirmsAtOnce = false;
    cache.load(A, ALL, "first", now);
    for (int i = 0; i < 2; i++) {
      cache.invalidate(A.bytes());
      cache.load(A, ALL, "later " + i, now);
      replied(sent.get(i));
      confirmAll();
    }
    assertEquals(3, sent.size());
    assertTrue(answered.stream().anyMatch(each -> each.waiter.equals("first")));
  }

  /** The answer may be newer than what else is kept of the key, and no report will come. */
  @Test
  void trust_whenItIsLostBeforeTheConfirmation_dropsOlderReplies() {
    load(A, LENGTH);
    confirmsAtOnce = false;
    load(A, ALL);
    cache.trust(Trust.UNVERIFIED);
    confirmAll();
    assertInstanceOf(CachedReply.class, last(answered).answer());
    assertNull(reply(A, LENGTH));
  }

  /** WRONGTYPE tells of a write, too. */
  @Test
  void failed_byAnErrorOfRedisForAKeyWithReplies_isConfirmed() {
    load(A, ALL);
    int before = answered.size();
    confirmsAtOnce = false;
    cache.load(A, LENGTH, "1", now);
    cache.failed(last(sent), WRONGTYPE, now);
    cache.load(A, null, "2", now);
    cache.failed(last(sent), WRONGTYPE, now);
    assertEquals(before, answered.size());
    confirmAll();
    assertEquals(
        List.of(new Answered("1", WRONGTYPE), new Answered("2", WRONGTYPE)),
        answered.subList(before, answered.size()));
  }

  @Test
  void failed_withoutAnotherReadOfTheKey_isNotConfirmedForGet() {
    confirmsAtOnce = false;
    cache.load(A, null, "1", now);
    cache.failed(last(sent), WRONGTYPE, now);
    assertEquals(List.of(new Answered("1", WRONGTYPE)), answered);
  }

  /** It may be newer than the reply, whose confirmation does not wait for the latest write. */
  @Test
  void found_forAnOvertakenGetWhileAReplyIsNotConfirmed_isConfirmed() {
    confirmsAtOnce = false;
    cache.load(A, null, "1", now);
    cache.invalidate(A.bytes());
    cache.load(A, ALL, "2", now);
    replied(sent.get(1));
    cache.found(sent.get(0), bytes(), FOREVER, now);
    assertTrue(answered.isEmpty());
    assertEquals(2, unconfirmed.size());
  }

  // Trust

  @Test
  void reply_whileUnverified_isCountedAndServedUntilItsExpiry() {
    load(A, ALL);
    cache.trust(Trust.UNVERIFIED);
    now = 9_999;
    assertInstanceOf(CachedReply.class, reply(A, ALL));
    assertEquals(1, cache.stats().unverified());
    assertEquals(1, cache.stats().hits());
    now = 10_000;
    assertNull(reply(A, ALL));
  }

  @Test
  void reply_whileBypassed_isNullAndNoLoadIsShared() {
    load(A, ALL);
    cache.trust(Trust.BYPASSED);
    assertNull(reply(A, ALL));
    cache.load(A, ALL, "1", now);
    cache.load(A, ALL, "2", now);
    assertEquals(3, sent.size());
    assertEquals(0, cache.stats().hits());
  }

  // What is not cached

  @Test
  void tooLarge_isNotCachedAndForTenSecondsWithoutALoad() {
    cache.load(A, ALL, "1", now);
    cache.tooLarge(sent.get(0), now);
    assertEquals(new Answered("1", new NotCached(A, ALL)), last(answered));
    assertEquals(1, cache.stats().tooLarge());
    for (long then : new long[] {0, 10_000}) {
      now = then;
      assertEquals(new NotCached(A, ALL), reply(A, ALL));
    }
    assertNull(reply(A, LENGTH));
    assertNull(reply(B, ALL));
    assertNull(get(A));
    now = 11_000;
    assertNull(reply(A, ALL));
    assertEquals(1, sent.size());
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void failed_byAnOutage_isNotCachedForReadsAndAFailureForGet() {
    for (Failure.Kind kind : Failure.Kind.values()) {
      Failure failure = new Failure(kind, "x");
      cache.load(A, ALL, "1", now);
      cache.failed(last(sent), failure, now);
      boolean isOfRedis = kind == Failure.Kind.REDIS;
      assertEquals(isOfRedis ? failure : new NotCached(A, ALL), last(answered).answer());
      cache.load(A, null, "2", now);
      cache.failed(last(sent), failure, now);
      assertEquals(failure, last(answered).answer());
      assertNull(reply(A, ALL));
      assertNull(get(A));
    }
    assertEquals(0, cache.stats().entries());
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void failed_byAnOutage_leavesWhatIsKept() {
    load(A, ALL);
    cache.load(A, LENGTH, "1", now);
    cache.failed(last(sent), OUTAGE, now);
    assertNotNull(reply(A, ALL));
  }

  @Test
  void failed_byAnOutageWhileBypassed_isAnsweredWithTheReply() {
    byte[] bytes = load(A, ALL);
    load(A, null);
    cache.trust(Trust.BYPASSED);
    cache.load(A, ALL, "1", now);
    cache.failed(last(sent), OUTAGE, now);
    assertSame(bytes, bytes(last(answered).answer()));
    cache.load(A, null, "2", now);
    cache.failed(last(sent), OUTAGE, now);
    assertInstanceOf(Unverified.class, last(answered).answer());
    assertEquals(2, cache.stats().unverified());
    cache.load(A, LENGTH, "3", now);
    cache.failed(last(sent), OUTAGE, now);
    assertEquals(new NotCached(A, LENGTH), last(answered).answer());
    now = 10_000;
    cache.load(A, ALL, "4", now);
    cache.failed(last(sent), OUTAGE, now);
    assertEquals(new NotCached(A, ALL), last(answered).answer());
  }

  @Test
  void failed_byAnErrorOfRedisWhileBypassed_dropsTheOlderReply() {
    load(A, ALL);
    cache.trust(Trust.BYPASSED);
    cache.load(A, ALL, "1", now);
    cache.failed(last(sent), WRONGTYPE, now);
    assertEquals(WRONGTYPE, last(answered).answer());
    cache.trust(Trust.UNVERIFIED);
    assertNull(reply(A, ALL));
  }

  @Test
  void load_atTheLimit_isNotCachedForReadsAndAFailureForGet() {
    cache = cache(limits(10_000, 0, 0, 1));
    cache.load(B, ALL, "1", now);
    cache.load(A, ALL, "2", now);
    assertEquals(new Answered("2", new NotCached(A, ALL)), last(answered));
    cache.load(A, null, "3", now);
    assertEquals(Failure.Kind.OVERLOADED, ((Failure) last(answered).answer()).kind());
    assertEquals(1, sent.size());
    assertEquals(2, cache.stats().rejected());
  }

  // Refresh ahead

  @Test
  void reply_nearItsExpiry_refreshesOnceAndStillServes() {
    cache = cache(limits(10_000, 0, 1000, 5));
    byte[] bytes = load(A, ALL);
    load(A, null);
    load(A, FIELD);
    byte[] field = load(A, FIELD);
    int before = sent.size();
    now = 8_999;
    assertSame(bytes, bytes(reply(A, ALL)));
    assertEquals(before, sent.size());
    now = 9_000;
    for (int i = 0; i < 2; i++) {
      assertSame(bytes, bytes(reply(A, ALL)));
      assertSame(field, bytes(reply(A, FIELD)));
    }
    assertEquals(before + 2, sent.size());
    assertEquals(ALL, sent.get(before).read());
    assertEquals(A, sent.get(before).key());
    assertNull(sent.get(before).first(), "a refresh has no waiter");
    assertEquals(2, cache.stats().refreshes());
    now = 9_500;
    byte[] newer = replied(sent.get(before));
    now = 18_999;
    assertSame(newer, bytes(reply(A, ALL)));
    assertNull(reply(A, FIELD));
  }

  @Test
  void reply_whileUnverifiedNearItsExpiry_doesNotRefresh() {
    cache = cache(limits(10_000, 0, 1000, 5));
    load(A, ALL);
    cache.trust(Trust.UNVERIFIED);
    now = 9_500;
    assertNotNull(reply(A, ALL));
    assertEquals(1, sent.size());
  }

  // What is derived

  private static final byte[] HASH = "*2\r\n$1\r\nf\r\n$1\r\nv\r\n".getBytes(US_ASCII);

  private void loadHash(long remaining) {
    cache.load(A, ALL, "loader", now);
    cache.replied(last(sent), HASH, remaining, now);
  }

  private static String text(Answer answer) {
    return new String(bytes(answer), US_ASCII);
  }

  @Test
  void derived_isAHitOfItsCommand_andLoadsNothing() {
    loadHash(FOREVER);
    assertEquals("$1\r\nv\r\n", text(reply(A, FIELD)));
    assertEquals(":1\r\n", text(reply(A, LENGTH)));
    assertEquals(":1\r\n", text(reply(A, LENGTH)));
    assertEquals(1, sent.size());
    CacheStats stats = cache.stats();
    assertEquals(3, stats.hits());
    assertEquals(1, stats.misses());
    assertEquals(new CacheStats.Command(1, 0), stats.commands().get("hget"));
    assertEquals(new CacheStats.Command(2, 0), stats.commands().get("hlen"));
    assertEquals(new CacheStats.Command(0, 1), stats.commands().get("hgetall"));
    assertNull(reply(B, FIELD));
  }

  @Test
  void derived_isGoneWithItsSource() {
    loadHash(FOREVER);
    load(B, null);
    assertNotNull(reply(A, FIELD));
    assertNotNull(reply(B, STRLEN));
    cache.invalidate(A.bytes());
    assertNull(reply(A, FIELD));
    assertNotNull(reply(B, STRLEN));
    cache.invalidate(B.bytes());
    assertNull(reply(B, STRLEN));
    loadHash(700);
    now = 699;
    assertNotNull(reply(A, FIELD));
    now = 700;
    assertNull(reply(A, FIELD));
  }

  @Test
  void replyOfItsOwn_isPreferred() {
    load(A, FIELD);
    byte[] own = load(A, FIELD);
    loadHash(FOREVER);
    assertSame(own, bytes(reply(A, FIELD)));
  }

  @Test
  void missingKey_isAnsweredWithoutALoad() {
    cache = cache(limits(10_000, 50, 0, 5));
    cache.load(A, null, "1", now);
    cache.missing(last(sent), now);
    assertEquals(":0\r\n", text(reply(A, SpelledRead.of(0, "exists"))));
    assertEquals(":0\r\n", text(reply(A, STRLEN)));
    now = 50;
    assertNull(reply(A, STRLEN));
  }

  /** With these limits a missing key is not kept at all. */
  @Test
  void missingKey_withoutAnExpiryOfMissingKeys_isLoaded() {
    cache.load(A, null, "1", now);
    cache.missing(last(sent), now);
    assertNull(reply(A, STRLEN));
  }

  @Test
  void derived_whileUnverified_isCountedAsSuch_andGoneWhileBypassed() {
    loadHash(FOREVER);
    cache.trust(Trust.UNVERIFIED);
    assertEquals("$1\r\nv\r\n", text(reply(A, FIELD)));
    assertEquals(1, cache.stats().unverified());
    cache.trust(Trust.BYPASSED);
    assertNull(reply(A, FIELD));
    cache.load(A, FIELD, "waits", now);
    cache.failed(last(sent), OUTAGE, now);
    assertEquals("$1\r\nv\r\n", text(last(answered).answer()));
    assertEquals(2, cache.stats().unverified());
  }

  /** To load the part would not renew the source, and nobody has asked for the whole. */
  @Test
  void derived_nearItsExpiry_refreshesNothing() {
    cache = cache(limits(10_000, 0, 1000, 5));
    loadHash(FOREVER);
    load(B, null);
    now = 9_500;
    assertNotNull(reply(A, FIELD));
    assertNotNull(reply(B, STRLEN));
    assertEquals(2, sent.size());
  }

  @Test
  void derived_ofAReadThatWasTooLarge_isAnswered() {
    cache.load(A, FIELD, "1", now);
    cache.tooLarge(last(sent), now);
    assertInstanceOf(NotCached.class, reply(A, FIELD));
    loadHash(FOREVER);
    assertEquals("$1\r\nv\r\n", text(reply(A, FIELD)));
  }

  /**
   * A client could get the new state from the load, and then the old one from the source. So the
   * load's answer waits until the source is dropped.
   */
  @Test
  void newerState_isNotAnsweredBeforeTheSourceIsGone() {
    loadHash(FOREVER);
    confirmsAtOnce = false;
    cache.load(A, SpelledRead.of(0, "hvals"), "1", now);
    replied(last(sent));
    assertNotNull(reply(A, FIELD), "the answer with a newer state is held");
    assertEquals(1, answered.size());
    cache.invalidate(A.bytes());
    assertNull(reply(A, FIELD));
    confirmAll();
    assertNull(reply(A, FIELD));
  }

  // Auxiliary

  private Answer reply(Key key, Read read) {
    byte[] name = key.bytes();
    byte[] spelled = read.bytes();
    byte[] buffer = new byte[name.length + spelled.length + 4];
    System.arraycopy(name, 0, buffer, 2, name.length);
    System.arraycopy(spelled, 0, buffer, 2 + name.length, spelled.length);
    return cache.reply(key.db(), buffer, 2, name.length, key.hashCode(), spelled.length, now);
  }

  private Answer get(Key key) {
    return cache.get(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode(), now);
  }

  /** Loads what is read, and returns the bytes of the reply or value. */
  private byte[] load(Key key, Read read) {
    cache.load(key, read, "loader", now);
    if (read != null) {
      return replied(last(sent));
    }
    byte[] value = bytes();
    cache.found(last(sent), value, FOREVER, now);
    return value;
  }

  private byte[] replied(Load<String> load) {
    byte[] bytes = bytes();
    cache.replied(load, bytes, FOREVER, now);
    return bytes;
  }

  private static byte[] bytes() {
    return new byte[] {':', '1', '\r', '\n'};
  }

  private static byte[] bytes(Answer answer) {
    return assertInstanceOf(CachedReply.class, answer).bytes();
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }
}
