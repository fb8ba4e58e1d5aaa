package redisproxy.cache;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertInstanceOf;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.openjdk.jol.info.GraphLayout;

class KeyRepliesTest {
  private static final CommandCounts.Of COUNTS = new CommandCounts.Of();
  private static final long SEED = Long.getLong("test.seed", 20_265);
  private static final Key KEY = Key.of(0, new byte[] {'k'});
  private static final byte[] REPLY = {'+', 'x', '\r', '\n'};
  private static final Read ALL = SpelledRead.of(0, "hgetall");
  private static final int MUCH = 1 << 30;

  private Kept kept;

  /** Keeps JOL from attaching a debugger to this process. */
  @BeforeAll
  static void attachNothing() {
    System.setProperty("jol.skipHotspotSAAttach", "true");
  }

  @Test
  void with_moreThanEightRanges_dropsTheLeastRecentlyUsedOne() {
    for (int i = 0; i < 8; i++) {
      add(SpelledRead.range(i));
    }
    assertEquals(8, replies().size());
    assertNotNull(find(SpelledRead.range(0)), "a hit counts as a use");
    add(SpelledRead.range(8));
    assertEquals(8, replies().size());
    assertNull(find(SpelledRead.range(1)));
    for (int i : new int[] {0, 2, 3, 4, 5, 6, 7, 8}) {
      assertNotNull(find(SpelledRead.range(i)), "range " + i);
    }
  }

  @Test
  void with_moreThan256Points_dropsTheLeastRecentlyUsedOne() {
    for (int i = 0; i < 256; i++) {
      add(SpelledRead.point("f" + i));
    }
    assertEquals(256, replies().size());
    assertNotNull(find(SpelledRead.point("f0")), "a hit counts as a use");
    add(SpelledRead.point("g"));
    assertEquals(256, replies().size());
    assertNull(find(SpelledRead.point("f1")));
    assertNotNull(find(SpelledRead.point("f0")));
    assertNotNull(find(SpelledRead.point("f2")));
    assertNotNull(find(SpelledRead.point("g")));
  }

  @Test
  void with_rangesAndPoints_countsEachKindAlone() {
    for (int i = 0; i < 256; i++) {
      add(SpelledRead.point("f" + i));
    }
    for (int i = 0; i < 9; i++) {
      add(SpelledRead.range(i));
    }
    assertEquals(256 + 8, replies().size());
    assertNotNull(find(SpelledRead.point("f0")), "older than all ranges, but no range");
    assertNull(find(SpelledRead.range(0)));
    add(SpelledRead.point("g"));
    assertEquals(256 + 8, replies().size());
    assertNotNull(find(SpelledRead.range(1)));
  }

  @Test
  void with_readsWithoutArguments_doesNotCountThem() {
    add(ALL);
    for (int i = 0; i < 257; i++) {
      add(SpelledRead.point("f" + i));
    }
    for (int i = 0; i < 9; i++) {
      add(SpelledRead.range(i));
    }
    List<Read> others =
        List.of(
            SpelledRead.of(0, "hkeys"),
            SpelledRead.of(Read.RANGE, "json.get"),
            SpelledRead.of(1, "hgetall"));
    others.forEach(this::add);
    assertEquals(1 + 256 + 8 + 3, replies().size());
    assertNotNull(find(ALL));
    others.forEach(each -> assertNotNull(find(each)));
  }

  @Test
  void with_moreThanTheBytes_dropsTheLeastRecentlyUsedOfAnyKind() {
    int each = reply(SpelledRead.point("0"), 0, 1000).weight();
    List<Read> reads = new ArrayList<>();
    for (int flags : new int[] {0, SpelledRead.POINT, SpelledRead.RANGE, 1}) {
      reads.add(SpelledRead.of(flags, "hget", "0"));
    }
    for (Read read : reads.subList(0, 3)) {
      kept = KeyReplies.with(kept, reply(read, 0, 1000), 3 * each, 0);
    }
    assertEquals(3, replies().size(), "exactly the bytes");
    assertNotNull(find(reads.get(0)));
    kept = KeyReplies.with(kept, reply(reads.get(3), 0, 1000), 3 * each, 0);
    assertEquals(3, replies().size());
    assertNull(find(reads.get(1)));
    kept = KeyReplies.with(kept, reply(reads.get(1), 0, 1000), 2 * each - 1, 0);
    assertEquals(1, replies().size());
    assertNotNull(find(reads.get(1)));
  }

  @Test
  void with_aReplyLargerThanTheBytes_keepsItAlone() {
    add(ALL);
    kept = KeyReplies.with(kept, reply(SpelledRead.range(0), 0, 1000), 1, 0);
    assertEquals(1, replies().size());
    assertNotNull(find(SpelledRead.range(0)));
  }

