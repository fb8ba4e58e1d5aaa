package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.channel.uring.IoUring;
import io.vertx.core.json.JsonObject;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.EnumSource;
import redisproxy.config.TransportKind;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.transport.Choice;
import redisproxy.transport.Sockets;

/** Which transport runs, where the proxy reports it, and how a start fails without it. */
class TransportIT {
  /** Makes Netty report that both native transports do not work. */
  private static final String NO_NATIVE = "-Dio.netty.transport.noNative=true";

  @RegisterExtension final Opened opened = new Opened();
  @TempDir Path directory;

  /** Where a transport does not work, the proxy reports why, and ends. */
  @ParameterizedTest
  @EnumSource(TransportKind.class)
  void transport_isReportedEverywhere(TransportKind wanted) throws Exception {
    EmbeddedRedis redis = opened.redis();
    RunningJar proxy = opened.jar(directory);
    proxy.run(Map.of("REDIS_URL", redis.url(), "TRANSPORT", wanted.toString()), List.of());
    Choice expected;
    try {
      expected = Sockets.choose(wanted, 1).choice();
    } catch (IllegalStateException doesNotWork) {
      String said = proxy.finished(1);
      assertTrue(said.contains(doesNotWork.getMessage()), said);
      return;
    }
    assertReported(expected, proxy);
  }

  private static void assertReported(Choice expected, RunningJar proxy) throws Exception {
    proxy.awaitReady();
    JsonObject stats = new JsonObject(proxy.admin("/stats").body());
    assertEquals(expected.kind().toString(), stats.getString("transport"));
    assertEquals(expected.reason(), stats.getString("transportReason"));
    String metrics = proxy.admin("/metrics").body();
    assertTrue(
        metrics.contains("redisproxy_transport{transport=\"" + expected.kind() + "\"} 1"), metrics);
    try (RespClient client = new RespClient(proxy.resp)) {
      String info = client.call("INFO", "redisproxy");
      assertTrue(info.contains("\r\ntransport:" + expected.kind() + "\r\n"), info);
      assertTrue(info.contains("\r\ntransport_reason:" + expected.reason() + "\r\n"), info);
      assertEquals("+OK\r\n", client.call("SET", "k", "v"));
      assertEquals("$1\r\nv\r\n", client.call("GET", "k"));
    }
    assertEquals(200, proxy.http("/keys/k").statusCode());
    String log = proxy.output();
    assertTrue(
        log.contains(
            "transport=\"%s\" transport-reason=\"%s\""
                .formatted(expected.kind(), expected.reason())),
        log);
    assertFalse(log.contains("LEAK"), log);
  }

  @ParameterizedTest
  @EnumSource(
      value = TransportKind.class,
      names = {"IO_URING", "EPOLL"})
  void start_whenTheConfiguredTransportDoesNotWork_failsWithTheReason(TransportKind wanted)
      throws Exception {
    RunningJar proxy = opened.jar(directory);
    proxy.run(Map.of("TRANSPORT", wanted.toString()), List.of(NO_NATIVE));
    String said = proxy.finished(1);
    assertTrue(
        said.contains("transport: " + wanted + " does not work here: Native transport was"), said);
    assertTrue(said.contains("; or set transport to auto"), said);
  }

  @Test
  void auto_fallsBack_andReportsWhy() throws Exception {
    EmbeddedRedis redis = opened.redis();
    RunningJar proxy = opened.jar(directory);
    proxy.run(Map.of("REDIS_URL", redis.url(), "TRANSPORT", "auto"), List.of(NO_NATIVE));
    proxy.awaitReady();
    JsonObject stats = new JsonObject(proxy.admin("/stats").body());
    assertEquals("nio", stats.getString("transport"));
    String reason = stats.getString("transportReason");
    assertTrue(reason.startsWith("no io_uring: Native transport was"), reason);
    assertTrue(reason.contains("; no epoll: Native transport was"), reason);
  }

  /** A multishot accept would accept clients faster than event loops can serve them. */
  @Test
  void multishotOperations_areOff() {
    assertFalse(IoUring.isAcceptMultishotEnabled());
    assertFalse(IoUring.isPollAddMultishotEnabled());
  }
}
