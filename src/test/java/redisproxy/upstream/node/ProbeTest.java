package redisproxy.upstream.node;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Future;
import io.vertx.core.Promise;
import io.vertx.redis.client.RedisConnection;
import io.vertx.redis.client.Response;
import java.lang.reflect.Proxy;
import java.util.List;
import java.util.Map;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.function.Supplier;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.config.Configuration;
import redisproxy.upstream.Loop;
import redisproxy.upstream.connection.Transport;

/** What a server says about its role and its access rules, without a socket. */
class ProbeTest {
  private static final String HELLO = "*2 $5 HELLO $1 2 ";
  private static final String MASTER = "*2 $4 role $6 master ";
  private static final String REPLICA = "*2 $4 role $7 replica ";

  private final Loop loop = new Loop();
  private final AtomicLong clock = new AtomicLong();
  private final List<String> told = new CopyOnWriteArrayList<>();
  private boolean moves = true;
  private Probe probe;

  @AfterEach
  void stop() throws Exception {
    loop.close();
  }

  private void open(String... settings) throws Exception {
    Transport transport = loop.transport(settings);
    probe =
        loop.call(
            () -> {
              Probe made = new Probe(loop.vertx, transport, clock::get, new Owner());
              made.start(Configuration.parse(Map.of()).coherence());
              return made;
            });
  }

  private final class Owner implements Probe.Owner {
    @Override
    public void admitted() {
      told.add("admitted");
    }

    @Override
    public void refused() {
      told.add("refused");
    }

    @Override
    public void accessUnknown() {
      told.add("unknown");
    }

    @Override
    public boolean masterFound(long openedAt) {
      told.add("master");
      return moves;
    }
  }

  private Future<Void> accessChanged() throws Exception {
    return loop.call(() -> probe.accessChanged());
  }

  private static void await(Future<?> known) {
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(known::isComplete);
    assertTrue(known.succeeded());
  }

  private void loaderReads(String role) throws Exception {
    loop.run(() -> probe.roleSaid(role));
  }

  /** The proxy has a password, so nothing is asked about access. */
  private void openWithPassword() throws Exception {
    open("redis.url", "redis://:p@localhost:1");
  }

  private int asked() {
    return loop.connections.size();
  }

  // Access

  @ParameterizedTest
  @CsvSource({
    "'*2 $4 role $6 master ', admitted",
    "'-NOPERM ', admitted",
    "'-NOAUTH ', refused",
    "'-DENIED ', unknown",
    "'-ERR ', unknown",
    "'', unknown"
  })
  void accessChanged_reportsRedissAnswer(String reply, String expected) throws Exception {
    open();
    Future<Void> known = accessChanged();
    loop.connect(0);
    assertEquals(HELLO, loop.sent(0));
    if (reply.isEmpty()) {
      loop.close(0);
    } else {
      loop.reply(0, reply);
    }
    await(known);
    assertEquals(List.of(expected), told);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
  }

  @ParameterizedTest
  @CsvSource({
    "-ERR unknown command `HELLO`, admitted",
    "-ERR max number of clients reached, unknown",
    "-NOAUTH HELLO must be called with the client already authenticated, refused"
  })
  void accessChanged_onALongError_reportsItsMeaning(String reply, String expected)
      throws Exception {
    open();
    Future<Void> known = accessChanged();
    loop.connect(0);
    loop.replyLine(0, reply);
    await(known);
    assertEquals(List.of(expected), told);
  }

  @Test
  void accessChanged_whenRedisIsUnreachable_isUnknown() throws Exception {
    open();
    Future<Void> known = accessChanged();
    loop.refuse(0);
    await(known);
    assertEquals(List.of("unknown"), told);
  }