  @Test
  void with_theSameRead_replacesItsReply() {
    add(ALL);
    add(SpelledRead.point("f"));
    CachedReply newer = reply(SpelledRead.of(0, "hgetall"), 5, 2000);
    kept = KeyReplies.with(kept, newer, MUCH, 5);
    assertEquals(2, replies().size());
    assertSame(newer.bytes(), find(ALL).bytes());
  }

  @Test
  void reply_ofAnotherSpelling_isNull() {
    add(SpelledRead.of(SpelledRead.POINT, "hmget", "1", "23"));
    add(ALL);
    for (Read other :
        List.of(
            SpelledRead.of(SpelledRead.POINT | Read.RESP3, "hmget", "1", "23"),
            SpelledRead.of(SpelledRead.POINT, "hmget", "12", "3"),
            SpelledRead.of(SpelledRead.POINT, "hmget", "01", "23"),
            SpelledRead.of(Read.RESP3, "hgetall"),
            SpelledRead.of(SpelledRead.POINT, "hget", "A"))) {
      assertNull(find(other));
    }
    add(SpelledRead.of(SpelledRead.POINT, "hget", "a"));
    assertNull(find(SpelledRead.of(SpelledRead.POINT, "hget", "A")));
  }

  @Test
  void reply_ofAnotherReadWithTheSameHash_isNull() {
    add(ALL);
    byte[] other = SpelledRead.of(0, "hkeys").bytes();
    assertNull(replies().reply(other, 0, other.length, ALL.hashCode(), 0));
  }

  @Test
  void reply_ofOneOfSeveral_expiresByItself() {
    kept = KeyReplies.with(null, reply(ALL, 10, 100), MUCH, 10);
    kept = KeyReplies.with(kept, reply(SpelledRead.range(0), 20, 200), MUCH, 20);
    kept = KeyReplies.with(kept, reply(SpelledRead.range(1), 30, 150), MUCH, 30);
    assertNotNull(find(ALL, 99));
    assertNull(find(ALL, 100));
    assertNotNull(find(SpelledRead.range(0), 199));
    assertNull(find(SpelledRead.range(0), 200));
    assertEquals(10, kept.loadedAt());
    assertEquals(200, kept.expiresAt());
    kept = KeyReplies.with(kept, reply(SpelledRead.range(2), 110, 120), MUCH, 110);
    assertEquals(3, replies().size(), "the expired one is left out");
    assertEquals(20, kept.loadedAt());
  }

  @Test
  void with_aReplyBesideAValue_keepsBoth() {
    Entry value = Entry.value(KEY, new byte[50], 0, 100);
    kept = KeyReplies.with(value, reply(ALL, 0, 1000), MUCH, 0);
    assertSame(value, kept.value(99));
    assertNull(kept.value(100));
    assertNotNull(find(ALL, 100));
    kept = KeyReplies.with(kept, reply(SpelledRead.range(0), 0, 1000), MUCH, 99);
    assertSame(value, kept.value(99));
    kept = KeyReplies.with(kept, reply(SpelledRead.range(1), 100, 1000), MUCH, 100);
    assertNull(kept.value(99), "it had expired");
  }

  @Test
  void with_aValueBesideReplies_keepsBothAndTheOrderOfUse() {
    for (int i = 0; i < 8; i++) {
      add(SpelledRead.range(i));
    }
    find(SpelledRead.range(0));
    Entry value = Entry.value(KEY, new byte[50], 0, 2000);
    kept = KeyReplies.with(kept, value);
    assertSame(value, kept.value(1999));
    assertEquals(2000, kept.expiresAt());
    assertEquals(8, replies().size());
    add(SpelledRead.range(8));
    assertNull(find(SpelledRead.range(1)));
    assertNotNull(find(SpelledRead.range(0)));
    Entry newer = Entry.missing(KEY, 5, 3000);
    kept = KeyReplies.with(kept, newer);
    assertSame(newer, kept.value(10));
  }

  @Test
  void with_aValueWithoutReplies_isTheValue() {
    Entry value = Entry.value(KEY, new byte[1], 0, 10);
    assertSame(value, KeyReplies.with(null, value));
    assertSame(value, KeyReplies.with(Entry.missing(KEY, 0, 10), value));
  }

  @Test
  void key_isTheKeyOfTheReplies() {
    Key key = Key.of(300, new byte[1000]);
    Kept long1 = KeyReplies.with(null, new CachedReply(key, ALL, REPLY, COUNTS, 0, 10), MUCH, 0);
    assertEquals(key, long1.key());
    assertTrue(long1.is(300, key.bytes(), 0, 1000));
  }

