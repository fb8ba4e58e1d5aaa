package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.concurrent.atomic.AtomicReference;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** MGET and EXISTS of several keys are answered key by key, and never with a torn state. */
@InEachShape
class MultiKeyReadsIT {
  private static final String[] READS = {
    "MGET a",
    "MGET a b",
    "MGET b a b a",
    "MGET a none b",
    "MGET none nothing",
    "MGET empty a",
    "MGET binary a",
    "EXISTS a b",
    "EXISTS a a none",
    "EXISTS none nothing",
    "EXISTS hash list a none"
  };

  /** MGET has a nil for what is no string. It is loaded each time. */
  private static final String[] MIXED = {"MGET a hash b", "MGET list", "MGET hash list none a"};

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy;
  private RespClient client;
  private RespClient direct;
  private EmbeddedRedis redis;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url(), "cache.expiry", "1h", "cache.missing-expiry", "1h");
    client = opened.client(proxy);
    direct = opened.client(redis);
    direct.call("FLUSHALL");
    direct.call("MSET", "a", "1", "b", "22", "empty", "", "binary", "\r\n\0\u00ff");
    direct.call("HSET", "hash", "f", "v");
    direct.call("RPUSH", "list", "x");
  }

  private void assertSame(String... words) {
    assertEquals(direct.call(words), client.call(words), () -> String.join(" ", words));
  }

  @ParameterizedTest
  @ValueSource(strings = {"2", "3"})
  void read_isAnsweredAsByRedis_andFromTheCacheTheSecondTime(String protocol) {
    direct.call("HELLO", protocol);
    client.call("HELLO", protocol);
    for (String read : READS) {
      String[] words = read.split(" ");
      assertSame(words);
      long misses = proxy.stat("misses");
      long hits = proxy.stat("hits");
      assertSame(words);
      assertEquals(misses, proxy.stat("misses"), read);
      assertEquals(hits + words.length - 1, proxy.stat("hits"), read);
    }
    for (int i = 0; i < 3; i++) {
      for (String read : MIXED) {
        assertSame(read.split(" "));
      }
    }
  }

  @Test
  void values_areSharedWithGetAndHttp() throws Exception {
    client.call("GET", "a");
    assertEquals("22", proxy.http("/keys/b").body());
    client.call("MGET", "a", "b");
    assertEquals(2, proxy.stat("loads"));
    client.call("MGET", "a", "b", "none");
    client.call("GET", "none");
    assertEquals(3, proxy.stat("loads"));
  }

  @Test
  void wrongRequests_getTheErrorsOfRedis() {
    assertSame("MGET");
    assertSame("EXISTS");
    assertSame("mget", "a");
    client.send("mget a b\r\nexists a b\r\n");
    direct.send("mget a b\r\nexists a b\r\n");
    assertEquals(direct.reply(), client.reply());
    assertEquals(direct.reply(), client.reply());
  }

  @Test
  void manyKeys_andManyBytes_areAnsweredAsByRedis() {
    List<String> mget = new ArrayList<>(List.of("MGET"));
    for (int i = 0; i < 1000; i++) {
      direct.call("SET", "k" + i, "v".repeat(i % 100 == 0 ? 50_000 : i));
      mget.add("k" + i);
    }
    for (int count : new int[] {100, 512, 513, 1000}) {
      String[] words = mget.subList(0, count + 1).toArray(String[]::new);
      for (int i = 0; i < 3; i++) {
        assertSame(words);
      }
    }
  }

  @Test
  void ownWrites_areSeenInTheSamePipeline() {
    for (int i = 0; i < 200; i++) {
      String value = Integer.toString(i);
      client.send(
          RespClient.request("MGET", "a", "b")
              + RespClient.request("MSET", "a", value, "b", value)
              + RespClient.request("MGET", "a", "b")
              + RespClient.request("GET", "b")
              + RespClient.request("DEL", "a")
              + RespClient.request("EXISTS", "a", "b")
              + RespClient.request("MGET", "a", "b"));
      client.reply();
      assertEquals("+OK\r\n", client.reply());
      String bulk = RespClient.bulk(value);
      assertEquals("*2\r\n" + bulk + bulk, client.reply());
      assertEquals(bulk, client.reply());
      assertEquals(":1\r\n", client.reply());
      assertEquals(":1\r\n", client.reply());
      assertEquals("*2\r\n$-1\r\n" + bulk, client.reply());
    }
  }

  /** One client writes pairs, others read them in all ways. A reply never shows half a pair. */
  @Test
  void pairs_areNeverTorn_andNeverGoBack() throws Exception {
    AtomicBoolean ends = new AtomicBoolean();
    AtomicReference<Throwable> failure = new AtomicReference<>();
    List<Thread> threads = new ArrayList<>();
    int[] written = {0};
    threads.add(
        thread(
            failure,
            () -> {
              try (RespClient writer = new RespClient(redis.port())) {
                for (int i = 1; !ends.get(); i++) {
                  String value = Integer.toString(i);
                  writer.call("MSET", "x", value, "y", value);
                  written[0] = i;
                }
              }
            }));
    for (int i = 0; i < 3; i++) {
      boolean alsoGets = i > 0;
      threads.add(
          thread(
              failure,
              () -> {
                try (RespClient reader = proxy.resp()) {
                  int last = 0;
                  while (!ends.get()) {
                    reader.send(
                        (alsoGets ? RespClient.request("GET", "y") : "")
                            + RespClient.request("MGET", "x", "y"));
                    int got = alsoGets ? number(reader.reply().split("\r\n")) : 0;
                    String[] pair = reader.reply().split("\r\n");
                    assertEquals(pair[2], pair[4], "torn");
                    int now = Integer.parseInt(pair[2]);
                    assertTrue(now >= last, now + " after " + last);
                    assertTrue(now >= got, now + " after a GET of " + got);
                    last = now;
                  }
                }
              }));
    }
    direct.call("MSET", "x", "0", "y", "0");
    threads.forEach(Thread::start);
    long end = System.nanoTime() + 3_000_000_000L;
    while (System.nanoTime() < end && failure.get() == null) {
      Thread.sleep(50);
    }
    ends.set(true);
    for (Thread thread : threads) {
      thread.join();
    }
    if (failure.get() != null) {
      throw new AssertionError(failure.get());
    }
    assertTrue(written[0] > 100, "hardly written: " + written[0]);
  }

  private static int number(String[] bulk) {
    return bulk.length < 2 ? 0 : Integer.parseInt(bulk[1]);
  }

  private interface Work {
    void run() throws Exception;
  }

  private static Thread thread(AtomicReference<Throwable> failure, Work work) {
    return new Thread(
        () -> {
          try {
            work.run();
          } catch (Throwable fault) {
            failure.compareAndSet(null, fault);
          }
        });
  }
}
