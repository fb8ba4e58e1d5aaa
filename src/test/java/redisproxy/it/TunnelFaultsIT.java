package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedClass;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.dev.EmbeddedRedis;

/** What Redis says before it hangs up reaches the client, whatever the client is doing. */
@ParameterizedClass
@EnumSource(Shape.class)
class TunnelFaultsIT {
  private static final String PIECE = "x".repeat(64 * 1024);

  @Parameter Shape shape;

  private EmbeddedRedis redis;
  private RunningProxy proxy;

  @BeforeEach
  void start() {
    redis = EmbeddedRedis.start();
    proxy = RunningProxy.start(shape, redis.url());
  }

  @AfterEach
  void stop() {
    proxy.close();
    redis.close();
  }

  /** Redis closes with input unread, which resets the connection while the proxy writes to it. */
  @Test
  void protocolError_ofAClientThatKeepsWriting_isToldInTheWordsOfRedis() throws Exception {
    for (int i = 0; i < 30; i++) {
      try (RespClient client = proxy.resp()) {
        assertEquals("+OK\r\n", client.call("SET", "k", "v"));
        client.send("*3\r\n$3\r\nSET\r\n$65536\r\n" + PIECE + "\r\n:1\r\n");
        Thread writer = new Thread(() -> writeOn(client));
        writer.start();
        assertEquals("-ERR Protocol error: expected '$', got ':'\r\n", client.reply());
        assertTrue(client.isClosedByServer());
        // Or the writer goes on until the proxy cuts it off.
        client.close();
        writer.join();
      }
    }
  }

  private static void writeOn(RespClient client) {
    try {
      while (true) {
        client.send(PIECE);
      }
    } catch (UncheckedIOException closed) {
      // as it should be
    }
  }
}