  /** A client can choose a long key, and then read it in many ways. */
  @ParameterizedTest
  @ValueSource(ints = {1, 20, 1000, 50_000})
  void weight_isTheHeapThatTheRepliesTake(int keyLength) {
    for (int count : new int[] {1, 16, 256}) {
      kept = null;
      for (int i = 0; i < count; i++) {
        Key key = Key.of(0, new byte[keyLength]);
        Read read = SpelledRead.point("f%06d".formatted(i));
        CachedReply reply = new CachedReply(key, read, new byte[20], COUNTS, 0, 1000);
        kept = KeyReplies.with(kept, reply, MUCH, 0);
      }
      long taken = GraphLayout.parseInstance(kept).totalSize() + 32;
      assertTrue(taken <= kept.weight() * 1.05, taken + " taken, counted " + kept.weight());
      assertTrue(taken >= kept.weight() * 0.8, taken + " taken, counted " + kept.weight());
    }
  }

  /** A reply of the naive model, least recently used first in its list. */
  private record Naive(Read read, CachedReply reply, long expiresAt) {}

  @Test
  void everyOperation_givesTheSameAsANaiveList() {
    Random random = new Random(SEED);
    List<Naive> naive = new ArrayList<>();
    Entry value = null;
    for (int now = 0; now < 60_000; now++) {
      Read read = anyRead(random);
      if (random.nextInt(100) == 0) {
        kept = null;
        naive.clear();
        value = null;
      } else if (random.nextInt(20) == 0 && !naive.isEmpty()) {
        value = Entry.value(KEY, new byte[random.nextInt(100)], now, now + 50);
        kept = KeyReplies.with(kept, value);
      } else if (random.nextInt(3) > 0) {
        CachedReply reply = reply(read, now, now + 1 + random.nextInt(200));
        int maxBytes = 200 + random.nextInt(4000);
        kept = KeyReplies.with(kept, reply, maxBytes, now);
        value = value != null && now >= value.expiresAt ? null : value;
        add(naive, new Naive(read, reply, reply.expiresAt), maxBytes, now);
      } else if (kept != null) {
        assertSame(use(naive, read, now), bytes(find(read, now)), "seed " + SEED);
      }
      compare(naive, value);
    }
  }

  private void compare(List<Naive> naive, Entry value) {
    if (kept != null) {
      int weight = KeyReplies.OVERHEAD + 3 + 1 + (value == null ? 0 : value.weight());
      weight += naive.stream().mapToInt(each -> each.reply.weight()).sum();
      assertEquals(naive.size(), replies().size(), "seed " + SEED);
      assertEquals(weight, kept.weight(), "seed " + SEED);
    }
  }

  private static byte[] use(List<Naive> naive, Read read, long now) {
    for (Naive each : naive) {
      if (each.read.equals(read) && now < each.expiresAt) {
        naive.remove(each);
        naive.add(each);
        return each.reply.bytes();
      }
    }
    return null;
  }

  private static void add(List<Naive> naive, Naive added, int maxBytes, long now) {
    naive.removeIf(each -> now >= each.expiresAt || each.read.equals(added.read));
    naive.add(added);
    int kind = added.read.flags() & SpelledRead.RANGE;
    int most = kind == SpelledRead.RANGE ? 8 : 256;
    if (kind != 0) {
      while (naive.stream().filter(each -> isKind(each, kind)).count() > most) {
        naive.remove(naive.stream().filter(each -> isKind(each, kind)).findFirst().orElseThrow());
      }
    }
    while (naive.size() > 1 && naive.stream().mapToInt(n -> n.reply.weight()).sum() > maxBytes) {
      naive.remove(0);
    }
  }

  private static boolean isKind(Naive naive, int kind) {
    return (naive.read.flags() & SpelledRead.RANGE) == kind;
  }

  private static Read anyRead(Random random) {
    return switch (random.nextInt(3)) {
      case 0 -> SpelledRead.of(random.nextInt(2), "hgetall");
      case 1 -> SpelledRead.point("f" + random.nextInt(20));
      default -> SpelledRead.range(random.nextInt(12));
    };
  }

  private static byte[] bytes(CachedReply reply) {
    return reply == null ? null : reply.bytes();
  }

  private void add(Read read) {
    kept = KeyReplies.with(kept, reply(read, 0, 1000), MUCH, 0);
  }

  private KeyReplies replies() {
    return assertInstanceOf(KeyReplies.class, kept);
  }

  private CachedReply find(Read read) {
    return find(read, 0);
  }

  /** Looks the read up as the front spells it, in the middle of a buffer. */
  private CachedReply find(Read read, long now) {
    byte[] bytes = read.bytes();
    byte[] buffer = new byte[bytes.length + 4];
    System.arraycopy(bytes, 0, buffer, 3, bytes.length);
    return replies().reply(buffer, 3, bytes.length, read.hashCode(), now);
  }

  private static CachedReply reply(Read read, long loadedAt, long expiresAt) {
    return new CachedReply(KEY, read, REPLY.clone(), COUNTS, loadedAt, expiresAt);
  }
}
