package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.Random;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import redisproxy.dev.EmbeddedRedis;

@InEachShape
class RespIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient direct;
  private RespClient client;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    direct = opened.client(redis);
    client = opened.client(proxy);
  }

  @Test
  void get_answersAsRedisDoes() {
    direct.call("SET", "color", "blue");
    direct.call("SET", "empty", "");
    direct.call("SET", "bin\u0000\r\n\u00ff", "\r\n\u0000\u00fe$3\r\n");
    direct.call("LPUSH", "list", "a");
    for (int i = 0; i < 2; i++) {
      for (String key : List.of("color", "empty", "nope", "bin\u0000\r\n\u00ff", "list", "")) {
        assertEquals(direct.call("GET", key), client.call("GET", key));
      }
    }
    assertEquals(3, proxy.stat("hits"));
  }

  @Test
  void get_overHttpAndResp_sharesOneCache() {
    direct.call("SET", "color", "blue");
    client.call("GET", "color");
    assertEquals("blue", proxy.http("/keys/color").body());
    assertEquals(1, proxy.stat("loads"));
    assertEquals(1, proxy.stat("hits"));
  }

  @Test
  void localCommands_answerAsRedisDoes() {
    for (String[] command :
        new String[][] {
          {"PING"},
          {"ping"},
          {"PiNg", "hello"},
          {"PING", "a", "b"},
          {"ECHO", "x\r\ny"},
          {"ECHO"},
          {"GET"},
          {"GET", "a", "b"}
        }) {
      assertEquals(direct.call(command), client.call(command));
    }
  }

  @Test
  void otherCommands_withoutDedicatedConnections_getTheUnknownCommandError() {
    RunningProxy alone = opened.proxy(shape, redis.url(), "resp.tunnel", "false");
    RespClient reader = opened.client(alone);
    assertEquals(
        "-ERR unknown command 'SET', with args beginning with: 'a' 'b' \r\n",
        reader.call("SET", "a", "b"));
    assertEquals("-ERR unknown command 'x y', with args beginning with: \r\n", reader.call("x\ny"));
    assertEquals(direct.call("GET", "a", "b"), reader.call("GET", "a", "b"));
    assertEquals("+PONG\r\n", reader.call("PING"));
  }

  @Test
  void quit_answersOkAndCloses() {
    client.send("*1\r\n$4\r\nQUIT\r\n*1\r\n$4\r\nPING\r\n");
    assertEquals("+OK\r\n", client.reply());
    assertTrue(client.isClosedByServer());
  }

  @Test
  void quit_overADedicatedConnection_isTheLastRequestAnswered() {
    String list = RespClient.request("LRANGE", "none", "0", "-1");
    String write = RespClient.request("SET", "behind-quit", "x");
    client.send(list + RespClient.request("QUIT") + write + list);
    assertEquals("*0\r\n+OK\r\n", client.rest());
    assertEquals("$-1\r\n", direct.call("GET", "behind-quit"));
  }

  @Test
  void inlineCommands_areUnderstood() {
    direct.call("SET", "a b", "v");
    client.send("PING\r\n\r\nget \"a b\"\nGET 'a b'\r\n");
    assertEquals("+PONG\r\n", client.reply());
    assertEquals("$1\r\nv\r\n", client.reply());
    assertEquals("$1\r\nv\r\n", client.reply());
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "*1\\r\\n$-5\\r\\n | invalid bulk length",
        "*1\\r\\n$abc\\r\\n | invalid bulk length",
        "*1\\r\\n$600000000\\r\\n | invalid bulk length",
        "*x\\r\\n | invalid multibulk length",
        "*2147483648\\r\\n | invalid multibulk length",
        "*1\\r\\n:1\\r\\n | expected '$', got ':'",
        "GET \"a\\r\\n | unbalanced quotes in request"
      })
  void malformedInput_getsTheErrorOfRedisAndIsClosed(String input, String error) {
    String raw = input.strip().replace("\\r", "\r").replace("\\n", "\n");
    String text = "-ERR Protocol error: " + error.strip() + "\r\n";
    for (RespClient each : List.of(client, direct)) {
      each.send("PING\r\n" + raw);
      assertEquals("+PONG\r\n", each.reply());
      assertEquals(text, each.reply());
      assertTrue(each.isClosedByServer());
    }
    direct = opened.client(redis);
  }

  @Test
  void httpRequest_isClosedWithoutAnAnswer() {
    client.send("POST / HTTP/1.1\r\nHost: localhost\r\n\r\n");
    assertTrue(client.isClosedByServer());
    RespClient other = proxy.resp();
    other.send("Host: localhost\r\n");
    assertTrue(other.isClosedByServer());
    other.close();
  }

  /** The first line of the HTTP request is a command that only Redis can refuse. */
  @Test
  void httpGetRequest_isClosedWithoutAnAnswer_asByRedis() {
    String http = "GET / HTTP/1.1\r\nHost: x\r\nAccept: */*\r\n\r\n";
    for (String before : List.of("", RespClient.request("EVAL", "return 1", "0"))) {
      try (RespClient other = proxy.resp();
          RespClient toRedis = new RespClient(redis)) {
        for (RespClient each : List.of(other, toRedis)) {
          if (!before.isEmpty()) {
            assertEquals(":1\r\n", each.send(before).reply());
          }
          each.send(http);
          assertEquals("", each.rest());
        }
      }
    }
  }

  @Test
  void pipeline_cutAnywhere_isAnsweredInOrder() throws InterruptedException {
    Random random = new Random(42);
    StringBuilder requests = new StringBuilder();
    List<String> expected = new ArrayList<>();
    for (int i = 0; i < 3000; i++) {
      switch (random.nextInt(4)) {
        case 0 -> {
          requests.append(RespClient.request("PING", "p" + i));
          expected.add("$" + ("p" + i).length() + "\r\np" + i + "\r\n");
        }
        case 1 -> {
          requests.append(RespClient.request("GET", "missing" + i));
          expected.add("$-1\r\n");
        }
        default -> {
          int key = random.nextInt(200);
          if (expected.size() < 100) {
            direct.call("SET", "k" + key, "value" + key);
          }
          requests.append(RespClient.request("GET", "k" + key));
          expected.add(null);
        }
      }
    }
    byte[] raw = requests.toString().getBytes(StandardCharsets.ISO_8859_1);
    Thread sender =
        new Thread(
            () -> {
              for (int at = 0; at < raw.length; ) {
                int length = Math.min(1 + random.nextInt(300), raw.length - at);
                client.send(java.util.Arrays.copyOfRange(raw, at, at + length));
                at += length;
              }
            });
    sender.start();
    for (String reply : expected) {
      String got = client.reply();
      if (reply != null) {
        assertEquals(reply, got);
      } else {
        assertTrue(got.equals("$-1\r\n") || got.contains("value"), got);
      }
    }
    sender.join();
  }

  @Test
  void clientBeyondMaxClients_getsTheErrorOfRedis() {
    RunningProxy small = opened.proxy(shape, redis.url(), "resp.max-clients", "2");
    RespClient first = small.resp();
    RespClient second = small.resp();
    assertEquals("+PONG\r\n", first.call("PING"));
    assertEquals("+PONG\r\n", second.call("PING"));
    try (RespClient third = small.resp()) {
      assertEquals("-ERR max number of clients reached\r\n", third.reply());
      assertTrue(third.isClosedByServer());
    }
    first.close();
    await()
        .untilAsserted(
            () -> {
              try (RespClient next = small.resp()) {
                assertEquals("+PONG\r\n", next.call("PING"));
              }
            });
    second.close();
  }

  @Test
  void idleTimeout_closesIdleConnections() {
    RunningProxy impatient = opened.proxy(shape, redis.url(), "resp.idle-timeout", "200ms");
    RespClient idle = opened.client(impatient);
    assertEquals("+PONG\r\n", idle.call("PING"));
    assertTrue(idle.isClosedByServer());
  }

  @Test
  void request_largerThanAllowed_isRefusedAtItsLength() {
    RunningProxy alone = opened.proxy(shape, redis.url(), "resp.tunnel", "false");
    RespClient reader = opened.client(alone);
    reader.send("*2\r\n$3\r\nGET\r\n$1048577\r\n");
    assertEquals("-ERR Protocol error: invalid bulk length\r\n", reader.reply());
    assertTrue(reader.isClosedByServer());
  }

  @Test
  void longKeys_pipelined_areAllAnswered() {
    String key = "k".repeat(100_000);
    direct.call("SET", key, "long");
    client.send(RespClient.request("GET", key).repeat(20) + RespClient.request("PING"));
    for (int i = 0; i < 20; i++) {
      assertEquals("$4\r\nlong\r\n", client.reply());
    }
    assertEquals("+PONG\r\n", client.reply());
  }

  /** Redis refuses PSYNC while an earlier reply is unsent, so the proxy sends nothing before it. */
  @Test
  void replicationAsTheFirstRequest_isServed() {
    String reply = client.call("PSYNC", "?", "-1");
    assertTrue(reply.startsWith("+FULLRESYNC "), reply);
  }
}
