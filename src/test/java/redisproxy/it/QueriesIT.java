package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;
import static redisproxy.it.RespClient.bulk;
import static redisproxy.it.RespClient.request;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redis.clients.jedis.Jedis;
import redisproxy.dev.EmbeddedRedis;

/** Sessions that only read and send queries need no connection to Redis of their own. */
@InEachShape
class QueriesIT {
  private static final String OK = "+OK\r\n";

  /** The values in an INFO, which change from one reply to the next. */
  private static final Pattern VALUES = Pattern.compile(":[^\r]*");

  private static final String REACHABLE_0 = "# redis-proxy\r\nredis_reachable:0\r\n\r\n";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis("databases 24");
    direct = opened.client(redis);
    proxy = opened.proxy(shape, redis.url(), "cache.max-value-bytes", "100KiB");
  }

  /** Connections besides the test's own and the feed. */
  private long connections() {
    return direct.otherConnections();
  }

  /** Waits until only this many links are connected, and no dedicated connections. */
  private void awaitConnections(int links) {
    await().untilAsserted(() -> assertEquals(links, connections()));
  }

  private void set(int db, String key, String value) {
    direct.call("SELECT", "" + db);
    direct.call("SET", key, value);
  }

  @Test
  void select_readsEachDatabase_withoutADedicatedConnection() {
    set(0, "k", "zero");
    set(3, "k", "three");
    try (RespClient client = proxy.resp()) {
      for (int i = 0; i < 3; i++) {
        assertEquals(bulk("zero"), client.call("GET", "k"));
        assertEquals(OK, client.call("SELECT", "3"));
        assertEquals(bulk("three"), client.call("GET", "k"));
        assertEquals(OK, client.call("SELECT", "0"));
      }
      assertEquals("zero", proxy.http("/keys/k").body());
      // One link for each of the two databases.
      awaitConnections(2);
      assertEquals(2, proxy.stat("loads"));
    }
  }

  @Test
  void select_ofAnInvalidDatabase_isRedissError_andChangesNothing() {
    set(0, "k", "zero");
    set(7, "k", "seven");
    try (RespClient client = proxy.resp()) {
      assertEquals(OK, client.call("SELECT", "7"));
      for (String[] request :
          new String[][] {
            {"SELECT", "24"},
            {"SELECT", "99"},
            {"SELECT", "1024"},
            {"SELECT", "abc"},
            {"SELECT", "01"},
            {"SELECT", "+1"},
            {"SELECT", "-1"},
            {"SELECT", ""},
            {"SELECT", "2147483648"},
            {"SELECT", "99999999999999999999"},
            {"SELECT"},
            {"SELECT", "1", "2"}
          }) {
        assertEquals(direct.call(request), client.call(request), String.join(" ", request));
        assertEquals(bulk("seven"), client.call("GET", "k"));
      }
      awaitConnections(2);
    }
  }

  /** There are more databases than links. The least recently used link is closed for a new one. */
  @Test
  void everyDatabase_isRead_overALimitedNumberOfLinks() {
    for (int db = 0; db < 24; db++) {
      set(db, "a", "a" + db);
      set(db, "b", "b" + db);
    }
    try (RespClient client = proxy.resp()) {
      for (String key : List.of("a", "b")) {
        for (int db = 0; db < 24; db++) {
          assertEquals(OK, client.call("SELECT", "" + db));
          assertEquals(bulk(key + db), client.call("GET", key));
        }
      }
      awaitConnections(16);
    }
  }

  @Test
  void tooLargeValue_isStreamedFromItsOwnDatabase() {
    String large = "x".repeat(200_000);
    set(0, "k", "y".repeat(200_000));
    set(5, "k", large);
    try (RespClient client = proxy.resp()) {
      client.call("SELECT", "5");
      assertEquals(bulk(large), client.call("GET", "k"));
      awaitConnections(2);
    }
  }

  @Test
  void dedicatedConnection_startsInTheSessionsDatabase_andInvalidatesItsKeys() {
    set(4, "k", "old");
    try (RespClient reader = proxy.resp();
        RespClient writer = proxy.resp()) {
      reader.call("SELECT", "4");
      assertEquals(bulk("old"), reader.call("GET", "k"));
      writer.call("CLIENT", "SETNAME", "writer");
      assertEquals(OK, writer.call("SELECT", "9"));
      assertEquals(OK, writer.call("SELECT", "4"));
      assertEquals(OK, writer.call("SET", "k", "new"));
      assertEquals(bulk("new"), reader.call("GET", "k"));
      assertEquals(bulk("writer"), writer.call("CLIENT", "GETNAME"));
      writer.call("SELECT", "9");
      writer.call("SET", "k", "nine");
      assertEquals(OK, writer.call("SWAPDB", "4", "9"));
      assertEquals(bulk("nine"), reader.call("GET", "k"));
      writer.call("FLUSHDB");
      reader.call("SELECT", "9");
      assertEquals("$-1\r\n", reader.call("GET", "k"));
    }
  }

  @Test
  void commandAndInfo_areRedissReplies_inResp2AndResp3() {
    for (String version : List.of("2", "3")) {
      try (RespClient client = proxy.resp();
          RespClient same = new RespClient(redis)) {
        client.call("HELLO", version);
        same.call("HELLO", version);
        for (String request :
            List.of(
                "COMMAND",
                "COMMAND COUNT",
                "command docs get",
                "COMMAND DOCS",
                "COMMAND DOCS nonsense",
                "COMMAND INFO get set nonsense",
                "COMMAND LIST",
                "COMMAND LIST FILTERBY PATTERN xread*",
                "COMMAND GETKEYS MSET a 1 b 2",
                "COMMAND GETKEYS GET",
                "COMMAND GETKEYSANDFLAGS SET a 1",
                "COMMAND HELP",
                "COMMAND COUNT 1",
                "INFO nothing")) {
          String[] arguments = request.split(" ");
          assertEquals(same.call(arguments), client.call(arguments), request);
          // The same as an inline request, which is also parsed a second time.
          assertEquals(
              same.send(request + "\r\n").reply(), client.send(request + "\r\n").reply(), request);
        }
        for (String request : List.of("INFO server", "INFO memory cpu", "INFO keyspace")) {
          String[] arguments = request.split(" ");
          assertEquals(form(same.call(arguments)), form(client.call(arguments)), request);
        }
        assertTrue(client.call("INFO").contains("\r\nloading:0\r\n"));
        same.close();
        awaitConnections(1);
      }
    }
  }

  /** An INFO without its values, and without its length, which depends on them. */
  private static String form(String info) {
    return VALUES
        .matcher(info.substring(0, 1) + info.substring(info.indexOf('\n')))
        .replaceAll(":");
  }

  @Test
  void pipelinedMix_isAnsweredInOrder() {
    set(2, "a", "a of 2");
    set(0, "a", "A");
    set(0, "b", "B");
    String count = direct.call("COMMAND", "COUNT");
    try (RespClient client = proxy.resp()) {
      for (int i = 0; i < 20; i++) {
        client.send(
            request("GET", "a")
                + "COMMAND COUNT\r\n"
                + request("GET", "b")
                + request("INFO", "server")
                + request("SELECT", "2")
                + request("GET", "a")
                + request("SELECT", "0")
                + request("PING"));
        assertEquals(bulk("A"), client.reply());
        assertEquals(count, client.reply());
        assertEquals(bulk("B"), client.reply());
        assertTrue(client.reply().contains("\r\n# Server\r\nredis_version:"));
        assertEquals(OK, client.reply());
        assertEquals(bulk("a of 2"), client.reply());
        assertEquals(OK, client.reply());
        assertEquals("+PONG\r\n", client.reply());
      }
      awaitConnections(2);
    }
  }

  /** Replies stay in order when a later request needs a dedicated connection. */
  @Test
  void pipelinedMix_endingOnADedicatedConnection_isAnsweredInOrder() {
    set(2, "a", "a of 2");
    try (RespClient client = proxy.resp()) {
      client.send(
          request("INFO", "server")
              + request("SELECT", "2")
              + request("GET", "a")
              + request("APPEND", "a", "!")
              + request("COMMAND", "COUNT")
              + request("GET", "a"));
      assertTrue(client.reply().contains("redis_version"));
      assertEquals(OK, client.reply());
      assertEquals(bulk("a of 2"), client.reply());
      assertEquals(":7\r\n", client.reply());
      assertEquals(direct.call("COMMAND", "COUNT"), client.reply());
      assertEquals(bulk("a of 2!"), client.reply());
    }
  }

  @Test
  void longQuestion_goesOverADedicatedConnection() {
    try (RespClient client = proxy.resp()) {
      String key = "k".repeat(2000);
      assertEquals("*1\r\n" + bulk(key), client.call("COMMAND", "GETKEYS", "GET", key));
      // The link, the dedicated connection, and the spare one.
      awaitConnections(3);
    }
  }

  @Test
  void clientThatEndsItsOutputAfterAQuestion_isAnswered() {
    try (RespClient client = proxy.resp()) {
      client.send("COMMAND COUNT\r\nPING\r\n").endOutput();
      assertEquals(direct.call("COMMAND", "COUNT"), client.reply());
      assertEquals("+PONG\r\n", client.reply());
      assertTrue(client.isClosedByServer());
    }
  }

  @Test
  void question_whenRedisClosesTheConnection_isSentAgain() {
    direct.call("CONFIG", "SET", "maxclients", "64");
    try (RespClient client = proxy.resp()) {
      for (int i = 0; i < 20; i++) {
        client.call("COMMAND", "COUNT");
        // Kill the connection while the question may be under way.
        client.send("INFO server\r\n");
        direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
        String info = client.reply();
        assertTrue(info.contains("redis_version"), info);
        assertFalse(info.contains("redis_reachable"), info);
      }
      await().untilAsserted(() -> assertEquals("$-1\r\n", client.call("GET", "none")));
      awaitConnections(1);
    }
  }

  @Test
  void manyJedisThatOnlyGet_needNoDedicatedConnection_andReadDuringAnOutage() {
    set(0, "k", "v");
    List<Jedis> clients = new ArrayList<>();
    try {
      connect(clients, 200);
      awaitConnections(1);
      redis.stop();
      read(clients);
      connect(clients, 200);
      read(clients);
    } finally {
      clients.forEach(Jedis::close);
    }
  }

  private void connect(List<Jedis> clients, int many) {
    for (int i = 0; i < many; i++) {
      Jedis client = new Jedis("127.0.0.1", proxy.respPort());
      clients.add(client);
      assertEquals("v", client.get("k"));
    }
  }

  private static void read(List<Jedis> clients) {
    clients.forEach(client -> assertEquals("v", client.get("k")));
  }

  /** ioredis uses INFO as its ready check: it waits until {@code loading} is 0. */
  @Test
  void ioredis_connectsDuringAnOutage() {
    set(0, "k", "v");
    set(6, "k", "six");
    try (RespClient before = proxy.resp()) {
      ioredis(before, false);
      before.call("COMMAND", "COUNT");
    }
    redis.stop();
    List<RespClient> clients = new ArrayList<>();
    try {
      for (int i = 0; i < 200; i++) {
        RespClient client = proxy.resp();
        clients.add(client);
        ioredis(client, true);
      }
      assertTrue(clients.get(0).call("COMMAND", "COUNT").startsWith(":"));
    } finally {
      clients.forEach(RespClient::close);
    }
    redis.restart();
    try (RespClient client = proxy.resp()) {
      await().untilAsserted(() -> assertFalse(client.call("INFO").contains("redis-proxy")));
    }
  }

  private static void ioredis(RespClient client, boolean isOutage) {
    client.send(
        request("CLIENT", "SETINFO", "LIB-VER", "5.8.0")
            + request("CLIENT", "SETINFO", "LIB-NAME", "ioredis")
            + request("info"));
    assertEquals(OK, client.reply());
    assertEquals(OK, client.reply());
    String info = client.reply();
    assertTrue(info.contains("\r\nloading:0\r\n"), info);
    assertEquals(isOutage, info.endsWith("\r\n" + REACHABLE_0), info);
    assertEquals(bulk("v"), client.call("GET", "k"));
    assertEquals(OK, client.call("SELECT", "6"));
    assertEquals(bulk("six"), client.call("GET", "k"));
  }

  @Test
  void newQuestion_duringAnOutage_failsAsUnreachable() {
    redis.stop();
    try (RespClient client = proxy.resp()) {
      assertEquals("-ERR redis-proxy: Redis cannot be reached\r\n", client.call("INFO"));
      assertTrue(client.isClosedByServer());
    }
  }
}
