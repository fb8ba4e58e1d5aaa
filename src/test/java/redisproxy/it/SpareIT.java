package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Duration;
import java.util.Set;
import java.util.stream.Collectors;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/** The connection that waits for the next session that needs one. */
@ParameterizedClass
@EnumSource(Shape.class)
class SpareIT {
  /** Enough for each RESP verticle to get some. */
  private static final int CLIENTS = 6;

  @RegisterExtension final Opened opened = new Opened();

  @Parameter Shape shape;

  private RunningProxy proxy;
  private RespClient direct;

  @BeforeEach
  void start() {
    EmbeddedRedis redis = opened.add(EmbeddedRedis.start());
    proxy = opened.add(RunningProxy.start(shape, redis.url()));
    direct = opened.add(new RespClient(redis.host(), redis.port()));
  }

  private Set<String> connections() {
    return direct
        .call("CLIENT", "LIST")
        .lines()
        .filter(line -> line.startsWith("id="))
        .map(line -> ":" + line.substring(3, line.indexOf(' ')) + "\r\n")
        .collect(Collectors.toSet());
  }

  /** Has a client open a tunnel; the connection that is there behind it. */
  private String spare(RespClient client) {
    Set<String> before = connections();
    String own = client.call("CLIENT", "ID");
    Awaitility.await().until(() -> connections().size() == before.size() + 2);
    Set<String> now = connections();
    now.removeAll(before);
    now.remove(own);
    assertEquals(1, now.size());
    return now.iterator().next();
  }

  private RespClient client() {
    return opened.add(proxy.resp());
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
      given |= next.call("CLIENT", "ID").equals(spare);
    }
    assertTrue(given);
  }

  @Test
  void closedByRedis_isMissedByNobody() {
    String spare = spare(client());
    direct.call("CLIENT", "KILL", "ID", spare.substring(1).strip());
    Awaitility.await().pollDelay(Duration.ofMillis(200)).until(() -> true);
    for (int i = 0; i < CLIENTS; i++) {
      assertTrue(client().call("CLIENT", "ID").startsWith(":"));
    }
  }

  /** Redis goes on letting in who was connected when no password was asked for. */
  @Test
  void acceptedBeforeAccessChanged_isClosed() {
    RespClient client = client();
    String spare = spare(client);
    assertEquals("+OK\r\n", client.call("CONFIG", "SET", "requirepass", "secret"));
    Awaitility.await().atMost(Duration.ofSeconds(5)).until(() -> !connections().contains(spare));
    for (int i = 0; i < CLIENTS; i++) {
      assertTrue(client().call("CLIENT", "ID").startsWith("-NOAUTH"));
    }
  }

  @Test
  void unused_isClosed() {
    String spare = spare(client());
    Awaitility.await().atMost(Duration.ofSeconds(20)).until(() -> !connections().contains(spare));
  }
}
