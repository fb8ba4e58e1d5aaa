package redisproxy.upstream.load;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.redis.client.RedisConnection;
import java.net.ConnectException;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.cache.Failure;
import redisproxy.cache.Read;
import redisproxy.metrics.Connections;
import redisproxy.upstream.FakeRedis;
import redisproxy.upstream.Loop;
import redisproxy.upstream.Reads;
import redisproxy.upstream.Server;
import redisproxy.upstream.VirtualTime;
import redisproxy.upstream.connection.Transport;

/** Loads of all databases, and what the loader reports about Redis. */
class LoaderTest {
  private static final long TIMEOUT = 1_000;
  private static final String UNREACHABLE = "UNREACHABLE " + ValueStream.UNREACHABLE;
  private static final List<Object> HELLO = List.of("server", "redis", "version", "7.4.1");
  private static final Read LLEN = Reads.read(0, "llen");
  private static final List<Object> COMMANDS =
      List.of(List.of("get", 2, List.of("+readonly"), 1, 1, 1));

  private final Loop loop = new Loop();
  private final VirtualTime time = new VirtualTime(loop);
  private final Reads reads = new Reads(loop, time);
  private final List<Boolean> reachable = new ArrayList<>();
  private final List<Server> known = new ArrayList<>();
  private Loader<String> loader;
  private Future<Void> started;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Transport transport = time.transport(settings);
    loader =
        loop.call(
            () -> new Loader<>(time.vertx, transport, Reads.MAX, time, reads.cache, new Owner()));
    reads.loader = loader::load;
    started = loop.call(loader::start);
  }

  private final class Owner implements Loader.Owner {
    @Override
    public void connected(RedisConnection connection) {
      reachable.add(true);
    }

    @Override
    public void known(Server server) {
      known.add(server);
    }

    @Override
    public void lost(boolean isRefused) {
      reachable.add(false);
    }
  }

  /** Opens a connection over which Redis has reported its properties. */
  private FakeRedis openAndConnect(String... settings) throws Exception {
    open(settings);
    return connect(0);
  }

  private FakeRedis connect(int index) throws Exception {
    FakeRedis redis = client(index).accept();
    redis.reply(HELLO, COMMANDS);
    redis.sent();
    return redis;
  }

  private FakeRedis client(int index) {
    return loop.clients.get(index);
  }

  private void refuse(int index) throws Exception {
    client(index).refuse(new ConnectException("refused"));
  }

  /** How many clients were made for a database. */
  private long attempts(int db) {
    return loop.clients.stream().filter(client -> client.database == db).count();
  }

  private void assertTold(String... answers) {
    assertEquals(List.of(answers), reads.answers());
  }

  private void keep(FakeRedis redis, String key) throws Exception {
    reads.load(key);
    redis.reply("v", -1);
    assertTold(key + ": 'v'");
    assertEquals(Reads.EXPIRY_MS, reads.kept(key));
  }

  private Reachability reachability() throws Exception {
    return loop.call(loader::reachability);
  }

  @Test
  void start_completesWhenRedisHasReportedItsProperties() throws Exception {
    open();
    client(0).accept();
    assertEquals(List.of("HELLO 2", "COMMAND"), client(0).sent());
    client(0).reply(HELLO);
    assertFalse(started.isComplete());
    client(0).reply(COMMANDS);
    assertTrue(started.succeeded());
    assertEquals(1, known.size());
    assertEquals("7.4.1", known.get(0).hello().get("version"));
    assertFalse(known.get(0).commands().isEmpty());
  }

  @Test
  void start_completesWhenRedisIsUnreachable() throws Exception {
    open();
    assertFalse(started.isComplete());
    refuse(0);
    assertTrue(started.succeeded());
    assertEquals(List.of(), known);
  }

  @Test
  void start_doesNotWaitForASilentRedis() throws Exception {
    open();
    time.pass(999);
    assertFalse(started.isComplete());
    time.pass(1);
    assertTrue(started.succeeded());
  }

  @Test
  void reachability_followsTheConnection() throws Exception {
    open();
    assertEquals(new Reachability(false, false, "not connected yet"), reachability());
    refuse(0);
    assertEquals(new Reachability(false, false, "refused"), reachability());
    time.pass(100);
    connect(1);
    assertEquals(new Reachability(true, true, ""), reachability());
    client(1).lose();
    assertEquals(new Reachability(false, true, "the connection was closed"), reachability());
    assertEquals(List.of(false, true, false), reachable);
  }

  @Test
  void load_usesTheDatabaseOfItsKey() throws Exception {
    FakeRedis home = openAndConnect("redis.url", "redis://localhost:1/2");
    reads.load(2, "a");
    assertEquals(List.of("GETRANGE a 0 10, PTTL a"), home.sent());
    assertEquals(1, loop.clients.size());
    reads.load(0, "b");
    assertEquals(0, client(1).database);
    client(1).accept();
    assertEquals(List.of("GETRANGE b 0 10, PTTL b"), client(1).sent());
    assertEquals(List.of(), home.sent());
  }

  @Test
  void loadAtTheStart_waitsBrieflyForTheFirstAttempt() throws Exception {
    open();
    reads.load("a");
    time.pass(99);
    assertTold();
    time.pass(1);
    assertTold("a: " + UNREACHABLE);
  }

  /** While Redis is reachable, it is worth waiting for a connection to another database. */
  @ParameterizedTest
  @CsvSource({"true, 1000", "false, 100"})
  void loadOfAnotherDatabase_waitsLongerWhileRedisIsReachable(boolean connected, long wait)
      throws Exception {
    open();
    if (connected) {
      connect(0);
    }
    reads.load(1, "a");
    time.pass(wait - 1);
    assertTold();
    time.pass(1);
    assertTold("1/a: " + UNREACHABLE);
  }

  @Test
  void tooManyDatabases_areRefused() throws Exception {
    openAndConnect();
    for (int db = 1; db <= 15; db++) {
      reads.load(db, "a");
    }
    assertTold();
    reads.load(16, "a");
    assertTold("16/a: OVERLOADED too many databases are being read at a time");
    assertEquals(0, attempts(16));
  }

  @Test
  void deadlines_areCheckedInEveryDatabase() throws Exception {
    openAndConnect();
    reads.load("a");
    reads.load(1, "b");
    client(1).accept();
    time.pass(TIMEOUT - 1);
    assertTold();
    // Deadlines are checked twenty times per timeout.
    time.pass(TIMEOUT / 20);
    String late = "TIMEOUT Redis did not answer within 1000 ms";
    assertTold("a: " + late, "1/b: " + late);
  }

  @Test
  void connectionToAnUnusedDatabase_isClosed() throws Exception {
    openAndConnect();
    reads.load(1, "a");
    client(1).accept().reply("v", 5);
    time.pass(61_000);
    assertTrue(client(1).isClosed());
    assertEquals(1, attempts(1));
  }

  /** The address may lead to another server after each reconnect. */
  @Test
  void otherDatabases_areReconnectedWithTheConfiguredOne() throws Exception {
    FakeRedis home = openAndConnect();
    reads.load(1, "a");
    client(1).accept().reply("v", 5);
    time.pass(100);
    home.lose();
    assertTrue(client(1).isClosed());
    assertEquals(2, attempts(1));
    client(3).accept();
    connect(2);
    assertTrue(client(3).isClosed());
    assertEquals(3, attempts(1));
  }

  @Test
  void laterFailures_keepOtherDatabasesConnected() throws Exception {
    FakeRedis home = openAndConnect();
    time.pass(100);
    home.lose();
    refuse(1);
    reads.load(1, "a");
    assertEquals(1, attempts(1));
    client(2).accept();
    time.pass(100);
    refuse(3);
    assertEquals(3, attempts(0), "the configured database's link has failed again");
    assertFalse(client(2).isClosed());
  }

  @ParameterizedTest
  @CsvSource({
    "redis://localhost:1, NOAUTH Authentication required., NO_PASSWORD",
    "redis://localhost:1, WRONGPASS invalid username-password pair, UNREACHABLE",
    "redis://:p@localhost:1, WRONGPASS invalid username-password pair, UNREACHABLE",
    "redis://:p@localhost:1, NOAUTH Authentication required., UNREACHABLE"
  })
  void refusedCredentials_clearTheCache(String url, String error, String kind) throws Exception {
    FakeRedis home = openAndConnect("redis.url", url);
    keep(home, "a");
    time.pass(100);
    home.lose();
    assertEquals(
        Reads.EXPIRY_MS - 100, reads.kept("a"), "a lost connection does not clear the cache");
    client(1).refuse(error);
    assertEquals(-1, reads.kept("a"));
    reads.load("a");
    assertTold("a: " + kind + " Redis refuses the proxy's credentials");
  }

  /** The client learns the reason from the stream over which Redis is then asked. */
  @Test
  void readOfAReply_whenRedisIsUnreachable_isNotCached() throws Exception {
    open();
    reads.load(0, LLEN, "a");
    assertTold("a: not cached");
    assertEquals(0, loop.connections.size());
  }

  @Test
  void replyConnections_areReconnectedWithTheConfiguredDatabase() throws Exception {
    FakeRedis home = openAndConnect();
    reads.load(0, LLEN, "a");
    loop.connect(0);
    assertCounted(2, 2);
    loop.reply(0, ":-1 :5 ");
    assertTold("a: :5 ");
    time.pass(100);
    home.lose();
    assertFalse(loop.isOpen(0));
    assertCounted(0, 2);
    connect(1);
    reads.load(0, LLEN, "b");
    loop.connect(1);
    loop.reply(1, ":-1 :6 ");
    assertTold("b: :6 ");
  }

  @Test
  void deadlinesOfReplies_areChecked() throws Exception {
    openAndConnect();
    reads.load(0, LLEN, "a");
    loop.connect(0);
    time.pass(TIMEOUT);
    assertTold("a: not cached");
  }

  @Test
  void abandon_replacesReplyConnections() throws Exception {
    openAndConnect();
    reads.load(0, LLEN, "a");
    loop.connect(0);
    loop.run(() -> loader.abandon("not to be believed"));
    assertFalse(loop.isOpen(0));
  }

  @Test
  void stop_failsLoadsOfReplies() throws Exception {
    openAndConnect();
    reads.load(0, LLEN, "a");
    loop.connect(0);
    assertTrue(loop.call(loader::stop).succeeded());
    assertFalse(loop.isOpen(0));
    assertTold("a: not cached");
  }

  private void assertCounted(long open, long total) throws Exception {
    Connections connections = new Connections();
    loop.run(() -> loader.count(connections));
    assertEquals(open, connections.open(Connections.Kind.LOADER));
    assertEquals(total, connections.total(Connections.Kind.LOADER));
  }

  @Test
  void count_includesAllDatabases_andPastConnections() throws Exception {
    FakeRedis home = openAndConnect();
    assertCounted(1, 1);
    reads.load(1, "a");
    client(1).accept();
    assertCounted(2, 2);
    home.lose();
    assertCounted(0, 2);
  }

  @Test
  void abandon_replacesAllConnections() throws Exception {
    FakeRedis home = openAndConnect();
    reads.load(1, "a");
    client(1).accept();
    time.pass(100);
    loop.run(() -> loader.abandon("not to be believed"));
    assertTrue(home.isClosed());
    assertTrue(client(1).isClosed());
    assertEquals("not to be believed", reachability().reason());
    assertEquals(2, attempts(0));
  }

  @Test
  void abandon_withoutTheConfiguredDatabase_replacesTheOthers() throws Exception {
    open();
    refuse(0);
    reads.load(1, "a");
    client(1).accept();
    loop.run(() -> loader.abandon("not to be believed"));
    assertTrue(client(1).isClosed());
    assertEquals("refused", reachability().reason());
  }

  @Test
  void stop_closesAllConnections_andFailsTheirLoads() throws Exception {
    FakeRedis home = openAndConnect();
    reads.load("a");
    reads.load(1, "b");
    assertTrue(loop.call(loader::stop).succeeded());
    assertTrue(home.isClosed());
    assertTrue(client(1).isClosed());
    assertTold("a: " + UNREACHABLE, "1/b: " + UNREACHABLE);
    time.pass(10_000);
    assertEquals(2, loop.clients.size());
  }

  @Test
  void broken_clearsTheCache() throws Exception {
    keep(openAndConnect(), "a");
    Failure told = loop.call(() -> loader.broken(new IllegalStateException("a fault of the test")));
    assertSame(Failure.BROKEN, told);
    assertEquals(-1, reads.kept("a"));
  }

  @Test
  void idleConnection_isKeptOpenWithPings() throws Exception {
    FakeRedis home = openAndConnect();
    Awaitility.await()
        .atMost(10, TimeUnit.SECONDS)
        .until(
            () -> {
              time.pass(TIMEOUT / 20);
              return home.sent().contains("PING");
            });
  }
}