  /** The result arrives on the event loop, because the caller's code runs there. */
  @Test
  void accessChanged_whenRedisIsSilent_isUnknownInTime() throws Exception {
    open("redis.load-timeout", "100ms");
    Future<Void> known = accessChanged();
    known.onComplete(over -> told.add(Thread.currentThread().getName()));
    loop.connect(0);
    await(known);
    String thread = loop.call(() -> Thread.currentThread().getName());
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> told.size() == 2);
    assertEquals(List.of("unknown", thread), told);
  }

  /** Redis may have answered a question that is under way before the change. */
  @Test
  void accessChanged_whileAsking_asksAgain() throws Exception {
    open();
    Future<Void> first = accessChanged();
    loop.connect(0);
    Future<Void> second = accessChanged();
    assertEquals(1, asked());
    loop.reply(0, MASTER);
    await(first);
    assertFalse(second.isComplete());
    assertEquals(2, asked());
    loop.connect(1);
    loop.reply(1, "-NOAUTH ");
    await(second);
    assertEquals(List.of("admitted", "refused"), told);
  }

  /** A reply may come in two reads. */
  @Test
  void splitReply_isReadWhole() throws Exception {
    open();
    Future<Void> known = accessChanged();
    loop.connect(0);
    loop.reply(0, "-NOA");
    assertFalse(known.isComplete());
    loop.reply(0, "UTH ");
    await(known);
    assertEquals(List.of("refused"), told);
  }

  @Test
  void accessChanged_whenTheProxyHasAPassword_asksNothing() throws Exception {
    openWithPassword();
    await(accessChanged());
    assertEquals(0, asked());
    assertEquals(List.of(), told);
  }

  // Role

  @Test
  void demotedMaster_isLeftForAnotherMaster() throws Exception {
    openWithPassword();
    loaderReads("master");
    loaderReads("replica");
    assertEquals(1, asked());
    loop.connect(0);
    assertEquals("*5 $5 HELLO $1 2 $4 AUTH $7 default $1 p ", loop.sent(0));
    loop.reply(0, MASTER);
    assertEquals(List.of("master"), told);
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> !loop.isOpen(0));
  }

  @Test
  void demotedMaster_isNotLeftForAReplica() throws Exception {
    openWithPassword();
    loaderReads("master");
    loaderReads("replica");
    loop.connect(0);
    loop.reply(0, REPLICA);
    assertEquals(List.of(), told);
    // It does not ask again at once.
    loaderReads("replica");
    assertEquals(1, asked());
    clock.addAndGet(60_000);
    loaderReads("replica");
    assertEquals(2, asked());
  }

  @Test
  void replicaSinceTheStart_isKept() throws Exception {
    openWithPassword();
    loaderReads("replica");
    loaderReads("");
    assertEquals(0, asked());
  }

  @Test
  void serverWithoutARole_isKept() throws Exception {
    openWithPassword();
    loaderReads("master");
    loaderReads("");
    assertEquals(0, asked());
  }

  @Test
  void question_isNotAskedWhileAnotherIsUnderWay() throws Exception {
    openWithPassword();
    loaderReads("master");
    loaderReads("replica");
    clock.addAndGet(60_000);
    loaderReads("replica");
    assertEquals(1, asked());
    loop.refuse(0);
    loaderReads("replica");
    assertEquals(2, asked());
  }

  /** New connections lead to a master, but the loader gets a replica each time. */
  @Test
  void searchForAMaster_endsAfterThreeVainRenewals() throws Exception {
    openWithPassword();
    loaderReads("master");
    for (int i = 0; i < 3; i++) {
      clock.addAndGet(60_000);
      loaderReads("replica");
      assertEquals(i + 1, asked());
      loop.connect(i);
      loop.reply(i, MASTER);
    }
    clock.addAndGet(60_000);
    loaderReads("replica");
    assertEquals(3, asked());
    assertEquals(List.of("master", "master", "master"), told);
    // It begins again after the loader has read from a master.
    loaderReads("master");
    clock.addAndGet(60_000);
    loaderReads("replica");
    assertEquals(4, asked());
  }

  /** If no connection is renewed for a master, it does not count as a vain renewal. */
  @Test
  void masterWithoutRenewal_isNotCounted() throws Exception {
    openWithPassword();
    moves = false;
    loaderReads("master");
    for (int i = 0; i < 5; i++) {
      clock.addAndGet(60_000);
      loaderReads("replica");
      loop.connect(i);
      loop.reply(i, MASTER);
    }
    assertEquals(5, asked());
  }

  @Test
  void writesTaken_reportsAMaster() throws Exception {
    openWithPassword();
    loop.run(() -> probe.writesTaken(1));
    assertEquals(List.of("master"), told);
    assertEquals(0, asked());
  }

  /** The same HELLO reply shows both access and role. */
  @Test
  void questionAboutAccess_findsAMasterToo() throws Exception {
    open();
    loaderReads("master");
    loaderReads("replica");
    loop.connect(0);
    loop.reply(0, REPLICA);
    Future<Void> known = accessChanged();
    loop.connect(1);
    loop.reply(1, MASTER);
    await(known);
    assertEquals(List.of("admitted", "admitted", "master"), told);
  }

  // The loader's connection

  private static RedisConnection connection(Supplier<Future<Response>> reply) {
    Class<?>[] interfaces = {RedisConnection.class};
    return (RedisConnection)
        Proxy.newProxyInstance(
            ProbeTest.class.getClassLoader(),
            interfaces,
            (proxy, method, arguments) ->
                switch (method.getName()) {
                  case "send" -> reply.get();
                  case "equals" -> proxy == arguments[0];
                  case "hashCode" -> 1;
                  default -> throw new UnsupportedOperationException(method.getName());
                });
  }

  /** A new connection is asked too, even if the one before refused the question. */
  @Test
  void loadersConnection_isAskedForItsRole() throws Exception {
    openWithPassword();
    AtomicInteger questions = new AtomicInteger();
    Promise<Response> never = Promise.promise();
    RedisConnection silent =
        connection(
            () -> {
              questions.incrementAndGet();
              return never.future();
            });
    RedisConnection refuses =
        connection(
            () -> {
              questions.incrementAndGet();
              loop.context.runOnContext(turn -> probe.connected(silent));
              return Future.failedFuture("ERR unknown command");
            });
    loop.run(() -> probe.connected(refuses));
    Awaitility.await().atMost(10, TimeUnit.SECONDS).until(() -> questions.get() == 2);
    assertEquals(0, asked());
  }
}
