package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static org.junit.jupiter.api.Assumptions.assumeTrue;
import static redisproxy.it.RespClient.request;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/**
 * The replies to clients while Redis fails in different ways, and the recovery afterwards. The
 * times are those of docs/reliability.md; {@code -Dfailing.times=true} prints them.
 */
@InEachShape
class FailingRedisIT {
  private static final String UNREACHABLE = "-ERR redis-proxy: Redis cannot be reached";
  private static final String LOST = "-ERR redis-proxy: Redis was lost";
  private static final String LOADING = "-LOADING Redis is loading the dataset in memory";
  private static final String BUSY = "-BUSY Redis is busy running a script.";
  private static final String READONLY = "-READONLY You can't write against a read only replica.";
  private static final String OOM = "-OOM command not allowed when used memory > 'maxmemory'.";
  private static final String MISCONF = "-MISCONF Redis is configured to save RDB snapshots";
  private static final String MASTERDOWN = "-MASTERDOWN Link with MASTER is down";
  private static final String CLUSTERDOWN = "-CLUSTERDOWN The cluster is down";
  private static final String NOPERM = "-NOPERM this user has no permissions";
  private static final String TOO_MANY = "-ERR max number of clients reached";
  private static final String LATE = "-ERR redis-proxy: Redis did not answer within 300 ms";
  private static final String VALUE = "$5";

  /**
   * A fault: Redis's reply to all requests while it fails, the proxy's reply to GET over RESP, its
   * status over HTTP, and its reply to SET (null: none until Redis replies).
   */
  enum Fault {
    IS_LOADING(LOADING + "\r\n", LOADING, 503, LOADING),
    RUNS_A_SCRIPT(BUSY + "\r\n", BUSY, 503, BUSY),
    LOST_ITS_MASTER(MASTERDOWN + "\r\n", MASTERDOWN, 503, MASTERDOWN),
    LOST_ITS_CLUSTER(CLUSTERDOWN + "\r\n", CLUSTERDOWN, 503, CLUSTERDOWN),
    FORBIDS(NOPERM + "\r\n", NOPERM, 502, NOPERM),
    IS_A_REPLICA(READONLY + "\r\n", VALUE, 200, READONLY),
    IS_FULL(OOM + "\r\n", VALUE, 200, OOM),
    CANNOT_SAVE(MISCONF + "\r\n", VALUE, 200, MISCONF),
    SAYS_NOTHING("", LATE, 504, null),
    BREAKS_OFF("$5\r\nblu" + FakeRedis.HANGS_UP, UNREACHABLE, 503, LOST),
    HANGS_UP(FakeRedis.HANGS_UP, UNREACHABLE, 503, LOST),
    TALKS_NONSENSE("%%$x\r\n\0\r\n", UNREACHABLE, 503, LOST),
    LIES_ABOUT_LENGTHS("*x\r\n", UNREACHABLE, 503, LOST),
    TALKS_HTTP("HTTP/1.1 400 Bad Request\r\n\r\n", UNREACHABLE, 503, LOST);

    final String says;
    final String get;
    final int status;
    final String set;

    Fault(String says, String get, int status, String set) {
      this.says = says;
      this.get = get;
      this.status = status;
      this.set = set;
    }

    boolean isOfWritesOnly() {
      return get.equals(VALUE);
    }
  }

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  /** The current fault; null while Redis works. */
  private volatile Fault fault;

  private String answer(List<String> command) {
    Fault now = fault;
    String name = command.get(0).toLowerCase();
    if (now != null && !name.equals("ping") && (!now.isOfWritesOnly() || name.equals("set"))) {
      return now.says;
    }
    return switch (name) {
      case "ping" -> "+PONG\r\n";
      case "get", "getrange" -> "$5\r\nright\r\n";
      case "pttl" -> ":-1\r\n";
      default -> "+OK\r\n";
    };
  }

  private RunningProxy start(String url, String loadTimeout) {
    return opened.proxy(
        shape, url, "redis.load-timeout", loadTimeout, "redis.backoff-max", "200ms");
  }

  private static void say(Object what, String answer, long since) {
    if (Boolean.getBoolean("failing.times")) {
      long ms = (System.nanoTime() - since) / 1_000_000;
      System.out.printf("| %s | %s | %d ms |%n", what, answer.strip(), ms);
    }
  }

  @ParameterizedTest
  @EnumSource(Fault.class)
  void fault_isReportedAsItIs_andLeavesNothingBehind(Fault fault) throws IOException {
    FakeRedis redis = opened.add(FakeRedis.tracking(this::answer));
    redis.command =
        "*1\r\n*6\r\n$3\r\nset\r\n:-3\r\n*2\r\n+write\r\n+denyoom\r\n:1\r\n:1\r\n:1\r\n";
    RunningProxy proxy = start(redis.url(), fault.get.equals(LATE) ? "300ms" : "10s");
    RespClient client = opened.client(proxy);
    proxy.awaitTracking();
    assertEquals("$5\r\nright\r\n", client.call("GET", "before"));
    this.fault = fault;
    long asked = System.nanoTime();
    String read = client.call("GET", "k");
    say(fault, "GET " + read.lines().findFirst().orElse(""), asked);
    assertTrue(read.startsWith(fault.get), read);
    await().untilAsserted(() -> assertEquals(fault.status, proxy.http("/keys/k").statusCode()));
    RespClient writer = opened.client(proxy);
    asked = System.nanoTime();
    writer.send(request("SET", "k", "v"));
    if (fault.set == null) {
      await().untilAsserted(() -> assertTrue(redis.commands.contains(List.of("SET", "k", "v"))));
    } else {
      String written = writer.reply();
      say(fault, "SET " + written, asked);
      assertTrue(written.startsWith(fault.set), written);
    }
    this.fault = null;
    if (fault.set == null) {
      redis.drop();
      assertEquals(LOST + "\r\n", writer.reply());
    }
    long well = System.nanoTime();
    await().untilAsserted(() -> assertEquals("$5\r\nright\r\n", client.call("GET", "k")));
    say(fault, "as before", well);
    await().untilAsserted(() -> assertEquals("right", proxy.http("/keys/k").body()));
    proxy.awaitTracking();
    RespClient again = opened.client(proxy);
    assertEquals("+OK\r\n", again.call("SET", "k", "v"));
  }

