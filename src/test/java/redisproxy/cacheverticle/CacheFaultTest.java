package redisproxy.cacheverticle;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.VerticleBase;
import io.vertx.core.Vertx;
import java.lang.reflect.InvocationTargetException;
import java.nio.charset.StandardCharsets;
import java.util.List;
import java.util.Map;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.TimeUnit;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.bus.Bus;
import redisproxy.bus.Front;
import redisproxy.bus.SlowLookups;
import redisproxy.bus.StatsCollector;
import redisproxy.cache.Answer;
import redisproxy.cache.Cache;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.Key;
import redisproxy.cache.LruCache;
import redisproxy.cache.Unverified;
import redisproxy.command.Writes;
import redisproxy.config.Configuration;
import redisproxy.config.TransportKind;
import redisproxy.tls.ToRedis;
import redisproxy.transport.Choice;

/** After a fault in the cache, all waiting clients get an answer, and no entry is left. */
class CacheFaultTest {
  private static final Key GOOD = key("good");
  private static final Key BAD = key("bad");

  private final Vertx vertx = Vertx.vertx();
  private final LruCache lru = new LruCache(100, 1 << 20);
  private final BlockingQueue<Object> received = new LinkedBlockingQueue<>();

  /** The method of the cache that throws, for {@link #BAD} if it takes a key; empty for none. */
  private volatile String faulty = "";

  private Context loop;
  private Front front;

  private static Key key(String text) {
    return Key.of(0, text.getBytes(StandardCharsets.US_ASCII));
  }

  private final Bus.Requester requester =
      new Bus.Requester() {
        @Override
        public void answered(int ticket, Answer answer, boolean hit) {
          received.add(answer);
        }

        @Override
        public void answersEnd() {}

        @Override
        public void broken(Throwable fault) {
          received.add(fault);
        }
      };

  /** The real cache, with the fault added. */
  private Cache cache() {
    return (Cache)
        java.lang.reflect.Proxy.newProxyInstance(
            Cache.class.getClassLoader(),
            new Class<?>[] {Cache.class},
            (self, method, arguments) -> {
              boolean isBad =
                  switch (method.getName()) {
                    case "get" -> (int) arguments[3] == BAD.bytes().length;
                    case "put", "remove" -> arguments[0].equals(BAD);
                    default -> true;
                  };
              if (isBad && method.getName().equals(faulty)) {
                throw new IllegalStateException("thrown by the test");
              }
              try {
                return method.invoke(lru, arguments);
              } catch (InvocationTargetException e) {
                throw e.getCause();
              }
            });
  }

  @BeforeEach
  void deploy() throws Exception {
    Bus.register(vertx);
    var settings =
        Configuration.parse(Map.of("redis.url", "redis://127.0.0.1:1", "coherence.mode", "expiry"));
    Cache cache = cache();
    CacheVerticle verticle =
        new CacheVerticle(
            settings,
            new Choice(TransportKind.NIO, "for a test"),
            () -> 0,
            new StatsCollector(),
            new Insight(cache, () -> 0, false),
            new ToRedis(settings.redis()),
            null);
    VerticleBase asking =
        new VerticleBase() {
          @Override
          public Future<?> start() {
            loop = context;
            front = new Front(vertx, context, new SlowLookups("resp", settings.log()));
            return Future.succeededFuture();
          }
        };
    vertx
        .deployVerticle(verticle)
        .compose(deployed -> vertx.deployVerticle(asking))
        .toCompletionStage()
        .toCompletableFuture()
        .get(20, TimeUnit.SECONDS);
    lru.put(GOOD, entry(GOOD), 0);
  }

  @AfterEach
  void close() {
    vertx.close();
  }

  /** The test runs without Redis. */
  private static boolean isUnreachable(Object answer) {
    return answer instanceof Failure failure && failure.kind() == Failure.Kind.UNREACHABLE;
  }

  private static Entry entry(Key key) {
    return Entry.value(key, new byte[] {'v'}, 0, Long.MAX_VALUE);
  }

  private List<Object> lookUp(Key... keys) throws InterruptedException {
    received.clear();
    loop.runOnContext(
        turn -> {
          for (Key key : keys) {
            front.lookup(requester, 0, key);
          }
        });
    Object[] answers = new Object[keys.length];
    for (int i = 0; i < keys.length; i++) {
      answers[i] = received.poll(10, TimeUnit.SECONDS);
    }
    return java.util.Arrays.asList(answers);
  }

  @Test
  void lookupThatThrows_isAnsweredAndSoAreTheOthers() throws Exception {
    faulty = "get";
    List<Object> answers = lookUp(GOOD, BAD, GOOD);
    assertEquals(1, answers.stream().filter(Unverified.class::isInstance).count());
    assertEquals(1, answers.stream().filter(answer -> answer == Failure.BROKEN).count());
    assertEquals(1, answers.stream().filter(CacheFaultTest::isUnreachable).count());
    assertEquals(0, lru.size(), "all entries are dropped");
  }

  @Test
  void invalidationThatThrows_dropsEverything() throws Exception {
    lookUp(BAD);
    lru.put(BAD, entry(BAD), 0);
    lru.put(GOOD, entry(GOOD), 0);
    faulty = "remove";
    loop.runOnContext(turn -> front.invalidate(new Writes(List.of(BAD.bytes()))));
    Awaitility.await().until(() -> lru.size() == 0);
  }

  /** Otherwise expired entries would never be reclaimed again. */
  @Test
  void reclaimThatThrows_continues() throws Exception {
    faulty = "reclaim";
    Awaitility.await().until(() -> lru.size() == 0);
    faulty = "";
    lru.put(GOOD, Entry.value(GOOD, new byte[1], -10, -1), -5);
    Awaitility.await().until(() -> lru.size() == 0);
  }
}
