package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Objects;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.cache.Key;
import redisproxy.cache.Read;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** Loads of reads other than GET, without a socket. The longest reply that is kept has 10 bytes. */
class ReplyLoaderTest {
  private static final long TIMEOUT = 1_000;
  private static final long IDLE = 60_000;
  private static final Read LLEN = Reads.read(0, "llen");
  private static final Read LLEN3 = Reads.read(Read.RESP3, "llen");

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Reads reads = new Reads(loop, time);
  private ReplyLoader<String> loader;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Transport transport = time.transport(settings);
    Loader<String> owner =
        loop.call(
            () -> new Loader<>(time.vertx, transport, Reads.MAX, time, reads.cache, Reads.NOBODY));
    loader = new ReplyLoader<>(time.vertx, transport, owner);
    reads.loader = load -> loader.load(load, Objects.requireNonNull(load.read()));
  }

  /** Opens a connection over which these keys are being loaded. */
  private void openAndLoad(String... keys) throws Exception {
    open();
    reads.load(0, LLEN, keys);
    loop.connect(0);
    loop.sent(0);
  }

  private static String asked(String... keys) {
    StringBuilder all = new StringBuilder();
    for (String key : keys) {
      all.append("*2 $4 PTTL $1 " + key + " *2 $4 llen $1 " + key + " ");
    }
    return all.toString();
  }

  private void assertTold(String... answers) {
    assertEquals(List.of(answers), reads.answers());
  }

  private int attempts() {
    return loop.connections.size();
  }

  private void check() throws Exception {
    loop.run(loader::check);
  }

  private long connected() throws Exception {
    return loop.call(loader::connected);
  }

  // Loads

  @Test
  void load_isAsked_whenTheConnectionIsOpen() throws Exception {
    open();
    reads.load(0, LLEN, "a");
    assertEquals(0, connected());
    loop.connect(0);
    assertEquals(1, connected());
    assertEquals(asked("a"), loop.sent(0));
    loop.reply(0, ":-1 :");
    assertTold();
    loop.reply(0, "5 ");
    assertTold("a: :5 ");
    assertEquals(Reads.EXPIRY_MS, reads.kept("a"));
  }

  @Test
  void reply_isKeptNoLongerThanItsKey() throws Exception {
    openAndLoad("a", "b");
    loop.reply(0, ":700 :5 -NOPERM :6 ");
    assertTold("a: :5 ", "b: :6 ");
    assertEquals(700, reads.kept("a"));
    assertEquals(-1, reads.kept("b"));
  }

  @Test
  void loadsOfOneTurn_leaveInOneWrite() throws Exception {
    openAndLoad("z");
    loop.reply(0, ":-1 :5 ");
    reads.load(0, LLEN, "a", "b", "c");
    assertEquals(1, loop.writes(0));
    assertEquals(asked("a", "b", "c"), loop.sent(0));
    assertEquals(1, attempts());
  }

  @Test
  void databasesAndVersionsOfResp_haveConnectionsOfTheirOwn() throws Exception {
    open();
    for (int db = 0; db < 2; db++) {
      reads.load(db, LLEN, "a");
      reads.load(db, LLEN3, "a");
    }
    List<String> greetings = List.of("", "*2 $5 HELLO $1 3 ", "*2 $6 SELECT $1 1 ");
    for (int i = 0; i < 4; i++) {
      loop.connect(i);
      String greeting = i < 3 ? greetings.get(i) : greetings.get(2) + greetings.get(1);
      assertEquals(greeting + asked("a"), loop.sent(i));
    }
    loop.reply(0, ":-1 :0 ");
    loop.reply(1, "%1 $6 server $5 redis :-1 :1 ");
    loop.reply(2, "+OK :-1 :2 ");
    loop.reply(3, "+OK %0 :-1 :3 ");
    assertTold("a: :0 ", "a: :1 ", "a: :2 ", "a: :3 ");
    assertEquals(4, attempts());
  }

  @Test
  void password_isSentFirst() throws Exception {
    open("redis.url", "redis://u:p@localhost:1");
    reads.load(2, LLEN3, "a");
    loop.connect(0);
    assertEquals(
        "*3 $4 AUTH $1 u $1 p *2 $6 SELECT $1 2 *2 $5 HELLO $1 3 " + asked("a"), loop.sent(0));
    loop.reply(0, "+OK +OK %0 :-1 :5 ");
    assertTold("a: :5 ");
  }

  @Test
  void refusedGreeting_failsTheLoad() throws Exception {
    open("redis.url", "redis://:p@localhost:1");
    reads.load(0, LLEN, "a");
    for (int i = 0; i < 2; i++) {
      assertTold();
      loop.connect(i);
      loop.reply(i, "-WRONGPASS ");
    }
    assertTold("a: REDIS WRONGPASS");
    assertEquals(2, attempts());
  }

  @Test
  void tooManyConnections_areRefused() throws Exception {
    open();
    for (int db = 0; db < 16; db++) {
      reads.load(db, LLEN, "a");
      reads.load(db, LLEN3, "a");
    }
    assertTold();
    reads.load(16, LLEN, "a");
    assertTold("a: not cached");
    assertEquals(32, attempts());
  }

  // Replies that are not kept

  @Test
  void errorReply_failsWithRedissText() throws Exception {
    openAndLoad("a", "b");
    loop.reply(0, ":-1 ");
    loop.replyLine(0, "-WRONGTYPE not a list");
    assertTold("a: REDIS WRONGTYPE not a list");
    loop.reply(0, ":-1 :5 ");
    assertTold("b: :5 ");
    assertEquals(-1, reads.kept("a"));
  }

  @Test
  void errorAsBulkString_failsWithRedissText() throws Exception {
    openAndLoad("a", "b");
    loop.reply(0, ":-1 !9 WRONGTYPE :-1 :5 ");
    assertTold("a: REDIS WRONGTYPE", "b: :5 ");
  }

  @Test
  void largeReply_isNotCached() throws Exception {
    openAndLoad("a", "b");
    loop.reply(0, ":-1 $4 1234 :-1 $5 12345 ");
    assertTold("a: $4 1234 ", "b: not cached");
    assertEquals(-1, reads.kept("b"));
    assertEquals(1, reads.cache.stats().tooLarge());
  }

  @Test
  void largeReplyInParts_isNotCached_andIsReadToItsEnd() throws Exception {
    openAndLoad("a", "b");
    loop.reply(0, ":-1 $200000 " + "x".repeat(100_000));
    assertTold("a: not cached");
    loop.reply(0, "x".repeat(100_000) + " :-1 :5 ");
    assertTold("b: :5 ");
    assertTrue(loop.isOpen(0));
    assertEquals(1, attempts());
    assertEquals(1, reads.cache.stats().tooLarge());
  }

  @Test
  void hugeReply_isGivenUp_andLoadsBehindItAreAskedAgain() throws Exception {
    openAndLoad("a", "b", "c");
    loop.reply(0, ":-1 $1000000 " + "x".repeat(200_000));
    assertTold("a: not cached");
    assertTrue(loop.isOpen(0));
    loop.reply(0, "x".repeat(100_000));
    assertFalse(loop.isOpen(0));
    loop.connect(1);
    assertEquals(asked("b", "c"), loop.sent(1));
    loop.reply(1, ":-1 :5 :-1 :6 ");
    assertTold("b: :5 ", "c: :6 ");
  }

  @Test
  void loadsBehindTwoHugeReplies_areNotCached() throws Exception {
    openAndLoad("a", "b", "c");
    String huge = ":-1 $1000000 " + "x".repeat(300_000);
    loop.reply(0, huge);
    assertTold("a: not cached");
    loop.connect(1);
    loop.reply(1, huge);
    assertTold("b: not cached", "c: not cached");
    assertEquals(2, attempts());
  }

  /** One huge reply does not count for the next one. */
  @Test
  void connectionAfterAHugeReply_readsLargeOnesToTheirEnd() throws Exception {
    openAndLoad("a", "b", "c");
    loop.reply(0, ":-1 $1000000 " + "x".repeat(300_000));
    loop.connect(1);
    loop.reply(1, ":-1 $200000 " + "x".repeat(100_000));
    loop.reply(1, "x".repeat(100_000) + " :-1 :5 ");
    assertTold("a: not cached", "b: not cached", "c: :5 ");
    assertTrue(loop.isOpen(1));
  }

  // Lost connections

  @Test
  void lostConnection_isMadeAgainOnce() throws Exception {
    openAndLoad("a", "b");
    loop.reply(0, ":-1 :5 :-1 ");
    loop.close(0);
    assertTold("a: :5 ");
    loop.connect(1);
    assertEquals(asked("b"), loop.sent(1), "all of it");
    loop.close(1);
    assertTold("b: not cached");
    assertEquals(2, attempts());
    assertEquals(0, connected());
  }

  @Test
  void loadAfterALostConnection_opensAnother() throws Exception {
    openAndLoad("a");
    loop.reply(0, ":-1 :5 ");
    loop.close(0);
    assertEquals(1, attempts());
    reads.load(0, LLEN, "b");
    loop.connect(1);
    assertEquals(asked("b"), loop.sent(1));
  }

  @Test
  void unreachableRedis_isTriedTwice() throws Exception {
    open();
    reads.load(0, LLEN, "a");
    loop.refuse(0);
    assertTold();
    loop.refuse(1);
    assertTold("a: not cached");
    assertEquals(2, attempts());
  }

  @Test
  void inputThatIsNotResp_losesTheConnection() throws Exception {
    openAndLoad("a");
    loop.reply(0, "HTTP ");
    assertFalse(loop.isOpen(0));
    loop.connect(1);
    assertEquals(asked("a"), loop.sent(1));
  }

  // Deadlines

  @Test
  void lateLoad_isNotCached_andItsReplyIsSkipped() throws Exception {
    openAndLoad("a");
    time.pass(TIMEOUT - 1);
    reads.load(0, LLEN, "b");
    check();
    assertTold();
    time.pass(1);
    check();
    assertTold("a: not cached");
    assertTrue(loop.isOpen(0));
    loop.reply(0, ":-1 :5 :-1 :6 ");
    assertTold("b: :6 ");
    assertEquals(-1, reads.kept("a"));
  }

  @Test
  void silentConnection_isGivenUpAtTwiceTheDeadline() throws Exception {
    openAndLoad("a");
    time.pass(2 * TIMEOUT - 1);
    reads.load(0, LLEN, "b");
    check();
    assertTold("a: not cached");
    assertTrue(loop.isOpen(0));
    time.pass(1);
    check();
    assertTold("b: not cached");
    assertFalse(loop.isOpen(0));
    assertEquals(1, attempts());
    reads.load(0, LLEN, "c");
    loop.connect(1);
    assertEquals(asked("c"), loop.sent(1));
  }

  @Test
  void connectionThatIsNeverMade_isGivenUp() throws Exception {
    open();
    reads.load(0, LLEN, "a");
    time.pass(2 * TIMEOUT);
    check();
    assertTold("a: not cached");
    reads.load(0, LLEN, "b");
    assertEquals(2, attempts());
  }

  @Test
  void unusedConnection_isClosed() throws Exception {
    openAndLoad("a");
    loop.reply(0, ":-1 :5 ");
    time.pass(IDLE - 1);
    check();
    assertTrue(loop.isOpen(0));
    time.pass(1);
    check();
    assertFalse(loop.isOpen(0));
    assertEquals(0, connected());
  }

  @Test
  void usedConnection_staysOpen() throws Exception {
    openAndLoad("a");
    loop.reply(0, ":-1 :5 ");
    time.pass(IDLE - 1);
    reads.load(0, LLEN, "b");
    loop.reply(0, ":-1 :6 ");
    time.pass(IDLE - 1);
    check();
    assertTrue(loop.isOpen(0));
  }

  // The end

  @Test
  void renew_asksAgainOnce_overOtherConnections() throws Exception {
    openAndLoad("a");
    loop.run(loader::renew);
    assertFalse(loop.isOpen(0));
    loop.connect(1);
    assertEquals(asked("a"), loop.sent(1));
    assertTold();
    loop.run(loader::renew);
    assertTold("a: not cached");
    assertEquals(2, attempts());
  }

  /** What was to leave over the old connection leaves over the new one, once. */
  @Test
  void renew_beforeTheTurnEnds_sendsTheLoadsOnce() throws Exception {
    openAndLoad("a");
    loop.reply(0, ":-1 :5 ");
    loop.run(
        () -> {
          reads.cache.load(Key.of(0, new byte[] {'b'}), LLEN, "b", time.getAsLong());
          loader.renew();
        });
    loop.connect(1);
    assertEquals(asked("b"), loop.sent(1));
    assertEquals("", loop.sent(0));
  }

  @Test
  void renew_withoutLoads_onlyCloses() throws Exception {
    openAndLoad("a");
    loop.reply(0, ":-1 :5 ");
    loop.run(loader::renew);
    assertFalse(loop.isOpen(0));
    assertEquals(1, attempts());
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void stop_failsLoadsInFlight(boolean isConnected) throws Exception {
    open();
    reads.load(0, LLEN, "a");
    reads.load(1, LLEN, "b");
    if (isConnected) {
      loop.connect(0);
      loop.connect(1);
    }
    loop.run(loader::stop);
    assertEquals(
        List.of("a: not cached", "b: not cached"), reads.answers().stream().sorted().toList());
    assertEquals(0, connected());
    assertEquals(2, attempts());
  }

  // The times of all fields

  private static final Read HKEYS = Reads.read(Read.ALL_FIELDS, "hkeys");
  private static final String MAY_EXPIRE = "$9 hashtable $16 \ndb0:subexpiry=1 ";
  private static final String HPTTL = "*5 $5 HPTTL $1 a $6 FIELDS $1 1 $0  ";

  private void openAndLoadFields() throws Exception {
    open();
    reads.load(0, HKEYS, "a");
    loop.connect(0);
    loop.sent(0);
  }

  @Test
  void replyWithFieldsThatMayExpire_waitsForTheirTimes() throws Exception {
    openAndLoadFields();
    reads.load(0, LLEN, "b");
    loop.sent(0);
    loop.reply(0, ":-1 " + MAY_EXPIRE + "*1 $0  ");
    assertTold();
    assertEquals(HPTTL, loop.sent(0));
    loop.reply(0, ":-1 :5 ");
    assertTold("b: :5 ");
    loop.reply(0, "*1 :700 ");
    assertTold("a: *1 $0  ");
    assertEquals(700, reads.kept("a"));
  }

  @Test
  void replyWithFieldsThatDoNotExpire_isAnsweredAtOnce() throws Exception {
    openAndLoadFields();
    loop.reply(0, ":-1 $8 listpack $16 \ndb0:subexpiry=1 *1 $0  ");
    assertTold("a: *1 $0  ");
    assertEquals("", loop.sent(0));
    assertEquals(Reads.EXPIRY_MS, reads.kept("a"));
  }

  @Test
  void connectionLostBeforeTheTimes_isAskedForAllOverAgain() throws Exception {
    openAndLoadFields();
    loop.reply(0, ":-1 " + MAY_EXPIRE + "*1 $0  ");
    loop.sent(0);
    loop.close(0);
    loop.connect(1);
    assertTrue(loop.sent(1).endsWith("*2 $5 hkeys $1 a "));
    loop.reply(1, ":-1 " + MAY_EXPIRE + "*1 $0  ");
    loop.reply(1, "*1 :-1 ");
    assertTold("a: *1 $0  ");
    assertEquals(Reads.EXPIRY_MS, reads.kept("a"));
  }

  @Test
  void timesThatDoNotCome_failTheLoad() throws Exception {
    openAndLoadFields();
    time.pass(TIMEOUT - 1);
    loop.reply(0, ":-1 " + MAY_EXPIRE + "*1 $0  ");
    time.pass(TIMEOUT - 1);
    check();
    assertTold();
    time.pass(1);
    check();
    assertTold("a: not cached");
    loop.reply(0, "*1 :-1 ");
    assertTold();
    assertEquals(-1, reads.kept("a"));
  }
}
