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

/** The connection that waits for the next session that needs one. */
@InEachShape
class SpareIT {
  /** Enough for each RESP verticle to get some. */
  private static final int CLIENTS = 6;

  @RegisterExtension final Opened opened = new Opened();

  @Parameter Shape shape;

  private RunningProxy proxy;
  private RespClient direct;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    direct = opened.client(redis);
  }

  /** The ids of those that Redis has, or of those over which nothing was said yet. */
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

  /** Has a client open a dedicated connection; the spare that is made behind it. */
  private String spare(RespClient client) {
    assertEquals(1, connect(client));
    await().until(() -> connections(" cmd=NULL ").size() == 1);
    return connections(" cmd=NULL ").iterator().next();
  }

  /** Has a client need a connection of its own. */
  private static int connect(RespClient client) {
    return Integer.parseInt(client.call("EVAL", "return 1", "0").strip().substring(1));
  }

  private RespClient client() {
    return opened.client(proxy);
  }

  @Test
  void nextSession_isGivenIt_inTheStateItBelievesToBeIn() {
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
  void closedByRedis_isMissedByNobody() {
    String spare = spare(client());
    direct.call("CLIENT", "KILL", "ID", spare);
    await().pollDelay(Duration.ofMillis(200)).until(() -> true);
    for (int i = 0; i < CLIENTS; i++) {
      assertEquals(1, connect(client()));
    }
  }

  /** Redis goes on letting in who was connected when no password was asked for. */
  @Test
  void acceptedBeforeAccessChanged_isClosed() {
    RespClient client = client();
    String spare = spare(client);
    assertEquals("+OK\r\n", client.call("CONFIG", "SET", "requirepass", "secret"));
    await().atMost(Duration.ofSeconds(5)).until(() -> !connections().contains(spare));
    for (int i = 0; i < CLIENTS; i++) {
      assertTrue(client().call("EVAL", "return 1", "0").startsWith("-NOAUTH"));
    }
  }

  @Test
  void unused_isClosed() {
    String spare = spare(client());
    await().atMost(Duration.ofSeconds(20)).until(() -> !connections().contains(spare));
  }
}
