package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.redis.client.RedisConnection;
import java.net.ConnectException;
import java.util.List;
import java.util.concurrent.TimeUnit;
import java.util.stream.IntStream;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.upstream.FakeRedis;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.KeepAlive;
import redisproxy.upstream.connection.Transport;

/** The loads of one database: their deadlines, and their fate when the connection is lost. */
class PipelineTest {
  private static final long TIMEOUT = 1_000;
  private static final long HOLD = 100;

  /** A connection that was up this long, in milliseconds, is reopened at once. */
  private static final long LASTED = 100;

  private static final String UNREACHABLE = "UNREACHABLE " + ValueStream.UNREACHABLE;
  private static final String LATE = "TIMEOUT Redis did not answer within 1000 ms";

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Reads reads = new Reads(loop, time);
  private Loader<String> loader;
  private Pipeline<String> pipeline;

  /** The longest that the next load waits for a connection, in milliseconds. */
  private long hold = HOLD;

  private final Link.Owner owner =
      new Link.Owner() {
        @Override
        public void connected(RedisConnection connection) {
          reads.told.add("connected");
        }

        @Override
        public void down(String reason) {
          reads.told.add("down: " + reason);
        }
      };

  @BeforeEach
  void open() throws Exception {
    Transport transport = time.transport("redis.max-loads", "7");
    loader =
        loop.call(
            () -> new Loader<>(time.vertx, transport, Reads.MAX, time, reads.cache, Reads.NOBODY));
    pipeline = loop.call(() -> new Pipeline<>(time.vertx, transport, 3, time, loader, owner));
    reads.loader = load -> pipeline.load(load, hold);
  }

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private FakeRedis client(int index) {
    return loop.clients.get(index);
  }

  private int attempts() {
    return loop.clients.size();
  }

  /** Opens a connection that counts as lasting. */
  private FakeRedis connect() throws Exception {
    loop.run(pipeline.link()::attempt);
    FakeRedis client = client(attempts() - 1).accept();
    time.pass(LASTED);
    assertTold("connected");
    return client;
  }

  private void refuse(int index) throws Exception {
    client(index).refuse(new ConnectException("refused"));
  }

  private void check() throws Exception {
    loop.run(pipeline::checkDeadlines);
  }

  private void assertTold(String... answers) {
    assertEquals(List.of(answers), reads.answers());
  }

  private static String pair(String key) {
    return "GETRANGE " + key + " 0 10, PTTL " + key;
  }

  private static String[] names(int from, int to) {
    return IntStream.range(from, to).mapToObj(i -> "k" + i).toArray(String[]::new);
  }

  private static String pairs(int from, int to) {
    return String.join(", ", List.of(names(from, to)).stream().map(PipelineTest::pair).toList());
  }

  /** Six commands for each load, and five others. */
  @Test
  void client_hasRoomForTheCommandsOfAllLoads() throws Exception {
    connect();
    assertEquals(7 * 6 + 5, client(0).options.getMaxWaitingHandlers());
    assertEquals(3, client(0).database);
  }

  @Test
  void loadsOfATurn_shareOneWrite() throws Exception {
    FakeRedis redis = connect();
    reads.load("a", "b");
    reads.load("c");
    assertEquals(List.of(pair("a") + ", " + pair("b"), pair("c")), redis.sent());
    redis.reply("x", 5, "", -2, "z", 5);
    assertTold("a: 'x'", "b: missing", "c: 'z'");
  }

  /** The replies to a batch are held until the last one, so batches are bounded. */
  @Test
  void loadsOfATurn_shareAWriteUpToSixteen() throws Exception {
    FakeRedis redis = connect();
    reads.load(names(0, 20));
    assertEquals(List.of(pairs(0, 16), pairs(16, 20)), redis.sent());
  }

  @Test
  void loads_useGet_onceGetrangeIsForbidden() throws Exception {
    FakeRedis redis = connect();
    loader.forbidRange("NOPERM");
    reads.load("a");
    assertEquals(List.of("GET a", "PTTL a"), redis.sent());
  }

