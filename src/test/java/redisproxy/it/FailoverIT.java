package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** At some time Redis's address begins to lead to another server. */
@InEachShape
class FailoverIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis before;
  private EmbeddedRedis after;
  private RespClient old;
  private RespClient now;
  private Switch address;
  private RunningProxy proxy;
  private RespClient client;

  @BeforeEach
  void start() {
    before = opened.redis();
    after = opened.redis();
    old = opened.client(before);
    now = opened.client(after);
    address = opened.add(new Switch(before.port()));
    proxy = opened.proxy(shape, address.url(), "redis.backoff-max", "200ms");
    client = opened.client(proxy);
  }

  private static void set(RespClient direct, int db, String value) {
    direct.call("SELECT", "" + db);
    direct.call("SET", "k", value);
  }

  private String read(int db) {
    client.call("SELECT", "" + db);
    return client.call("GET", "k");
  }

  /** Kills only the connection over which the configured database is read. */
  private void killHome() {
    String id =
        old.call("CLIENT", "LIST")
            .lines()
            .filter(line -> line.contains(" db=0 ") && !line.contains("name=redis-proxy-feed"))
            .filter(line -> line.matches(".* cmd=(pttl|hello|ping|command) .*"))
            .map(line -> line.replaceAll("^id=([0-9]+) .*", "$1"))
            .findFirst()
            .orElseThrow();
    assertEquals(":1\r\n", old.call("CLIENT", "KILL", "ID", id));
  }

  /** The old server goes on answering over its open connections. */
  @Test
  void everyDatabase_isReadFromTheNewServer() {
    for (int db : new int[] {0, 3, 7}) {
      set(old, db, "before");
      set(now, db, "after");
      assertEquals("$6\r\nbefore\r\n", read(db));
    }
    old.call("SELECT", "0");
    address.turnTo(after.port());
    killHome();
    for (int db : new int[] {0, 3, 7}) {
      await().untilAsserted(() -> assertEquals("$5\r\nafter\r\n", read(db)));
    }
    proxy.awaitTracking();
    for (int db : new int[] {0, 3, 7}) {
      set(now, db, "later");
      await().untilAsserted(() -> assertEquals("$5\r\nlater\r\n", read(db)));
    }
  }

  /** The usual failover of sentinels and managed services: the old server dies. */
  @Test
  void deadServer_isReplacedByTheNewOne() {
    set(old, 0, "before");
    set(now, 0, "after");
    assertEquals("$6\r\nbefore\r\n", read(0));
    assertEquals("+OK\r\n", client.call("SET", "other", "v"));
    address.turnTo(after.port());
    before.stop();
    await()
        .untilAsserted(
            () -> {
              assertEquals("$5\r\nafter\r\n", client.call("GET", "k"));
              assertEquals("after", proxy.http("/keys/k").body());
            });
    try (RespClient writer = proxy.resp()) {
      assertEquals("+OK\r\n", writer.call("SET", "k", "mine"));
      assertEquals("$4\r\nmine\r\n", writer.call("GET", "k"));
    }
    assertEquals("$4\r\nmine\r\n", now.call("GET", "k"));
  }

  /** The old server goes on answering over its open connections, and no connection is lost. */
  @Test
  void demotedMaster_isLeftByASharedConnectionInUse() {
    assertEquals("+OK\r\n", client.call("SET", "k", "before"));
    address.turnTo(after.port());
    old.call("REPLICAOF", after.host(), "" + after.port());
    await().untilAsserted(() -> assertEquals("+OK\r\n", client.call("SET", "k", "after")));
    assertEquals("$5\r\nafter\r\n", now.call("GET", "k"));
  }

  /** A client with more requests than may be in flight must not stay on the old connection. */
  @Test
  void pipelineOnASharedConnection_movesToTheNewServer() {
    int many = 2_000;
    // So long that Redis does not answer all requests in flight at once.
    String writes = RespClient.request("SET", "k", "v".repeat(1_000)).repeat(many);
    int instances = shape == Shape.SPREAD ? 3 : 1;
    for (int i = 0; i < instances; i++) {
      assertEquals("+OK\r\n", opened.client(proxy).call("MULTI"));
    }
    // Each instance has an unused spare connection to the old server.
    await().untilAsserted(() -> assertEquals(instances, countOfOld(" cmd=NULL ")));
    assertEquals("+OK\r\n", client.call("SET", "k", "before"));
    address.turnTo(after.port());
    old.call("REPLICAOF", after.host(), "" + after.port());
    // Else nothing would be under way when the connection is replaced.
    client.send(writes);
    await()
        .untilAsserted(
            () -> {
              Set<String> replies = new HashSet<>();
              client.send(writes);
              for (int i = 0; i < many; i++) {
                replies.add(client.reply());
              }
              assertEquals(Set.of("+OK\r\n"), replies);
            });
  }

  /** The old server knows nothing of later writes, so reads must follow them. */
  @Test
  void reads_followTheWritesToTheNewServer() {
    set(now, 0, "not yet");
    assertEquals("+OK\r\n", client.call("SET", "k", "before"));
    assertEquals("$6\r\nbefore\r\n", client.call("GET", "k"));
    address.turnTo(after.port());
    old.call("REPLICAOF", "127.0.0.1", "1");
    await().untilAsserted(() -> assertEquals("+OK\r\n", client.call("SET", "k", "after")));
    assertNotEquals("$6\r\nbefore\r\n", client.call("GET", "k"));
    await().untilAsserted(() -> assertEquals("$5\r\nafter\r\n", client.call("GET", "k")));
    proxy.awaitTracking();
    set(now, 0, "later");
    await().untilAsserted(() -> assertEquals("$5\r\nlater\r\n", client.call("GET", "k")));
    assertEquals("later", proxy.http("/keys/k").body());
  }

  /**
   * No client writes, so no write is refused, and the old server still answers. Reads over a shared
   * connection and new dedicated connections follow to the new server as well.
   */
  @Test
  void demotedMaster_isLeftOnceItsAddressLeadsToAMaster() {
    set(now, 0, "after");
    set(old, 0, "before");
    assertEquals("+OK\r\n", now.call("SET", "there", "1"));
    assertEquals("$6\r\nbefore\r\n", client.call("GET", "k"));
    RespClient asking = opened.client(proxy);
    assertEquals(":-2\r\n", asking.call("TTL", "there"));
    long feeds = opened("feed");
    long loaders = opened("loader");
    old.call("REPLICAOF", "127.0.0.1", "1");
    // While there is no other master, the demoted one is still read.
    int connections = connectionsEver();
    await().untilAsserted(() -> assertTrue(connectionsEver() > connections + 1));
    assertEquals("$6\r\nbefore\r\n", client.call("GET", "k"));
    assertEquals(feeds, opened("feed"));
    assertEquals(loaders, opened("loader"));
    address.turnTo(after.port());
    await().untilAsserted(() -> assertEquals("$5\r\nafter\r\n", client.call("GET", "k")));
    // Because of these requests, the shared connection is not closed as unused.
    await().untilAsserted(() -> assertEquals(":-1\r\n", asking.call("TTL", "there")));
    try (RespClient writer = proxy.resp()) {
      assertEquals("+OK\r\n", writer.call("WATCH", "k"));
      assertEquals("+OK\r\n", writer.call("SET", "k", "w".repeat(5_000)));
    }
    proxy.awaitTracking();
    set(now, 0, "later");
    await().untilAsserted(() -> assertEquals("$5\r\nlater\r\n", client.call("GET", "k")));
    assertEquals(loaders + 1, opened("loader"));
  }

  /** A proxy may read from a replica on purpose. */
  @Test
  void replicaSinceTheStart_isNotLeftForAMaster() {
    set(now, 0, "after");
    set(old, 0, "before");
    old.call("REPLICAOF", "127.0.0.1", "1");
    RunningProxy reader = opened.proxy(shape, address.url());
    RespClient its = opened.client(reader);
    address.turnTo(after.port());
    await().untilAsserted(() -> assertEquals("$5\r\nafter\r\n", client.call("GET", "k")));
    awaitRoles(2);
    assertEquals("$6\r\nbefore\r\n", its.call("GET", "k"));
    assertEquals(1, opened(reader, "loader"));
  }

  /**
   * A name may lead to several servers, a master and its replicas. Here the probe always reaches
   * the master, and new connections a replica.
   */
  @Test
  void addressOfSeveralServers_endsTheSearchForAMaster() {
    long loaders = opened("loader");
    old.call("REPLICAOF", "127.0.0.1", "1");
    address.turnTo(after.port(), before.port(), before.port());
    await().untilAsserted(() -> assertEquals(loaders + 3, opened("loader")));
    awaitRoles(5);
    assertEquals(loaders + 3, opened("loader"));
  }

  /** Waits until the servers have been asked for their role this many times. */
  private void awaitRoles(int times) {
    int asked = hellos();
    await().untilAsserted(() -> assertTrue(hellos() >= asked + times));
  }

  private int hellos() {
    String name = "cmdstat_hello:calls=";
    return stat(old, "commandstats", name) + stat(now, "commandstats", name);
  }

  /** Each instance of the RESP front finds the new server itself. */
  @Test
  void newServer_foundBySeveralInstances_isFollowedOnce() {
    List<RespClient> writers = writersApart(shape == Shape.SPREAD ? 2 : 1);
    long loaders = opened("loader");
    Runnable release = address.hold();
    address.turnTo(after.port());
    old.call("REPLICAOF", "127.0.0.1", "1");
    writers.forEach(this::writeUntilItLeaves);
    address.holdNoMore();
    await().untilAsserted(() -> assertEquals(loaders + 1, opened("loader")));
    proxy.awaitTracking();
    long feeds = opened("feed");
    release.run();
    writers.forEach(writer -> assertEquals("+OK\r\n", writer.reply()));
    assertEquals("$5\r\nafter\r\n", client.call("GET", "k"));
    assertEquals(loaders + 1, opened("loader"));
    assertEquals(feeds, opened("feed"));
  }

  /** This many clients, each of another instance. */
  private List<RespClient> writersApart(int many) {
    List<RespClient> writers = new ArrayList<>();
    await()
        .untilAsserted(
            () -> {
              RespClient writer = opened.client(proxy);
              assertEquals("+OK\r\n", writer.call("SET", "k", "before"));
              if (opened("shared") > writers.size()) {
                writers.add(writer);
              }
              assertEquals(many, writers.size());
            });
    return writers;
  }

  /** Writes until the shared connection is replaced; the last write then goes to the new server. */
  private void writeUntilItLeaves(RespClient writer) {
    String write = RespClient.request("SET", "k", "after");
    long shared = opened("shared");
    writer.send(write);
    await()
        .untilAsserted(
            () -> {
              if (!writer.available().isEmpty()) {
                writer.send(write);
              }
              assertEquals(shared + 1, opened("shared"));
            });
  }

  /** How many connections of a kind the proxy has ever opened to Redis. */
  private long opened(String kind) {
    return opened(proxy, kind);
  }

  private static long opened(RunningProxy proxy, String kind) {
    String name = "redisproxy_upstream_connections_opened_total{kind=\"" + kind + "\"} ";
    return proxy
        .admin("/metrics")
        .body()
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> (long) Double.parseDouble(line.substring(name.length())))
        .findFirst()
        .orElseThrow();
  }

  private long countOfOld(String part) {
    return old.call("CLIENT", "LIST").lines().filter(line -> line.contains(part)).count();
  }

  private int connectionsEver() {
    return stat(old, "stats", "total_connections_received:");
  }

  private static int stat(RespClient direct, String section, String name) {
    return direct
        .call("INFO", section)
        .lines()
        .filter(line -> line.startsWith(name))
        .map(line -> Integer.parseInt(line.substring(name.length()).replaceAll("[^0-9].*", "")))
        .findFirst()
        .orElse(0);
  }

  @Test
  void permanentReplica_isNotReconnectedForEachWrite() {
    old.call("REPLICAOF", after.host(), "" + after.port());
    String readOnly = "-READONLY You can't write against a read only replica.\r\n";
    assertEquals(readOnly, client.call("SET", "k", "v"));
    int connections = connectionsEver();
    for (int i = 0; i < 200; i++) {
      assertEquals(readOnly, client.call("SET", "k", "v"));
    }
    int more = connectionsEver() - connections;
    assertTrue(more < 20, () -> more + " connections for 200 writes");
  }

  /** A master becomes a replica and then a master again. Reads go on; writes get Redis's error. */
  @Test
  void demotedMaster_refusesWrites_andIsStillRead() {
    set(old, 0, "v");
    assertEquals("$1\r\nv\r\n", read(0));
    old.call("REPLICAOF", after.host(), "" + after.port());
    String readOnly = "-READONLY You can't write against a read only replica.\r\n";
    assertEquals(readOnly, client.call("SET", "k", "w"));
    assertEquals(readOnly, client.call("SETRANGE", "k", "0", "w"));
    set(now, 0, "from the master");
    // The replica copies its master's data, and sends invalidations for it.
    await()
        .untilAsserted(() -> assertEquals("$15\r\nfrom the master\r\n", client.call("GET", "k")));
    old.call("REPLICAOF", "NO", "ONE");
    await().untilAsserted(() -> assertEquals("+OK\r\n", client.call("SET", "k", "mine again")));
    assertEquals("$10\r\nmine again\r\n", client.call("GET", "k"));
    assertEquals("mine again", proxy.http("/keys/k").body());
  }
}
