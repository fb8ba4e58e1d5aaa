package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CopyOnWriteArrayList;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.awaitility.Awaitility;
import org.awaitility.core.ConditionFactory;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.ToRedis;
import redisproxy.upstream.connection.Transport;
import redisproxy.upstream.feed.Feed;

/** The feed with a real Redis and with a fake one that fails. */
class FeedIT {
  private static final String INVALIDATE = ">2\r\n$10\r\ninvalidate\r\n";

  @RegisterExtension final Opened opened = new Opened();

  private final Vertx vertx = Vertx.vertx();

  @AfterEach
  void stop() throws Exception {
    vertx.close().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  /** A feed on its own event loop, and all its events. */
  private final class Watched extends VerticleBase implements Feed.Owner {
    // A queue: some tests add 200,000 events, and others read while the loop adds.
    private final Queue<String> events = new ConcurrentLinkedQueue<>();
    private final Settings settings;
    private Feed feed;
    private Context loop;

    Watched(String url, String... settings) {
      Map<String, String> all = new HashMap<>();
      all.put("redis.url", url);
      all.put("redis.backoff-max", "50ms");
      all.put("redis.connect-timeout", "10s");
      all.put("coherence.heartbeat", "10s");
      for (int i = 0; i < settings.length; i += 2) {
        all.put(settings[i], settings[i + 1]);
      }
      this.settings = Configuration.parse(all);
      FeedIT.this.vertx.deployVerticle(this).toCompletionStage().toCompletableFuture().join();
    }

    @Override
    public Future<?> start() {
      loop = context;
      feed =
          new Feed(
              vertx,
              new Transport(vertx, settings.redis(), new ToRedis(settings.redis())),
              settings.coherence(),
              () -> TimeUnit.NANOSECONDS.toMillis(System.nanoTime()),
              this);
      feed.start();
      return Future.succeededFuture();
    }

    @Override
    public Future<?> stop() {
      return feed.stop();
    }

    <T> T onLoop(Function<Feed, T> question) {
      CompletableFuture<T> answer = new CompletableFuture<>();
      loop.runOnContext(turn -> answer.complete(question.apply(feed)));
      return answer.orTimeout(20, TimeUnit.SECONDS).join();
    }

    CompletableFuture<Boolean> fence() {
      CompletableFuture<Boolean> passed = new CompletableFuture<>();
      loop.runOnContext(turn -> feed.fence(passed::complete));
      return passed.orTimeout(20, TimeUnit.SECONDS);
    }

    /** Returns the events up to a fence, and forgets them. */
    List<String> upToFence() {
      assertTrue(fence().join());
      List<String> said = events();
      forget();
      return said;
    }

    /** A copy of the events so far. */
    List<String> events() {
      return List.copyOf(events);
    }

    void forget() {
      events.clear();
    }

    void awaitEvents(String... expected) {
      await().untilAsserted(() -> assertEquals(List.of(expected), events()));
    }

    private void said(String event) {
      assertTrue(Context.isOnEventLoopThread());
      events.add(event);
    }

    @Override
    public void established() {
      said("established");
    }

    @Override
    public void lost(String reason) {
      said("lost: " + reason);
    }

    @Override
    public void refused(String reason) {
      said("refused: " + reason);
    }

    @Override
    public void invalidate(byte[] key) {
      said("key " + new String(key, StandardCharsets.UTF_8));
    }

    @Override
    public void invalidateAll() {
      said("all");
    }
  }

  /** Ignores missing events, which may still come. */
  private static ConditionFactory await() {
    return Awaitility.await().ignoreExceptionsInstanceOf(IndexOutOfBoundsException.class);
  }

  /** The answers of a Redis with tracking. */
  private static String usual(List<String> command) {
    return command.get(0).equals("PING") ? "+PONG\r\n" : "+OK\r\n";
  }

  private static String pushOf(String... keys) {
    StringBuilder push = new StringBuilder(INVALIDATE + "*" + keys.length + "\r\n");
    for (String key : keys) {
      push.append("$" + key.length() + "\r\n" + key + "\r\n");
    }
    return push.toString();
  }

  @Test
  void writes_areInvalidated() {
    EmbeddedRedis redis = opened.redis();
    RespClient writer = opened.client(redis);
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    assertEquals(List.of("established"), watched.upToFence());
    writer.call("SET", "a", "1");
    assertEquals(List.of("key a"), watched.upToFence());
    writer.call("RENAME", "a", "b");
    assertEquals(List.of("key a", "key b"), watched.upToFence());
    writer.call("EVAL", "redis.call('SET','s1',1) redis.call('SET','s2',1)", "0");
    assertEquals(List.of("key s1", "key s2"), watched.upToFence());
    writer.call("DEL", "b");
    writer.call("DEL", "none");
    assertEquals(List.of("key b"), watched.upToFence());
    writer.call("SELECT", "5");
    writer.call("SET", "p", "1", "PX", "20");
    watched.awaitEvents("key p", "key p");
    watched.forget();
    writer.call("FLUSHALL");
    assertEquals(List.of("all"), watched.upToFence());
    Feed.Stats stats = watched.onLoop(Feed::stats);
    assertEquals(8, stats.keys());
    assertEquals(1, stats.flushes());
    assertEquals(6, stats.fences());
    assertTrue(stats.lastToldAt() >= 0);
  }

  @Test
  void everyWrite_isInvalidatedBeforeALaterFencePasses() {
    EmbeddedRedis redis = opened.redis("io-threads 4", "io-threads-do-reads yes");
    RespClient writer = opened.client(redis);
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    watched.forget();
    int writes = Integer.getInteger("test.fences", 2000);
    for (int i = 0; i < writes; i++) {
      writer.call("SET", "k" + i, "v");
      assertEquals(List.of("key k" + i), watched.upToFence());
    }
  }

  @Test
  void onlyKeysWithThePrefixes_areInvalidated() {
    EmbeddedRedis redis = opened.redis();
    RespClient writer = opened.client(redis);
    Watched watched = new Watched(redis.url(), "coherence.prefixes", "user:,é");
    watched.awaitEvents("established");
    watched.forget();
    writer.call("MSET", "user:1", "1", "other", "1", "\u00c3\u00a9", "1");
    List<String> told = new ArrayList<>(watched.upToFence());
    told.sort(null);
    assertEquals(List.of("key user:1", "key é"), told);
  }

  @Test
  void wrongPassword_isReportedAsLost() {
    EmbeddedRedis redis = opened.redis("requirepass secret");
    Watched right = new Watched(redis.url(), "redis.password", "secret");
    right.awaitEvents("established");
    Watched wrong = new Watched(redis.url(), "redis.password", "guess");
    await()
        .untilAsserted(
            () ->
                assertTrue(
                    wrong.events().get(0).startsWith("lost: WRONGPASS"), "" + wrong.events()));
  }

  @Test
  void userWithoutTheRightToTrack_isRefused_andTriedAgain() {
    EmbeddedRedis redis = opened.redis("user reader on >pw ~* +@read +hello +ping +client|setname");
    RespClient admin = opened.client(redis);
    Watched watched = new Watched(redis.url(), "redis.username", "reader", "redis.password", "pw");
    await().untilAsserted(() -> assertTrue(watched.events().get(0).startsWith("refused: NOPERM")));
    assertFalse(watched.onLoop(Feed::isEstablished));
    assertFalse(watched.fence().join());
    admin.call("ACL", "SETUSER", "reader", "+client|tracking");
    await().untilAsserted(() -> assertTrue(watched.events().contains("established")));
  }

  @Test
  void killedConnection_isLostOnce_andReopened() {
    EmbeddedRedis redis = opened.redis();
    RespClient admin = opened.client(redis);
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    String list = admin.call("CLIENT", "LIST");
    String feed = list.lines().filter(line -> line.contains("redis-proxy-feed")).findFirst().get();
    admin.call("CLIENT", "KILL", "ID", feed.replaceAll(".*id=([0-9]+) addr.*", "$1"));
    watched.awaitEvents("established", "lost: the connection was closed", "established");
  }

  @Test
  void frozenServer_isLost_andItsFencesFail() {
    EmbeddedRedis redis = opened.redis();
    Watched watched =
        new Watched(redis.url(), "coherence.heartbeat", "200ms", "redis.connect-timeout", "200ms");
    watched.awaitEvents("established");
    redis.pause();
    CompletableFuture<Boolean> fence = watched.fence();
    await()
        .untilAsserted(
            () -> assertTrue(watched.events().contains("lost: no answer within 200 ms")));
    assertFalse(fence.join());
    redis.resume();
    await()
        .untilAsserted(
            () -> assertEquals("established", watched.events().get(watched.events().size() - 1)));
    assertTrue(watched.fence().join());
  }

  @Test
  void frozenServer_isFoundByTheHeartbeat_withoutAFence() {
    EmbeddedRedis redis = opened.redis();
    Watched watched = new Watched(redis.url(), "coherence.heartbeat", "100ms");
    watched.awaitEvents("established");
    redis.pause();
    await().untilAsserted(() -> assertTrue(watched.events().size() > 1));
    assertEquals("lost: no answer within 100 ms", watched.events().get(1));
    redis.resume();
  }

  @Test
  void splitPush_isReadInOrderBeforeTheFence() throws InterruptedException {
    FakeRedis redis = opened.add(FakeRedis.tracking(FeedIT::usual));
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    String bytes = pushOf("a", "bc") + INVALIDATE + "_\r\n";
    for (char b : bytes.toCharArray()) {
      redis.push("" + b);
      TimeUnit.MICROSECONDS.sleep(100);
    }
    watched.awaitEvents("established", "key a", "key bc", "all");
    assertTrue(watched.fence().join());
  }

  @Test
  void pushBeforeThePong_isReadBeforeTheFencePasses() {
    AtomicInteger pings = new AtomicInteger();
    FakeRedis redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    command.get(0).equals("PING") && pings.incrementAndGet() > 1
                        ? pushOf("x") + "+PONG\r\n"
                        : usual(command)));
    Watched watched = new Watched(redis.url(), "coherence.heartbeat", "1h");
    watched.awaitEvents("established");
    assertEquals(List.of("established", "key x"), watched.upToFence());
  }

  /** Fences that are requested while a PING is in flight wait for the next one, and share it. */
  @Test
  void fences_shareTheNextPing_andPassInOrder() throws InterruptedException {
    CompletableFuture<Void> answer = new CompletableFuture<>();
    AtomicInteger pings = new AtomicInteger();
    FakeRedis redis =
        opened.add(
            FakeRedis.tracking(
                command -> {
                  if (command.get(0).equals("PING") && pings.incrementAndGet() == 2) {
                    answer.join();
                  }
                  return usual(command);
                }));
    Watched watched = new Watched(redis.url(), "coherence.heartbeat", "1h");
    watched.awaitEvents("established");
    List<Integer> passed = new CopyOnWriteArrayList<>();
    watched.onLoop(feed -> ask(feed, passed, 0, 10));
    await().untilAsserted(() -> assertEquals(2, pings.get()));
    watched.onLoop(feed -> ask(feed, passed, 10, 20));
    assertEquals(List.of(), passed);
    answer.complete(null);
    await().untilAsserted(() -> assertEquals(20, passed.size()));
    for (int i = 0; i < 20; i++) {
      assertEquals(i, passed.get(i));
    }
    assertEquals(3, pings.get());
    assertEquals(2, watched.onLoop(Feed::stats).pings());
  }

  private static boolean ask(Feed feed, List<Integer> passed, int from, int to) {
    for (int i = from; i < to; i++) {
      int number = i;
      feed.fence(good -> passed.add(good ? number : -1));
    }
    return true;
  }

  /**
   * If Redis may execute commands after it has sent invalidations, the first PONG proves nothing.
   */
  @Test
  void fence_onRedis8_needsTwoPings() {
    AtomicInteger pings = new AtomicInteger();
    FakeRedis redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    command.get(0).equals("PING") && pings.incrementAndGet() == 3
                        ? pushOf("late") + "+PONG\r\n"
                        : usual(command)));
    redis.greeting3 = "%1\r\n$7\r\nversion\r\n$5\r\n8.0.1\r\n";
    Watched watched = new Watched(redis.url(), "coherence.heartbeat", "1h");
    watched.awaitEvents("established");
    assertEquals(List.of("established", "key late"), watched.upToFence());
    assertEquals(3, pings.get());
  }

  @Test
  void lossInTheMiddleOfAPush_failsTheFencesOnce() throws IOException {
    AtomicInteger pings = new AtomicInteger();
    FakeRedis redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    command.get(0).equals("PING") && pings.incrementAndGet() > 1
                        ? ""
                        : usual(command)));
    Watched watched = new Watched(redis.url(), "coherence.heartbeat", "1h");
    watched.awaitEvents("established");
    List<Integer> passed = new CopyOnWriteArrayList<>();
    watched.onLoop(feed -> ask(feed, passed, 0, 3));
    await().untilAsserted(() -> assertEquals(2, pings.get()));
    redis.push(pushOf("whole") + INVALIDATE + "*2\r\n$3\r\nhal");
    watched.awaitEvents("established", "key whole");
    redis.drop();
    await().untilAsserted(() -> assertEquals(List.of(-1, -1, -1), passed));
    assertTrue(watched.events().get(2).startsWith("lost: "), "" + watched.events());
  }

  @Test
  void keyTooLongToHold_invalidatesAll() {
    FakeRedis redis = opened.add(FakeRedis.tracking(FeedIT::usual));
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    redis.push(pushOf("a", "k".repeat(3 << 20), "b"));
    watched.awaitEvents("established", "key a", "all", "key b");
  }

  /** More keys than are read in a turn. The fence must pass only after all of them. */
  @Test
  void flood_isReadCompletely_beforeTheFence() {
    int keys = 200_000;
    FakeRedis redis = opened.add(FakeRedis.tracking(FeedIT::usual));
    Watched watched = new Watched(redis.url(), "coherence.heartbeat", "1h");
    watched.awaitEvents("established");
    StringBuilder push = new StringBuilder(INVALIDATE + "*" + keys + "\r\n");
    push.append("$1\r\nk\r\n".repeat(keys));
    redis.push(push.toString());
    assertTrue(watched.fence().join());
    assertEquals(keys, watched.onLoop(Feed::stats).keys());
  }

  @Test
  void unexpectedInput_isALoss() {
    for (String said : List.of("garbage\r\n", "+PONG\r\n", "-BUSY a script\r\n", ">1\r\n:1\r\n")) {
      try (FakeRedis redis = FakeRedis.tracking(FeedIT::usual)) {
        Watched watched = new Watched(redis.url(), "coherence.heartbeat", "1h");
        watched.awaitEvents("established");
        redis.push(said);
        await().untilAsserted(() -> assertTrue(watched.events().size() >= 3, said));
        assertTrue(watched.events().get(1).startsWith("lost: "), "" + watched.events());
        assertEquals("established", watched.events().get(2));
      }
    }
  }

  @Test
  void oldServers_areRefused_andOthersTriedAgain() {
    Map<String, String> expected =
        Map.of(
            "-ERR unknown command `HELLO`\r\n", "refused: ERR unknown command `HELLO`",
            "*0\r\n", "refused: the server does not speak RESP3",
            "-NOPROTO no\r\n", "refused: NOPROTO no",
            "-ERR max number of clients reached\r\n", "lost: ERR max number of clients reached");
    expected.forEach(
        (greeting, event) -> {
          try (FakeRedis redis = FakeRedis.tracking(FeedIT::usual)) {
            redis.greeting3 = greeting;
            Watched watched = new Watched(redis.url());
            await().untilAsserted(() -> assertTrue(watched.events().size() > 1));
            assertEquals(event, watched.events().get(0));
            assertEquals(event, watched.events().get(1));
          }
        });
  }

  @Test
  void feedWithoutTracking_isNotEstablished() {
    FakeRedis redis =
        opened.add(
            FakeRedis.tracking(
                command ->
                    command.contains("TRACKING")
                        ? "-ERR unknown subcommand 'TRACKING'\r\n"
                        : usual(command)));
    Watched watched = new Watched(redis.url());
    await().untilAsserted(() -> assertTrue(watched.events().size() > 1));
    assertEquals("refused: ERR unknown subcommand 'TRACKING'", watched.events().get(0));
  }

  @Test
  void connectionToASilentServer_isClosed() {
    FakeRedis redis = opened.add(FakeRedis.tracking(command -> ""));
    redis.greeting3 = "";
    Watched watched = new Watched(redis.url(), "redis.connect-timeout", "50ms");
    await().untilAsserted(() -> assertTrue(watched.events().size() > 1));
    assertEquals("lost: no answer within 50 ms", watched.events().get(0));
  }

  @Test
  void rearm_replacesTheConnectionOnce() {
    FakeRedis redis = opened.add(FakeRedis.tracking(FeedIT::usual));
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    watched.onLoop(
        feed -> {
          feed.rearm();
          assertFalse(feed.isEstablished());
          feed.rearm();
          return true;
        });
    watched.awaitEvents("established", "lost: replaced by a new connection", "established");
  }

  @Test
  void stop_silencesTheOwner() {
    FakeRedis redis = opened.add(FakeRedis.tracking(FeedIT::usual));
    Watched watched = new Watched(redis.url());
    watched.awaitEvents("established");
    CompletableFuture<Boolean> fence = new CompletableFuture<>();
    watched.onLoop(
        feed -> {
          feed.fence(fence::complete);
          return feed.stop();
        });
    assertFalse(fence.join());
    watched.awaitEvents("established");
  }
}
