package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNotSame;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.lang.reflect.InvocationHandler;
import java.lang.reflect.Proxy;
import java.util.ArrayList;
import java.util.List;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.junit.jupiter.api.Test;
import redisproxy.cache.ReadThrough.Limits;

class ReadThroughTest {
  private static final Key A = key('a');
  private static final Key B = key('b');
  private static final Key C = key('c');
  private static final byte[] VALUE = {'v'};
  private static final Failure FAILURE = new Failure(Failure.Kind.TIMEOUT, "too late");

  private record Answered(String waiter, Answer answer) {}

  private final List<Load<String>> sent = new ArrayList<>();
  private final List<Answered> answered = new ArrayList<>();
  private final ReadThrough<String> cache = cache(limits(1000, 0, 2));

  @Test
  void load_ofAKeyNotInFlight_startsALoad() {
    cache.load(A, null, "1", 7);
    assertEquals(1, sent.size());
    assertSame(A, sent.get(0).key());
    assertEquals(7, sent.get(0).sentAt());
    assertEquals("1", sent.get(0).first());
    assertTrue(answered.isEmpty());
    assertEquals(1, cache.stats().loadsInFlight());
  }

  @Test
  void load_ofAKeyInFlight_joinsItsLoad() {
    cache.load(A, null, "1", 0);
    cache.load(key('a'), null, "2", 1);
    assertEquals(1, sent.size());
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 5);
    assertEquals(List.of("1", "2"), answered.stream().map(Answered::waiter).toList());
    assertSame(answered.get(0).answer(), answered.get(1).answer());
    assertEquals(1, cache.stats().coalesced());
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void load_ofTheSameKeyInAnotherDatabase_isAnotherLoad() {
    cache.load(A, null, "1", 0);
    cache.load(Key.of(1, A.bytes()), null, "2", 0);
    assertEquals(2, sent.size());
  }

  @Test
  void load_atTheLimit_isRejectedUnlessItJoinsALoad() {
    cache.load(A, null, "1", 0);
    cache.load(B, null, "2", 0);
    cache.load(C, null, "3", 0);
    assertEquals(1, answered.size());
    assertEquals("3", answered.get(0).waiter());
    Failure failure = assertInstanceOf(Failure.class, answered.get(0).answer());
    assertEquals(Failure.Kind.OVERLOADED, failure.kind());
    cache.load(B, null, "4", 0);
    assertEquals(1, answered.size());
    cache.failed(sent.get(0), FAILURE, 0);
    cache.load(C, null, "5", 0);
    assertEquals(3, sent.size());
    assertEquals(1, cache.stats().rejected());
  }

