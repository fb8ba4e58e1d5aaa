package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.List;
import java.util.Locale;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.function.Function;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** A value written through the proxy is read back at once by every client of the proxy. */
@InEachShape
class WritesIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient writer;
  private RespClient reader;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    writer = opened.client(proxy);
    reader = opened.client(proxy);
    proxy.awaitReady();
  }

  @Test
  void set_isReadBackByOthersOnBothProtocols() {
    long flushes = proxy.stat("flushes");
    for (int i = 0; i < 2000; i++) {
      assertEquals("+OK\r\n", writer.call("SET", "k", "v" + i));
      String value = "v" + i;
      assertEquals("$" + value.length() + "\r\n" + value + "\r\n", reader.call("GET", "k"));
      if (i % 10 == 0) {
        assertEquals(value, proxy.http("/keys/k").body());
      }
    }
    assertTrue(proxy.stat("invalidations") >= 2000);
    assertEquals(flushes, proxy.stat("flushes"));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "APPEND k x",
        "DEL k",
        "UNLINK k",
        "GETDEL k",
        "EXPIRE k 0",
        "SETRANGE k 0 z",
        "MSET other 1 k new",
        "RENAME k other",
        "RENAME spare k",
        "COPY spare k REPLACE",
        "EVAL redis.call('SET','k','scripted') 0",
        "BITOP NOT k spare",
        "FLUSHALL",
        "FLUSHDB",
        "MOVE k 1",
        "SWAPDB 0 1",
        "RESTORE k 0 bad",
        "SORT list STORE k",
        "DEBUG RELOAD"
      })
  void anyWrite_isReadBack(String write) {
    writer.call("SET", "k", "old");
    writer.call("SET", "spare", "spare");
    writer.call("RPUSH", "list", "1");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    writer.call(write.startsWith("EVAL") ? eval(write) : write.split(" "));
    String now = writer.call("GET", "k");
    assertEquals(now, reader.call("GET", "k"));
  }

  private static String[] eval(String write) {
    return new String[] {"EVAL", write.substring(5, write.length() - 2), "0"};
  }

  @Test
  void transaction_isReadBackAfterExec() {
    writer.call("SET", "k", "old");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    writer.call("MULTI");
    writer.call("SET", "k", "new");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    writer.call("EXEC");
    assertEquals("$3\r\nnew\r\n", reader.call("GET", "k"));
  }

  @Test
  void writesWithoutReply_areReadBack() {
    writer.call("SET", "k", "old");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    writer.send(
        RespClient.request("CLIENT", "REPLY", "OFF")
            + RespClient.request("SET", "k", "silent")
            + RespClient.request("CLIENT", "REPLY", "ON"));
    assertEquals("+OK\r\n", writer.reply());
    assertEquals("$6\r\nsilent\r\n", reader.call("GET", "k"));
    writer.send(RespClient.request("SET", "k", "last words"));
    writer.close();
    await().untilAsserted(() -> assertEquals("$10\r\nlast words\r\n", reader.call("GET", "k")));
  }

  @Test
  void largeWrite_isReadBack() {
    String large = "x".repeat(300_000);
    writer.call("SET", "k", "old");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    assertEquals("+OK\r\n", writer.call("SET", "k", large));
    assertEquals("$300000\r\n" + large + "\r\n", reader.call("GET", "k"));
  }

  @Test
  void redisLost_endsOnlySessionsWithADedicatedConnection() {
    writer.call("SET", "k", "v");
    // A session keeps a connection that it has changed.
    writer.call("CLIENT", "NO-EVICT", "ON");
    assertEquals("$1\r\nv\r\n", reader.call("GET", "k"));
    redis.stop();
    assertTrue(writer.isClosedByServer());
    assertEquals("$1\r\nv\r\n", reader.call("GET", "k"));
    try (RespClient late = proxy.resp()) {
      assertTrue(late.call("HELLO", "3").startsWith("%7\r\n"));
      assertEquals("$1\r\nv\r\n", late.call("GET", "k"));
      assertEquals("-ERR redis-proxy: Redis cannot be reached\r\n", late.call("SET", "k", "w"));
      assertTrue(late.isClosedByServer());
    }
  }

  /** Sequences after which a reply could be paired with the wrong request. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "MULTI x|CLIENT REPLY OFF|PING|CLIENT REPLY ON",
        "SUBSCRIBE a|MULTI|UNSUBSCRIBE a|CLIENT REPLY OFF|PING|CLIENT REPLY ON",
        "MULTI|CLIENT REPLY OFF|EXEC|CLIENT REPLY ON",
        "MULTI|CLIENT REPLY SKIP|PING|EXEC|CLIENT REPLY ON",
        "MULTI|SUBSCRIBE a b|EXEC|UNSUBSCRIBE",
        "MULTI x|SUBSCRIBE a b|UNSUBSCRIBE",
        "REPLCONF ACK 0",
        "MULTI|MULTI|EXEC",
        "CLIENT REPLY SKIP|CLIENT REPLY ON"
      })
  void write_afterRepliesThatAreHardToPair_isReadBack(String before) {
    RespClient other = proxy.resp();
    other.call("SET", "k", "old");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    StringBuilder all = new StringBuilder();
    for (String command : before.split("\\|")) {
      all.append(command).append("\r\n");
    }
    for (boolean pipelined : new boolean[] {true, false}) {
      String value = pipelined ? "new" : "newer";
      try (RespClient hard = proxy.resp()) {
        hard.send(all.toString());
        if (!pipelined) {
          hard.send("PING pause\r\n");
          readUntil(hard, "pause");
        }
        hard.send("SET k " + value + "\r\nECHO done\r\n");
        readUntil(hard, "done");
        assertEquals(other.call("GET", "k"), reader.call("GET", "k"));
        assertEquals("$" + value.length() + "\r\n" + value + "\r\n", reader.call("GET", "k"));
      }
    }
    other.close();
  }

  private static void readUntil(RespClient client, String text) {
    StringBuilder seen = new StringBuilder();
    while (seen.indexOf(text) < 0) {
      seen.append((char) client.read());
    }
  }

  /**
   * Redis does not check the byte after a CR. The proxy cannot parse such a request, so it must
   * assume that it wrote any key.
   */
  @Test
  void writeAfterARequestThatOnlyRedisParses_isReadBack() {
    String large = "x".repeat(100_000);
    RespClient odd = proxy.resp();
    writer.call("SET", "k", "old");
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    odd.send("*3\r\n$4\r\nMSET\r\n$100000\r\n" + large + "\rX$1\rX1\r\n");
    assertEquals("+OK\r\n", odd.reply());
    assertEquals("$3\r\nold\r\n", reader.call("GET", "k"));
    assertEquals("+OK\r\n", odd.call("SET", "k", "new"));
    assertEquals("$3\r\nnew\r\n", reader.call("GET", "k"));
    odd.close();
  }

  @Test
  void loadOvertakenByAWrite_isAnsweredAndNotKept() {
    CountDownLatch release = new CountDownLatch(1);
    AtomicInteger loads = new AtomicInteger();
    Function<List<String>, String> answer =
        command ->
            switch (command.get(0).toLowerCase(Locale.ROOT)) {
              case "getrange" -> {
                boolean first = loads.incrementAndGet() == 1;
                if (first) {
                  awaitQuietly(release);
                }
                yield first ? "$3\r\nold\r\n" : "$3\r\nnew\r\n";
              }
              case "pttl" -> ":-1\r\n";
              default -> "+OK\r\n";
            };
    FakeRedis slow = opened.add(new FakeRedis(answer));
    RunningProxy before = opened.proxy(shape, slow.url(), "redis.load-timeout", "30s");
    RespClient waiting = opened.client(before);
    RespClient other = opened.client(before);
    waiting.send(RespClient.request("GET", "k"));
    await().until(() -> before.stat("loadsInFlight") == 1);
    assertEquals("+OK\r\n", other.call("SET", "k", "new"));
    await().until(() -> before.stat("overtaken") == 1);
    release.countDown();
    assertEquals("$3\r\nold\r\n", waiting.reply());
    assertEquals("$3\r\nnew\r\n", waiting.call("GET", "k"));
    assertEquals("$3\r\nnew\r\n", waiting.call("GET", "k"));
    assertEquals(2, loads.get());
  }

  private static void awaitQuietly(CountDownLatch latch) {
    try {
      latch.await(10, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  @Test
  void redisLostDuringACommand_isReported() {
    writer.call("SET", "k", "v");
    writer.send(RespClient.request("BLPOP", "nothing", "0"));
    await().until(() -> reader.call("GET", "k").equals("$1\r\nv\r\n"));
    redis.stop();
    assertEquals("-ERR redis-proxy: Redis was lost\r\n", writer.reply());
    assertTrue(writer.isClosedByServer());
  }

  @Test
  void clientsThatOnlyRead_useNoConnectionToRedis() {
    writer.call("KEYS", "none");
    writer.call("SET", "k", "v");
    RespClient[] readers = new RespClient[50];
    for (int i = 0; i < readers.length; i++) {
      readers[i] = proxy.resp();
      readers[i].call("HELLO", "3");
      readers[i].call("CLIENT", "SETINFO", "LIB-NAME", "x");
      readers[i].call("SELECT", "0");
      assertEquals("$1\r\nv\r\n", readers[i].call("GET", "k"));
      assertEquals("_\r\n", readers[i].call("GET", "none"));
    }
    // The loader's link, and a spare connection for the next session that needs one. With pooling,
    // each event loop has one.
    int most = RunningProxy.POOLING.equals("true") ? 3 : 2;
    assertTrue(writer.otherConnections() <= most);
    for (RespClient each : readers) {
      each.close();
    }
  }
}
