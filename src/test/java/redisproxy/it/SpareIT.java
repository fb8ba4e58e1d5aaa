package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** The spare connection, which waits for the next session that needs a dedicated one. */
@InEachShape
class SpareIT {
  /** Enough clients that each RESP verticle gets some. */
  private static final int CLIENTS = 6;

  @RegisterExtension final Opened opened = new Opened();

  @Parameter Shape shape;

  private RunningProxy proxy;
  private RespClient direct;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.redis();
    proxy = opened.proxy(shape, redis.url(), "resp.pooling", "false");
    direct = opened.client(redis);
  }

  /** Returns the ids of the connections at Redis whose CLIENT LIST line contains the marker. */
  private Set<String> connections(String marker) {
    return direct
        .call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.startsWith("id=") && line.contains(marker))
        .map(line -> line.substring(3, line.indexOf(' ')))
        .collect(Collectors.toSet());
  }

  private Set<String> connections() {
    return connections("");
  }

  /**
   * Makes a client open a dedicated connection. Returns the id of the spare that is opened after
   * it.
   */
  private String spare(RespClient client) {
    assertEquals(1, connect(client));
    await().until(() -> connections(" cmd=NULL ").size() == 1);
    return connections(" cmd=NULL ").iterator().next();
  }

  /** Makes a client open a dedicated connection. */
  private static int connect(RespClient client) {
    return Integer.parseInt(client.call("EVAL", "return 1", "0").strip().substring(1));
  }

  private RespClient client() {
    return opened.client(proxy);
  }

  @Test
  void nextSession_getsTheSpare_inTheStateOfTheSession() {
    String spare = spare(client());
    boolean given = false;
    for (int i = 0; i < CLIENTS; i++) {
      RespClient next = client();
      assertTrue(next.call("HELLO", "3").startsWith("%7\r\n"));
      assertEquals("+OK\r\n", next.call("SELECT", "5"));
      assertEquals("+OK\r\n", next.call("CLIENT", "SETNAME", "next"));
      String info = next.call("CLIENT", "INFO");
      assertTrue(info.startsWith("=") && info.contains(" name=next ") && info.contains(" db=5 "));
      given |= direct.call("CLIENT", "LIST", "ID", spare).contains(" name=next ");
    }
    assertTrue(given);
  }

  @Test
  void spareClosedByRedis_isReplacedUnnoticed() {
    String spare = spare(client());
    direct.call("CLIENT", "KILL", "ID", spare);
    await().pollDelay(Duration.ofMillis(200)).until(() -> true);
    for (int i = 0; i < CLIENTS; i++) {
      assertEquals(1, connect(client()));
    }
  }

  /** Redis keeps trusting connections that were accepted before a password was required. */
  @Test
  void spareFromBeforeAccessChanged_isClosed() {
    RespClient client = client();
    String spare = spare(client);
    assertEquals("+OK\r\n", client.call("CONFIG", "SET", "requirepass", "secret"));
    await().atMost(Duration.ofSeconds(5)).until(() -> !connections().contains(spare));
    for (int i = 0; i < CLIENTS; i++) {
      assertTrue(client().call("EVAL", "return 1", "0").startsWith("-NOAUTH"));
    }
  }

  @Test
  void unusedSpare_isClosed() {
    String spare = spare(client());
    await().atMost(Duration.ofSeconds(20)).until(() -> !connections().contains(spare));
  }
}