  @Test
  void found_isKeptForTheExpiryAfterTheLoadWasSent() {
    cache.load(A, null, "1", 100);
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 600);
    Entry entry = assertInstanceOf(Entry.class, answered.get(0).answer());
    assertEquals(A, entry.key());
    assertEquals(VALUE.length, entry.valueLength());
    assertEquals(100, entry.loadedAt());
    assertEquals(1100, entry.expiresAt());
    assertSame(entry, get(A, 1099));
    assertNull(get(A, 1100));
  }

  @Test
  void found_whenTheKeyExpiresSooner_isKeptForItsRemainingTime() {
    cache.load(A, null, "1", 100);
    cache.found(sent.get(0), VALUE, 300, 150);
    assertNotNull(get(A, 399));
    assertNull(get(A, 400));
  }

  @Test
  void found_whenTheKeyExpiresLater_isKeptForTheExpiry() {
    cache.load(A, null, "1", 100);
    cache.found(sent.get(0), VALUE, Long.MAX_VALUE, 150);
    assertNotNull(get(A, 1099));
    assertNull(get(A, 1100));
  }

  @Test
  void found_withoutAKnownRemainingTime_isAnsweredAndNotKept() {
    for (long remaining : new long[] {0, ReadThrough.UNKNOWN}) {
      cache.load(A, null, "1", 100);
      cache.found(last(sent), VALUE, remaining, 100);
      Entry entry = assertInstanceOf(Entry.class, last(answered).answer());
      assertTrue(entry.expiresAt() <= entry.loadedAt());
      assertNull(get(A, 100));
      assertEquals(0, cache.stats().entries());
    }
  }

  @Test
  void found_whenTheAnswerTookLongerThanTheExpiry_isAnsweredAndNotKept() {
    cache.load(A, null, "1", 100);
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 1100);
    assertInstanceOf(Entry.class, answered.get(0).answer());
    assertEquals(0, cache.stats().entries());
  }

  @Test
  void missing_withoutAnExpiry_isAnsweredAndNotKept() {
    cache.load(A, null, "1", 0);
    cache.missing(sent.get(0), 0);
    assertTrue(assertInstanceOf(Entry.class, answered.get(0).answer()).isMissing());
    assertNull(get(A, 0));
  }

  @Test
  void missing_withAnExpiry_isKeptForIt() {
    ReadThrough<String> keeping = cache(limits(1000, 50, 2));
    keeping.load(A, null, "1", 100);
    keeping.missing(sent.get(0), 120);
    Key key = A;
    assertTrue(((Entry) keeping.get(0, key.bytes(), 0, 1, key.hashCode(), 149)).isMissing());
    assertNull(keeping.get(0, key.bytes(), 0, 1, key.hashCode(), 150));
  }

  @Test
  void failed_isAnsweredAndNotKept() {
    cache.load(A, null, "1", 0);
    cache.load(A, null, "2", 0);
    cache.failed(sent.get(0), FAILURE, 0);
    assertEquals(List.of(new Answered("1", FAILURE), new Answered("2", FAILURE)), answered);
    assertNull(get(A, 0));
    cache.load(A, null, "3", 0);
    assertEquals(2, sent.size());
    assertNotSame(sent.get(0), sent.get(1));
    assertEquals(1, cache.stats().failures());
  }

  @Test
  void tooLarge_isAnsweredWithTheKeyAndNotKept() {
    cache.load(A, null, "1", 0);
    cache.tooLarge(sent.get(0), 0);
    assertEquals(List.of(new Answered("1", new TooLarge(A))), answered);
    assertNull(get(A, 0));
    assertEquals(1, cache.stats().tooLarge());
    assertEquals(0, cache.stats().loadsInFlight());
  }

  @Test
  void load_whenTheLoaderAnswersAtOnce_isAnsweredBeforeItReturns() {
    List<ReadThrough<String>> self = new ArrayList<>();
    self.add(
        cache(
            limits(1000, 0, 1),
            load -> self.get(0).found(load, VALUE, ReadThrough.NO_EXPIRY, load.sentAt()),
            (waiter, answer) -> answered.add(new Answered(waiter, answer))));
    self.get(0).load(A, null, "1", 0);
    self.get(0).load(B, null, "2", 0);
    assertEquals(2, answered.size());
    assertEquals(2, self.get(0).stats().entries());
    assertEquals(0, self.get(0).stats().loadsInFlight());
  }

  @Test
  void load_fromWithinAnAnswer_startsALoadOrFindsTheEntry() {
    List<ReadThrough<String>> self = new ArrayList<>();
    self.add(
        cache(
            limits(1000, 0, 1),
            sent::add,
            (waiter, answer) -> {
              answered.add(new Answered(waiter, answer));
              if (answer instanceof Failure) {
                self.get(0).load(A, null, waiter + " again", 10);
              } else {
                assertSame(answer, self.get(0).get(0, A.bytes(), 0, 1, A.hashCode(), 10));
              }
            }));
    self.get(0).load(A, null, "1", 0);
    self.get(0).load(A, null, "2", 0);
    self.get(0).failed(sent.get(0), FAILURE, 0);
    assertEquals(2, sent.size());
    assertEquals(2, answered.size());
    self.get(0).found(sent.get(1), VALUE, ReadThrough.NO_EXPIRY, 10);
    assertEquals(
        List.of("1", "2", "1 again", "2 again"), answered.stream().map(Answered::waiter).toList());
  }

  @Test
  void invalidate_dropsTheKeyInEveryDatabaseAndNoOther() {
    Key inAnother = Key.of(300, A.bytes());
    for (Key key : List.of(A, inAnother, B)) {
      cache.load(key, null, "1", 0);
      cache.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 0);
    }
    cache.invalidate(new byte[] {'a'});
    assertNull(get(A, 1));
    assertNull(get(inAnother, 1));
    assertNotNull(get(B, 1));
    assertEquals(1, cache.stats().invalidations());
    assertEquals(0, cache.stats().overtaken());
    assertEquals(0, cache.stats().flushes());
  }

  @Test
  void invalidate_ofARememberedMissingKey_dropsIt() {
    ReadThrough<String> keeping = cache(limits(1000, 1000, 2));
    keeping.load(A, null, "1", 0);
    keeping.missing(sent.get(0), 0);
    keeping.invalidate(A.bytes());
    assertNull(keeping.get(0, A.bytes(), 0, 1, A.hashCode(), 1));
  }

  @Test
  void invalidate_ofAKeyInFlight_answersItsWaitersAndKeepsNothing() {
    cache.load(A, null, "1", 0);
    cache.load(A, null, "2", 0);
    cache.invalidate(A.bytes());
    assertTrue(answered.isEmpty());
    assertEquals(1, cache.stats().loadsInFlight());
    assertEquals(1, cache.stats().overtaken());
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 1);
    assertEquals(List.of("1", "2"), answered.stream().map(Answered::waiter).toList());
    assertInstanceOf(Entry.class, answered.get(0).answer());
    assertSame(answered.get(0).answer(), answered.get(1).answer());
    assertNull(get(A, 1));
  }

  @Test
  void load_afterAnInvalidation_isKeptEvenIfTheOvertakenLoadEndsLater() {
    cache.load(A, null, "1", 0);
    cache.invalidate(A.bytes());
    cache.load(A, null, "2", 0);
    assertEquals(2, sent.size());
    cache.found(sent.get(1), new byte[] {'n'}, ReadThrough.NO_EXPIRY, 1);
    assertEquals(List.of("2"), answered.stream().map(Answered::waiter).toList());
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 2);
    assertSame(answered.get(0).answer(), get(A, 3));
    assertEquals("1", answered.get(1).waiter());
    assertNotSame(answered.get(0).answer(), answered.get(1).answer());
  }

  @Test
  void load_afterAnInvalidation_isJoinedEvenIfTheOvertakenLoadEndsSooner() {
    cache.load(A, null, "1", 0);
    cache.invalidateAll();
    cache.load(A, null, "2", 0);
    cache.failed(sent.get(0), FAILURE, 0);
    assertEquals(List.of(new Answered("1", FAILURE)), answered);
    assertEquals(1, cache.stats().loadsInFlight());
    cache.load(A, null, "3", 0);
    assertEquals(2, sent.size());
    cache.found(sent.get(1), VALUE, ReadThrough.NO_EXPIRY, 1);
    assertEquals(List.of("1", "2", "3"), answered.stream().map(Answered::waiter).toList());
    assertSame(answered.get(2).answer(), get(A, 2));
  }

  @Test
  void invalidateAll_dropsEverythingHeldOrInFlight() {
    cache.load(A, null, "1", 0);
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 0);
    cache.load(B, null, "2", 0);
    cache.load(Key.of(5, C.bytes()), null, "3", 0);
    cache.invalidateAll();
    assertNull(get(A, 1));
    assertEquals(0, cache.stats().entries());
    assertEquals(0, cache.stats().bytes());
    assertEquals(2, cache.stats().loadsInFlight());
    assertEquals(2, cache.stats().overtaken());
    assertEquals(1, cache.stats().flushes());
    assertEquals(0, cache.stats().invalidations());
    cache.missing(sent.get(1), 1);
    cache.tooLarge(sent.get(2), 0);
    assertEquals(List.of("1", "2", "3"), answered.stream().map(Answered::waiter).toList());
    assertEquals(0, cache.stats().entries());
  }

  @Test
  void invalidate_fromWithinAnAnswer_dropsTheNewEntry() {
    List<ReadThrough<String>> self = new ArrayList<>();
    self.add(
        cache(
            limits(1000, 0, 2),
            sent::add,
            (waiter, answer) -> {
              answered.add(new Answered(waiter, answer));
              self.get(0).invalidate(A.bytes());
              if (answered.size() < 3) {
                self.get(0).load(A, null, waiter + " again", 1);
              }
            }));
    self.get(0).load(A, null, "1", 0);
    self.get(0).load(A, null, "2", 0);
    self.get(0).found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 1);
    assertEquals(0, self.get(0).stats().entries());
    assertEquals(3, sent.size());
    self.get(0).found(sent.get(1), VALUE, ReadThrough.NO_EXPIRY, 1);
    self.get(0).found(sent.get(2), VALUE, ReadThrough.NO_EXPIRY, 1);
    assertEquals(
        List.of("1", "2", "1 again", "2 again"), answered.stream().map(Answered::waiter).toList());
  }

  @Test
  void reclaim_dropsExpiredEntries() {
    cache.load(A, null, "1", 0);
    cache.found(sent.get(0), VALUE, 10, 0);
    assertEquals(0, cache.reclaim(9, 5));
    assertEquals(1, cache.reclaim(10, 5));
    assertEquals(1, cache.stats().expirations());
  }

  @Test
  void load_countsOvertakenLoadsInFlight() {
    for (String waiter : List.of("1", "2")) {
      cache.load(A, null, waiter, 0);
      cache.invalidate(A.bytes());
    }
    cache.load(A, null, "3", 0);
    assertEquals(2, sent.size());
    assertEquals(1, cache.stats().rejected());
    assertEquals(2, cache.stats().loadsInFlight());
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 0);
    assertEquals(1, cache.stats().loadsInFlight());
    cache.load(A, null, "4", 0);
    assertEquals(3, sent.size());
  }

  @Test
  void load_ofAKeyOutsideThePrefixes_isNeitherSharedNorKept() {
    Prefixes prefixes = new Prefixes(List.of(new byte[] {'b'}, new byte[] {'c', 'c'}));
    ReadThrough<String> some = cache(new Limits(1000, 0, 0, 3, true, 1000, prefixes));
    some.load(A, null, "1", 0);
    some.load(A, null, "2", 0);
    some.load(B, null, "3", 0);
    some.load(B, null, "4", 0);
    assertEquals(3, sent.size());
    sent.forEach(load -> some.found(load, VALUE, ReadThrough.NO_EXPIRY, 0));
    assertNull(some.get(0, A.bytes(), 0, 1, A.hashCode(), 0));
    assertNotNull(some.get(0, B.bytes(), 0, 1, B.hashCode(), 0));
    assertEquals(4, answered.size());
  }

  /** A lookup must see what was written since an earlier lookup, so they cannot share a load. */
  @Test
  void load_whileBypassed_isNeitherSharedNorKept() {
    cache.trust(Trust.BYPASSED);
    cache.load(A, null, "1", 0);
    cache.load(A, null, "2", 0);
    assertEquals(2, sent.size());
    cache.found(sent.get(1), VALUE, ReadThrough.NO_EXPIRY, 0);
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 0);
    assertEquals(List.of("2", "1"), answered.stream().map(Answered::waiter).toList());
    assertEquals(0, cache.stats().entries());
    assertNull(get(A, 0));
  }

  @Test
  void get_whileBypassed_findsNothingAndLaterTheEntryAgain() {
    keep(A);
    cache.trust(Trust.BYPASSED);
    assertNull(get(A, 1));
    cache.trust(Trust.VERIFIED);
    assertInstanceOf(Entry.class, get(A, 1));
  }

  @Test
  void get_whileUnverified_isMarkedUntilTheExpiry() {
    keep(A);
    cache.trust(Trust.UNVERIFIED);
    Unverified unverified = assertInstanceOf(Unverified.class, get(A, 999));
    assertEquals(A, unverified.entry().key());
    assertEquals(1, cache.stats().unverified());
    assertNull(get(A, 1000));
  }

  /** A client that has seen a newer reply of Redis must not read the older entry. */
  @Test
  void found_whileNotVerified_dropsTheOlderEntry() {
    for (Trust trust : List.of(Trust.BYPASSED, Trust.UNVERIFIED)) {
      cache.trust(Trust.VERIFIED);
      keep(A);
      cache.trust(trust);
      cache.load(A, null, "2", 1);
      cache.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 1);
      cache.trust(Trust.UNVERIFIED);
      assertNull(get(A, 2), trust.name());
    }
  }

  @Test
  void tooLarge_whileNotVerified_dropsTheOlderEntry() {
    keep(A);
    cache.trust(Trust.BYPASSED);
    cache.load(A, null, "2", 1);
    cache.tooLarge(last(sent), 0);
    cache.trust(Trust.UNVERIFIED);
    assertNull(get(A, 2));
  }

  @Test
  void failed_byAnOutageWhileBypassed_isAnsweredWithTheEntry() {
    keep(A);
    cache.trust(Trust.BYPASSED);
    cache.load(A, null, "2", 1);
    cache.failed(last(sent), FAILURE, 2);
    assertInstanceOf(Unverified.class, last(answered).answer());
    assertEquals(1, cache.stats().unverified());
    cache.load(A, null, "3", 1);
    cache.failed(last(sent), FAILURE, 1000);
    assertEquals(FAILURE, last(answered).answer(), "expired");
    assertEquals(1, cache.stats().unverified());
  }

  @Test
  void failed_byAnErrorOfRedis_isAnsweredWithIt() {
    keep(A);
    cache.trust(Trust.BYPASSED);
    Failure wrongType = new Failure(Failure.Kind.REDIS, "WRONGTYPE");
    cache.load(A, null, "2", 1);
    cache.failed(last(sent), wrongType, 2);
    assertEquals(wrongType, last(answered).answer());
    cache.trust(Trust.UNVERIFIED);
    assertNull(get(A, 3), "the older entry is outdated");
  }

  /** Redis can be reached, so an older entry may be outdated and is not served. */
  @Test
  void failed_withoutAnOutage_isAnsweredWithTheFailureAndDropsNothing() {
    keep(A);
    cache.trust(Trust.BYPASSED);
    cache.load(A, null, "2", 1);
    cache.failed(last(sent), Failure.BROKEN, 2);
    assertEquals(Failure.BROKEN, last(answered).answer());
    assertEquals(0, cache.stats().unverified());
    cache.trust(Trust.UNVERIFIED);
    assertInstanceOf(Unverified.class, get(A, 3));
  }

  @Test
  void failed_whenUnverifiedIsNotServed_isAnsweredWithTheFailure() {
    ReadThrough<String> strict = cache(new Limits(1000, 0, 0, 2, false, 1000, Prefixes.ALL));
    strict.load(A, null, "1", 0);
    strict.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 0);
    strict.trust(Trust.BYPASSED);
    strict.load(A, null, "2", 1);
    strict.failed(last(sent), FAILURE, 1);
    assertEquals(FAILURE, last(answered).answer());
  }

  @Test
  void trust_whenItChanges_overtakesLoadsInFlight() {
    cache.load(A, null, "1", 0);
    cache.trust(Trust.VERIFIED);
    assertEquals(0, cache.stats().overtaken(), "the trust did not change");
    cache.trust(Trust.BYPASSED);
    assertEquals(Trust.BYPASSED, cache.trust());
    cache.trust(Trust.VERIFIED);
    cache.load(A, null, "2", 0);
    assertEquals(2, sent.size());
    cache.found(sent.get(0), VALUE, ReadThrough.NO_EXPIRY, 0);
    assertEquals(0, cache.stats().entries());
    assertEquals(1, cache.stats().overtaken());
  }

  @Test
  void get_nearTheExpiry_refreshesOnceAndStillServes() {
    ReadThrough<String> ahead = cache(new Limits(1000, 0, 100, 2, true, 1000, Prefixes.ALL));
    ahead.load(A, null, "1", 0);
    ahead.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 0);
    for (long now : new long[] {899, 900, 950}) {
      assertNotNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), now));
      assertEquals(now < 900 ? 1 : 2, sent.size());
    }
    assertNull(last(sent).first(), "a refresh has no waiter");
    ahead.found(last(sent), VALUE, 50, 940);
    assertNotNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), 949));
    assertNotNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), 949));
    assertEquals(2, sent.size(), "its remaining time is shorter than the refresh time");
    assertEquals(1, ahead.stats().refreshes());
    assertEquals(1, answered.size());
  }

  /** The error is newer than the entry, although the write between them is not reported yet. */
  @Test
  void failed_withAnErrorOfRedis_dropsAnOlderEntry() {
    ReadThrough<String> ahead = cache(new Limits(1000, 0, 100, 2, true, 1000, Prefixes.ALL));
    ahead.load(A, null, "1", 0);
    ahead.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 0);
    assertNotNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), 950));
    assertEquals(2, sent.size());
    ahead.failed(last(sent), new Failure(Failure.Kind.REDIS, "WRONGTYPE"), 960);
    assertNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), 960));
  }

  /** Clients that wait for a load now take precedence over a refresh. */
  @Test
  void get_nearTheExpiryAtTheLimitOfLoads_doesNotRefresh() {
    ReadThrough<String> ahead = cache(new Limits(1000, 0, 100, 2, true, 1000, Prefixes.ALL));
    ahead.load(A, null, "1", 0);
    ahead.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 0);
    ahead.load(B, null, "2", 0);
    ahead.load(C, null, "3", 0);
    assertNotNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), 950));
    assertEquals(3, sent.size());
    ahead.failed(last(sent), FAILURE, 950);
    assertNotNull(ahead.get(0, A.bytes(), 0, 1, A.hashCode(), 950));
    assertEquals(4, sent.size());
  }

  @Test
  void invalidate_readsOnlyDatabasesLoadedSinceTheLastFlush() {
    List<Key> removed = new ArrayList<>();
    Cache lru = new LruCache(10, 10_000);
    InvocationHandler noting =
        (proxy, method, arguments) -> {
          if (method.getName().equals("remove")) {
            removed.add((Key) arguments[0]);
          }
          return method.invoke(lru, arguments);
        };
    Class<?>[] type = {Cache.class};
    Cache seen = (Cache) Proxy.newProxyInstance(Cache.class.getClassLoader(), type, noting);
    ReadThrough<String> through =
        new ReadThrough<>(
            seen, limits(1000, 0, 3), sent::add, (waiter, answer) -> {}, then -> then.accept(0));
    through.load(Key.of(3, A.bytes()), null, "1", 0);
    through.load(Key.of(5, A.bytes()), null, "1", 0);
    through.invalidateAll();
    through.load(Key.of(7, A.bytes()), null, "1", 0);
    through.invalidate(A.bytes());
    assertEquals(List.of(Key.of(7, A.bytes())), removed);
  }

  @Test
  void limits_whenShorter_dropEntriesThatCouldOutliveThem() {
    keep(A);
    cache.load(B, null, "1", 0);
    cache.limits(limits(1000, 0, 1));
    assertNotNull(get(A, 1));
    cache.limits(limits(999, 0, 2));
    assertNull(get(A, 1));
    cache.found(sent.get(1), VALUE, ReadThrough.NO_EXPIRY, 2);
    assertEquals("1", last(answered).waiter());
    keep(A);
    assertNotNull(get(A, 998));
    assertNull(get(A, 999));
  }

  @Test
  void limits_whenLonger_applyToLaterLoads() {
    keep(A);
    cache.limits(limits(2000, 0, 2));
    keep(B);
    assertNotNull(get(A, 999));
    assertNull(get(A, 1000));
    assertNotNull(get(B, 1999));
  }

  private void keep(Key key) {
    cache.load(key, null, "keeper", 0);
    cache.found(last(sent), VALUE, ReadThrough.NO_EXPIRY, 0);
  }

  private ReadThrough<String> cache(Limits limits) {
    return cache(limits, sent::add, (waiter, answer) -> answered.add(new Answered(waiter, answer)));
  }

  private static ReadThrough<String> cache(
      Limits limits, Consumer<Load<String>> loader, BiConsumer<String, Answer> answered) {
    return new ReadThrough<>(
        new LruCache(10, 10_000), limits, loader, answered, then -> then.accept(0));
  }

  private static Limits limits(long expiry, long missingExpiry, int maxLoads) {
    return new Limits(expiry, missingExpiry, 0, maxLoads, true, 1000, Prefixes.ALL);
  }

  private Answer get(Key key, long now) {
    return cache.get(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode(), now);
  }

  private static <T> T last(List<T> list) {
    return list.get(list.size() - 1);
  }

  private static Key key(char name) {
    return Key.of(0, new byte[] {(byte) name});
  }
}
