package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.util.ArrayList;
import java.util.List;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** A session keeps one client id, in all requests and replies that contain client ids. */
@InEachShape
class ClientIdsIT {
  private static final Pattern HELLO_ID = Pattern.compile("\\$2\r\nid\r\n:(\\d+)\r\n");

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
  }

  private RespClient client() {
    return opened.client(proxy);
  }

  /** A client whose session has a dedicated connection. */
  private RespClient dedicatedClient() {
    RespClient client = client();
    assertEquals(":1\r\n", client.call("EVAL", "return 1", "0"));
    return client;
  }

  private static String hello(RespClient client, String... version) {
    String[] request =
        version.length == 0 ? new String[] {"HELLO"} : new String[] {"HELLO", version[0]};
    Matcher id = HELLO_ID.matcher(client.call(request));
    assertTrue(id.find());
    return id.group(1);
  }

  private static String id(RespClient client) {
    return client.call("CLIENT", "ID").strip().substring(1);
  }

  @Test
  void id_isTheSame_withAndWithoutADedicatedConnection_andNotRediss() {
    RespClient client = client();
    String id = hello(client);
    assertEquals(id, id(client));
    assertEquals(":1\r\n", client.call("EVAL", "return 1", "0"));
    assertEquals(id, id(client));
    assertEquals(id, hello(client));
    assertEquals(id, hello(client, "3"));
    assertTrue(Long.parseLong(id) >= 1L << 52 && Long.parseLong(id) < 1L << 53, id);
    assertNotEquals(id, hello(client()));
    assertNotEquals(id, id(dedicatedClient()));
    RunningProxy other = opened.proxy(shape, redis.url());
    RespClient ofOther = opened.client(other);
    assertTrue(Math.abs(Long.parseLong(hello(ofOther)) - Long.parseLong(id)) > 1000);
  }

  @Test
  void ownLine_inClientListAndInfo_hasTheSessionsId() {
    RespClient client = dedicatedClient();
    String id = id(client);
    assertTrue(client.call("CLIENT", "LIST").contains("\nid=" + id + " "));
    assertTrue(client.call("CLIENT", "INFO").contains("\nid=" + id + " "));
    String found = client.call("CLIENT", "LIST", "ID", id);
    assertTrue(found.contains("\nid=" + id + " ") && found.lines().count() == 3, found);
    hello(client, "3");
    assertTrue(client.call("CLIENT", "INFO").contains("txt:id=" + id + " "));
  }

  @Test
  void idsInExec_areTheSessions() {
    RespClient client = dedicatedClient();
    String id = id(client);
    client.send("MULTI\r\nPING\r\nCLIENT ID\r\nCLIENT INFO\r\nCLIENT GETREDIR\r\nEXEC\r\n");
    for (int i = 0; i < 5; i++) {
      client.reply();
    }
    String replies = client.reply();
    assertTrue(replies.startsWith("*4\r\n+PONG\r\n:" + id + "\r\n$"), replies);
    assertTrue(replies.contains("\nid=" + id + " "), replies);
    assertTrue(replies.endsWith("\r\n:-1\r\n"), replies);
  }

  /** Many clients of Redis itself have low ids. None of them may be killed. */
  @Test
  void killByOwnId_killsNoOtherClient() {
    List<RespClient> strangers = new ArrayList<>();
    for (int i = 0; i < 20; i++) {
      strangers.add(opened.client(redis));
      assertEquals("+PONG\r\n", strangers.get(i).call("PING"));
    }
    for (int i = 0; i < 20; i++) {
      RespClient client = client();
      // As in Redis, SKIPME is yes by default: the own connection is spared.
      assertEquals(":0\r\n", client.call("CLIENT", "KILL", "ID", hello(client)));
      client.send(RespClient.request("CLIENT", "KILL", "ID", id(client), "SKIPME", "no"));
      assertEquals(":1\r\n", client.reply());
      assertTrue(client.isClosedByServer());
    }
    strangers.forEach(each -> assertEquals("+PONG\r\n", each.call("PING")));
  }

  @Test
  void killById_closesTheSession_withAndWithoutADedicatedConnection() {
    RespClient killer = client();
    for (RespClient victim : List.of(client(), dedicatedClient())) {
      String id = hello(victim);
      assertEquals(":1\r\n", killer.call("CLIENT", "KILL", "ID", id));
      assertTrue(victim.isClosedByServer());
      await().untilAsserted(() -> assertEquals(":0\r\n", killer.call("CLIENT", "KILL", "ID", id)));
    }
  }

  @Test
  void unblockById_wakesTheSession() {
    RespClient blocked = client();
    String id = hello(blocked);
    RespClient other = client();
    assertEquals(":0\r\n", other.call("CLIENT", "UNBLOCK", id));
    blocked.send(RespClient.request("BLPOP", "none", "0"));
    await().untilAsserted(() -> assertEquals(":1\r\n", other.call("CLIENT", "UNBLOCK", id)));
    assertEquals("*-1\r\n", blocked.reply());
    blocked.send(RespClient.request("BLPOP", "none", "0"));
    await()
        .untilAsserted(() -> assertEquals(":1\r\n", other.call("CLIENT", "UNBLOCK", id, "ERROR")));
    assertEquals("-UNBLOCKED client unblocked via CLIENT UNBLOCK\r\n", blocked.reply());
  }

  /** In the usual order: the session reads its id first, and subscribes later. */
  @Test
  void redirectToASession_opensItsDedicatedConnection_andDeliversInvalidations() {
    RespClient told = client();
    String id = hello(told);
    RespClient tracked = client();
    assertEquals("+OK\r\n", tracked.call("CLIENT", "TRACKING", "ON", "REDIRECT", id));
    assertEquals(":" + id + "\r\n", tracked.call("CLIENT", "GETREDIR"));
    assertTrue(tracked.call("CLIENT", "TRACKINGINFO").contains("redirect\r\n:" + id + "\r\n"));
    assertTrue(tracked.call("CLIENT", "INFO").contains(" redir=" + id));
    told.call("SUBSCRIBE", "__redis__:invalidate");
    assertEquals("$-1\r\n", tracked.call("GET", "k"));
    opened.client(redis).call("SET", "k", "v");
    assertTrue(told.reply().contains("__redis__:invalidate\r\n*1\r\n$1\r\nk\r\n"));
    assertTrue(
        tracked.call("CLIENT", "TRACKING", "OFF").equals("+OK\r\n")
            && tracked.call("CLIENT", "GETREDIR").equals(":-1\r\n"));
  }

  @Test
  void unknownId_isRefusedByRedis() {
    RespClient client = client();
    String nobody = "" + (Long.parseLong(hello(client)) + 1_000_000);
    assertEquals(":0\r\n", client.call("CLIENT", "KILL", "ID", nobody));
    assertEquals(":0\r\n", client.call("CLIENT", "UNBLOCK", nobody));
    assertEquals(
        "-ERR The client ID you want redirect to does not exist\r\n",
        client.call("CLIENT", "TRACKING", "ON", "REDIRECT", nobody));
  }

  @Test
  void sessionThatLogsIn_hasAnIdToo() {
    EmbeddedRedis closed = opened.redis("requirepass s3cret");
    RunningProxy before = opened.proxy(shape, closed.url(), "redis.password", "s3cret");
    RespClient client = opened.client(before);
    assertEquals("+OK\r\n", client.call("AUTH", "s3cret"));
    String id = id(client);
    assertTrue(Long.parseLong(id) >= 1L << 52, id);
    assertEquals(":0\r\n", client.call("CLIENT", "KILL", "ID", id));
    RespClient killer = opened.client(before);
    assertEquals("+OK\r\n", killer.call("AUTH", "s3cret"));
    assertEquals(":1\r\n", killer.call("CLIENT", "KILL", "ID", id));
    assertTrue(client.isClosedByServer());
  }
}