  @Test
  void load_withoutAConnection_opensOneAndWaits() throws Exception {
    reads.load("a");
    assertEquals(1, attempts());
    time.pass(HOLD - 1);
    reads.load("b");
    assertFalse(pipeline.isIdle());
    client(0).accept();
    assertTold("connected");
    assertEquals(List.of(pair("a") + ", " + pair("b")), client(0).sent());
    time.pass(1);
    client(0).reply("x", 5, "y", 5);
    assertTold("a: 'x'", "b: 'y'");
  }

  @Test
  void heldLoad_failsAfterItsHoldTime() throws Exception {
    reads.load("a");
    time.pass(HOLD);
    assertTold("a: " + UNREACHABLE);
    reads.load("b");
    assertTold("b: " + UNREACHABLE);
    client(0).accept();
    assertTold("connected");
    assertEquals(List.of(), client(0).sent());
    assertTrue(pipeline.isIdle());
  }

  @Test
  void heldLoad_failsWhenTheAttemptFails() throws Exception {
    reads.load("a");
    refuse(0);
    assertTold("down: refused", "a: " + UNREACHABLE);
    reads.load("b");
    assertTold("b: " + UNREACHABLE);
    assertEquals(1, attempts(), "no new attempt so soon after a failure");
  }

  /** The hold timer of earlier loads must not fail the loads held now. */
  @Test
  void heldLoad_waitsItsFullHoldTime() throws Exception {
    hold = 300;
    reads.load("a");
    refuse(0);
    time.pass(200);
    reads.answers();
    loop.run(() -> pipeline.link().wanted(hold));
    reads.load("b");
    time.pass(299);
    assertTold();
    time.pass(1);
    assertTold("b: " + UNREACHABLE);
  }

