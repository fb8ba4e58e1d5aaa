package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** Redis's last replies before it closes reach the client, even while the client writes. */
@InEachShape
class DedicatedConnectionFaultsIT {
  private static final String PIECE = "x".repeat(64 * 1024);

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
  }

  /** Redis closes with input unread, which resets the connection while the proxy writes to it. */
  @Test
  void protocolError_whileTheClientKeepsWriting_isRedissOwnError() throws Exception {
    for (int i = 0; i < 30; i++) {
      try (RespClient client = proxy.resp()) {
        // Else it has no dedicated connection, and the proxy itself reports the error.
        assertEquals("+OK\r\n", client.call("WATCH", "k"));
        client.send("*3\r\n$3\r\nSET\r\n$65536\r\n" + PIECE + "\r\n:1\r\n");
        Thread writer = new Thread(() -> writeOn(client));
        writer.start();
        assertEquals("-ERR Protocol error: expected '$', got ':'\r\n", client.reply());
        assertTrue(client.isClosedByServer());
        // Else the writer goes on until the proxy cuts it off.
        client.close();
        writer.join();
      }
    }
  }

  /** The second request cannot reach Redis, while the first still waits for a slow reply. */
  @ParameterizedTest
  @ValueSource(strings = {"SET k w", "GET k"})
  void refusedConnection_isReportedAfterEarlierReplies(String slow) {
    Switch address = opened.add(new Switch(redis.port()));
    RunningProxy proxy =
        opened.proxy(
            shape, address.url(), "redis.load-timeout", "30s", "coherence.heartbeat", "30s");
    RespClient direct = opened.client(redis);
    RespClient client = opened.client(proxy);
    RespClient other = opened.client(proxy);
    direct.call("SET", "k", "v");
    // This opens the shared connection.
    assertEquals("+OK\r\n", client.call("SET", "other", "v"));
    address.refuse();
    redis.pause();
    client.send(RespClient.request(slow.split(" ")) + RespClient.request("MULTI"));
    String unreachable = "-ERR redis-proxy: Redis cannot be reached\r\n";
    // By then the earlier connection has been refused too.
    assertEquals(unreachable, other.call("MULTI"));
    redis.resume();
    assertEquals(slow.startsWith("SET") ? "+OK\r\n" : "$1\r\nv\r\n", client.reply());
    assertEquals(unreachable, client.reply());
    assertTrue(client.isClosedByServer());
  }

  private static void writeOn(RespClient client) {
    try {
      while (true) {
        client.send(PIECE);
      }
    } catch (UncheckedIOException closed) {
      // The proxy has closed the connection, as expected.
    }
  }
}
