package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import org.slf4j.LoggerFactory;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.cache.LruCache;
import redisproxy.cache.TouchQueue;
import redisproxy.upstream.FakeRedis;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** TOUCH reaches Redis in batches, waits for nothing, and ends when Redis forbids it. */
class TouchSenderTest {
  private static final int INTERVAL = 1_000;
  private static final int EVERY = 100;
  private static final Logger LOG = (Logger) LoggerFactory.getLogger(TouchSender.class);

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Reads reads = new Reads(loop, time);
  private final LruCache lru = new LruCache(10_000, 1L << 40);
  private final TouchQueue queue = new TouchQueue(INTERVAL);
  private final ListAppender<ILoggingEvent> log = new ListAppender<>();
  private Loader<String> loader;
  private TouchSender sender;

  @BeforeEach
  void open() throws Exception {
    log.start();
    LOG.setLevel(Level.WARN);
    LOG.setAdditive(false);
    LOG.addAppender(log);
    Transport transport = time.transport();
    loader =
        loop.call(
            () -> new Loader<>(time.vertx, transport, Reads.MAX, time, reads.cache, Reads.NOBODY));
    loop.run(loader::start);
    sender = loop.call(() -> new TouchSender(time.vertx, lru, loader, queue));
  }

  @AfterEach
  void stop() throws Exception {
    LOG.detachAppender(log);
    LOG.setAdditive(true);
    LOG.setLevel(Level.ERROR);
    loop.close();
  }

  private FakeRedis connect() throws Exception {
    FakeRedis redis = loop.clients.get(loop.clients.size() - 1).accept();
    redis.reply(List.of(), List.of());
    redis.sent();
    return redis;
  }

  private static Key key(int db, String name) {
    return Key.of(db, name.getBytes(StandardCharsets.US_ASCII));
  }

  /** Puts keys, and hits them when they are due, all at the same time. */
  private void hit(int db, String... names) throws Exception {
    for (String name : names) {
      Key key = key(db, name);
      loop.run(
          () -> {
            long before = time.getAsLong() - INTERVAL;
            lru.put(key, Entry.value(key, new byte[1], before, before + 3_600_000), before);
            lru.get(db, key.bytes(), 0, key.bytes().length, key.hashCode(), time.getAsLong());
          });
    }
  }

  private static String[] names(int count) {
    return IntStream.range(0, count).mapToObj(i -> "k" + i).toArray(String[]::new);
  }

  private long touched() throws Exception {
    return loop.call(sender::touched);
  }

  private int waiting() throws Exception {
    return loop.call(queue::size);
  }

  @Test
  void keysThatAreHit_areTouchedTogether() throws Exception {
    FakeRedis redis = connect();
    hit(0, "a", "b");
    assertEquals(List.of(), redis.sent(), "they wait for others");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH a b"), redis.sent());
    redis.reply(2);
    assertEquals(2, touched());
    time.pass(10 * EVERY);
    assertEquals(List.of(), redis.sent());
  }

  @Test
  void keysOfAnotherDatabase_goOverItsConnection() throws Exception {
    FakeRedis home = connect();
    hit(3, "c");
    hit(0, "a");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH a"), home.sent());
    home.reply(1);
    FakeRedis third = loop.clients.get(1).accept();
    assertEquals(3, third.database);
    assertEquals(List.of(), third.sent(), "c was dropped: there was no connection");
    hit(3, "c", "d");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH c d"), third.sent());
    assertEquals(List.of(), home.sent());
    third.reply(1);
    assertEquals(2, touched());
  }

  /** Loads need these connections more. */
  @Test
  void keysOfManyDatabases_closeNoConnection() throws Exception {
    FakeRedis home = connect();
    for (int db = 1; db <= 15; db++) {
      reads.loader = loader::load;
      reads.load(db, "k");
      loop.clients.get(db).accept().reply("v", 5);
    }
    hit(16, "a");
    hit(0, "b");
    time.pass(EVERY);
    assertEquals(16, loop.clients.size());
    assertEquals(List.of("TOUCH b"), home.sent());
    assertTrue(loop.clients.stream().noneMatch(FakeRedis::isClosed));
  }