  @Test
  void overdueLoad_fails_andItsLateReplyIsDiscarded() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    time.pass(500);
    reads.load("b");
    time.pass(TIMEOUT - 501);
    check();
    assertTold();
    time.pass(1);
    check();
    assertTold("a: " + LATE);
    redis.reply("x", 5, "y", 5);
    assertTold("b: 'y'");
    assertEquals(-1, reads.kept("a"));
    check();
    assertTold();
  }

  @Test
  void connectionToASilentServer_isClosed() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    time.pass(2 * TIMEOUT - 1);
    check();
    assertTold("a: " + LATE);
    reads.load("b");
    time.pass(1);
    assertFalse(redis.isClosed());
    check();
    assertTold("b: " + LATE, "down: no reply within 2000 ms");
    assertTrue(redis.isClosed());
    client(1).accept();
    assertEquals(List.of(), client(1).sent());
  }

  @Test
  void serverThatAnswersOneLoad_isNotSilent() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    time.pass(500);
    reads.load("b");
    redis.reply("x", 5);
    assertTold("a: 'x'");
    time.pass(2 * TIMEOUT - 500);
    check();
    assertTold("b: " + LATE);
    assertFalse(redis.isClosed());
  }

  /** Loads only read, so they can be sent twice. */
  @Test
  void lostConnection_retriesLoadsOnTheNext() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    reads.load("b");
    redis.reply("x", 5);
    reads.load("c");
    redis.sent();
    redis.lose();
    assertTold("a: 'x'", "down: the connection was closed");
    client(1).accept();
    assertEquals(List.of(pair("b") + ", " + pair("c")), client(1).sent());
    client(1).reply("y", 5, "z", 5);
    assertTold("connected", "b: 'y'", "c: 'z'");
    assertTrue(pipeline.isIdle());
  }

  @Test
  void lostConnection_failsOverdueLoads() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    time.pass(TIMEOUT);
    reads.load("b");
    redis.lose();
    assertTold("down: the connection was closed", "a: " + UNREACHABLE);
    client(1).accept();
    assertTold("connected");
    assertEquals(List.of(pair("b")), client(1).sent());
  }

  @Test
  void loadDuringAReconnection_waitsUntilItsDeadline() throws Exception {
    connect().lose();
    assertTold("down: the connection was closed");
    reads.load("a");
    time.pass(TIMEOUT - 1);
    assertTold();
    time.pass(1);
    assertTold("a: " + UNREACHABLE);
  }

  /** A load whose connection is lost shortly before its deadline still has that deadline. */
  @Test
  void loadHeldAfterALoss_failsAtItsOwnDeadline() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    time.pass(900);
    redis.lose();
    reads.told.clear();
    time.pass(99);
    check();
    assertEquals(List.of(), reads.answers());
    time.pass(1);
    check();
    assertEquals(1, reads.answers().size());
  }

  /** The new connection owes a reply for 1050 ms, not for twice the timeout of 1000 ms. */
  @Test
  void newConnection_isNotClosedForTheOldOnesSilence() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    time.pass(900);
    redis.lose();
    time.pass(50);
    FakeRedis next = client(1).accept();
    reads.told.clear();
    time.pass(1_050);
    check();
    assertEquals(List.of("a: TIMEOUT Redis did not answer within 1000 ms"), reads.answers());
    assertFalse(next.isClosed());
    time.pass(950);
    check();
    assertTrue(next.isClosed());
  }

  @Test
  void failedReconnection_failsLoads() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    redis.lose();
    reads.load("b");
    refuse(1);
    assertTold(
        "down: the connection was closed",
        "down: refused",
        "a: " + UNREACHABLE,
        "b: " + UNREACHABLE);
  }

  @Test
  void shortLivedConnection_failsLoads() throws Exception {
    reads.load("a");
    client(0).accept();
    time.pass(LASTED - 1);
    client(0).lose();
    assertTold("connected", "down: the connection was closed", "a: " + UNREACHABLE);
    assertEquals(1, attempts());
    assertTrue(pipeline.isIdle());
  }

  @Test
  void connectionLostBeforeTheWrite_retriesTheLoad() throws Exception {
    FakeRedis redis = connect();
    reads.loader =
        load -> {
          pipeline.load(load, hold);
          pipeline.link().abandon("given up");
        };
    reads.load("a");
    assertTold("down: given up");
    assertEquals(List.of(), redis.sent());
    client(1).accept();
    assertEquals(List.of(pair("a")), client(1).sent());
  }

  @Test
  void isIdleFor_countsFromTheLastLoad() throws Exception {
    FakeRedis redis = connect();
    assertTrue(pipeline.isIdle());
    reads.load("a");
    time.pass(100);
    assertFalse(pipeline.isIdleFor(0));
    redis.reply("x", 5);
    assertTrue(pipeline.isIdle());
    assertTrue(pipeline.isIdleFor(100));
    assertFalse(pipeline.isIdleFor(101));
  }

  @Test
  void stop_failsLoads_andClosesTheConnection() throws Exception {
    FakeRedis redis = connect();
    reads.load("a");
    assertTrue(loop.call(pipeline::stop).succeeded());
    assertTold("a: " + UNREACHABLE);
    assertTrue(redis.isClosed());
    reads.load("b");
    assertTold("b: " + UNREACHABLE);
  }

  @Test
  void stop_failsHeldLoads() throws Exception {
    reads.load("a");
    loop.run(pipeline::stop);
    assertTold("a: " + UNREACHABLE);
  }

  private static void awaitDue(KeepAlive keepAlive) {
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(keepAlive::isDue);
  }

  private List<String> keptAlive(FakeRedis redis) throws Exception {
    loop.run(pipeline::keepAlive);
    return redis.sent();
  }

  /** Redis may close idle connections. At most one PING is in flight. */
  @Test
  void idleConnection_isKeptOpenWithPings() throws Exception {
    FakeRedis redis = connect();
    awaitDue(new KeepAlive());
    assertEquals(List.of("PING"), keptAlive(redis));
    awaitDue(new KeepAlive());
    assertEquals(List.of(), keptAlive(redis));
    redis.reply("+PONG");
    assertEquals(List.of("PING"), keptAlive(redis));
  }

  /** A PING without a reply must not block the PINGs of the next connection. */
  @Test
  void keepAlive_ofTheNextConnection_doesNotWaitForAnOldReply() throws Exception {
    loop.run(pipeline::keepAlive);
    FakeRedis lost = connect();
    awaitDue(new KeepAlive());
    assertEquals(List.of("PING"), keptAlive(lost));
    lost.lose();
    loop.run(pipeline::keepAlive);
    client(1).accept();
    awaitDue(new KeepAlive());
    assertSame(client(1), pipeline.link().connection());
    assertEquals(List.of("PING"), keptAlive(client(1)));
  }
}