  /** Connected clients are served, new ones are refused, and the proxy does not flood Redis. */
  @Test
  void tooManyClients_isReported_andRetriedSlowly() throws Exception {
    FakeRedis redis = opened.add(FakeRedis.tracking(this::answer));
    RunningProxy proxy = start(redis.url(), "1s");
    RespClient client = opened.client(proxy);
    proxy.awaitTracking();
    redis.turnsAwayWith = TOO_MANY + "\r\n";
    RespClient writer = opened.client(proxy);
    assertEquals(TOO_MANY + "\r\n", writer.call("LRANGE", "k", "0", "-1"));
    assertTrue(writer.isClosedByServer());
    assertEquals("$5\r\nright\r\n", client.call("GET", "held"));
    redis.drop();
    await().untilAsserted(() -> assertEquals(UNREACHABLE + "\r\n", client.call("GET", "none")));
    int before = redis.accepted.get();
    long until = System.nanoTime() + TimeUnit.SECONDS.toNanos(2);
    int reads = 0;
    while (System.nanoTime() < until) {
      assertEquals(UNREACHABLE + "\r\n", client.call("GET", "none"));
      reads++;
    }
    int attempts = redis.accepted.get() - before;
    say("too many clients", attempts + " attempts to connect in 2 s, " + reads + " reads", until);
    // A link that loads want is tried every 100 ms at most, the feed after its backoff.
    assertTrue(attempts < 2 * (10 + 20), attempts + " attempts to connect in 2 s");
    redis.turnsAwayWith = null;
    await().untilAsserted(() -> assertEquals("$5\r\nright\r\n", client.call("GET", "none")));
    proxy.awaitTracking();
  }

  /** Without any requests, too, the links must not flood a server that accepts and closes. */
  @Test
  void redisThatAcceptsAndCloses_isRetriedLessAndLessOften() throws InterruptedException {
    FakeRedis redis =
        opened.add(
            FakeRedis.tracking(
                command -> command.get(0).equals("PING") ? FakeRedis.HANGS_UP : answer(command)));
    redis.command = FakeRedis.HANGS_UP;
    opened.proxy(shape, redis.url());
    Thread.sleep(1_000);
    int before = redis.accepted.get();
    Thread.sleep(2_000);
    int attempts = redis.accepted.get() - before;
    say("greets and hangs up", attempts + " attempts to connect in 2 s", System.nanoTime());
    // The link and the feed, each with delays of one to two seconds by now.
    assertTrue(attempts <= 2 * 4, attempts + " attempts to connect in 2 s");
  }

  /** Redis then refuses PING like a write. But its invalidations are still reliable. */
  @Test
  void redisThatCannotSave_isStillTrusted(@TempDir Path gone) throws IOException {
    EmbeddedRedis redis = opened.redis();
    RespClient direct = opened.client(redis);
    RunningProxy proxy = opened.proxy(shape, redis.url(), "coherence.heartbeat", "50ms");
    RespClient client = opened.client(proxy);
    direct.call("SET", "k", "right");
    Path directory = Files.createDirectory(gone.resolve("gone"));
    String moved = direct.call("CONFIG", "SET", "dir", directory.toString());
    assumeTrue(moved.startsWith("+OK"), "a server from 7.0 on keeps its directory");
    direct.call("CONFIG", "SET", "save", "3600 1");
    Files.delete(directory);
    direct.call("BGSAVE");
    await().untilAsserted(() -> assertTrue(direct.call("PING").startsWith("-MISCONF")));
    assertTrue(client.call("SET", "k", "v").startsWith("-MISCONF"));
    for (int i = 0; i < 2; i++) {
      proxy.awaitTracking();
      long pings = pings(proxy);
      await().until(() -> pings(proxy) > pings + 3);
      assertEquals("tracking", proxy.coherence());
      assertEquals("$5\r\nright\r\n", client.call("GET", "k"));
      long hits = proxy.stat("hits");
      assertEquals("$5\r\nright\r\n", client.call("GET", "k"));
      assertEquals(hits + 1, proxy.stat("hits"));
      // The feed can also be established in that state.
      direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    direct.call("CONFIG", "SET", "save", "");
    await()
        .untilAsserted(() -> assertEquals("+OK\r\n", opened.client(proxy).call("SET", "k", "v")));
    // The last kill also closed the link's connection.
    await().untilAsserted(() -> assertEquals("$1\r\nv\r\n", client.call("GET", "k")));
  }

  private static long pings(RunningProxy proxy) {
    return new io.vertx.core.json.JsonObject(proxy.admin("/stats").body())
        .getJsonObject("coherence")
        .getLong("pings");
  }
}