  @Test
  void manyKeys_goInRounds_oneAfterTheOther() throws Exception {
    FakeRedis redis = connect();
    int count = 2 * TouchSender.MOST_AT_ONCE + 1;
    hit(0, names(count));
    time.pass(EVERY);
    List<Integer> sizes = new ArrayList<>();
    for (int round = 0; round < 2; round++) {
      List<String> sent = redis.sent();
      assertEquals(1, sent.size(), "one round is under way");
      sizes.add(sent.get(0).split(" ").length - 1);
      redis.reply(sizes.get(round));
    }
    assertEquals(List.of(512, 512), sizes);
    assertEquals(List.of(), redis.sent(), "the rest waits for others");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH k1024"), redis.sent());
    redis.reply(1);
    assertEquals(count, touched());
  }

  @Test
  void longKeys_goInSmallRounds() throws Exception {
    FakeRedis redis = connect();
    String longest = "x".repeat(TouchSender.MAX_BYTES_AT_ONCE);
    hit(0, longest, "a");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH " + longest), redis.sent());
    redis.reply(1);
    time.pass(EVERY);
    assertEquals(List.of("TOUCH a"), redis.sent());
  }

  @Test
  void silentRedis_getsNoMore() throws Exception {
    FakeRedis redis = connect();
    hit(0, "a");
    time.pass(EVERY);
    hit(0, "b");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH a"), redis.sent());
    assertEquals(1, waiting());
    time.pass(20 * EVERY);
    assertEquals(List.of(), redis.sent());
    assertEquals(0, waiting(), "b was dropped");
    redis.reply(1);
    hit(0, "c");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH c"), redis.sent());
  }

  /** Each database has a connection of its own, so it does not wait for long. */
  @Test
  void silentConnection_doesNotEndThoseOfOtherDatabases() throws Exception {
    FakeRedis home = connect();
    hit(1, "a");
    time.pass(EVERY);
    FakeRedis other = loop.clients.get(1).accept();
    hit(1, "b");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH b"), other.sent());
    hit(0, "c");
    time.pass(20 * EVERY);
    assertEquals(List.of("TOUCH c"), home.sent());
    home.reply(1);
    hit(0, "d");
    hit(1, "e");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH d"), home.sent());
    assertEquals(List.of(), other.sent());
  }

  @Test
  void keys_whileRedisIsUnreachable_areDropped() throws Exception {
    FakeRedis redis = connect();
    hit(0, "a");
    redis.lose();
    time.pass(EVERY);
    assertEquals(0, waiting());
    FakeRedis next = connect();
    time.pass(10 * EVERY);
    assertEquals(List.of(), next.sent());
    hit(0, "b");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH b"), next.sent());
  }

  @Test
  void touchThatIsLostWithItsConnection_isNotRepeated() throws Exception {
    FakeRedis redis = connect();
    hit(0, "a");
    time.pass(EVERY);
    redis.lose();
    FakeRedis next = connect();
    hit(0, "b");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH b"), next.sent());
    assertEquals(List.of(), log.list);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "NOPERM this user has no permissions to run the 'touch' command",
        "NOPERM this user has no permissions to access one of the keys used as arguments",
        "ERR unknown command 'TOUCH', with args beginning with: 'a'"
      })
  void forbiddenTouch_isWarnedOfOnce_andEndsIt(String error) throws Exception {
    FakeRedis redis = connect();
    hit(0, "a");
    time.pass(EVERY);
    redis.reply("-" + error);
    assertEquals(1, log.list.size());
    hit(0, "b");
    time.pass(10 * EVERY);
    assertEquals(List.of("TOUCH a"), redis.sent());
    assertEquals(0, waiting());
    assertEquals(1, log.list.size());
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "LOADING Redis is loading the dataset in memory",
        "MASTERDOWN Link with MASTER is down and replica-serve-stale-data is set to 'no'."
      })
  void temporaryError_dropsTheKeys_andNoMore(String error) throws Exception {
    FakeRedis redis = connect();
    hit(0, "a");
    time.pass(EVERY);
    redis.reply("-" + error);
    hit(0, "b");
    time.pass(EVERY);
    assertEquals(List.of("TOUCH a", "TOUCH b"), redis.sent());
    assertEquals(0, touched());
    assertEquals(List.of(), log.list);
  }

  @Test
  void stop_endsIt() throws Exception {
    FakeRedis redis = connect();
    hit(0, names(2 * TouchSender.MOST_AT_ONCE));
    time.pass(EVERY);
    loop.run(sender::stop);
    redis.reply(512);
    hit(0, "b");
    time.pass(10 * EVERY);
    assertEquals(1, redis.sent().size());
    assertEquals(0, waiting());
  }
}
