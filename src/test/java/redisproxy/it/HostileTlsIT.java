package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.net.Socket;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.TestCertificates;

/** Clients that violate TLS on TLS ports. Other clients are served all the while. */
class HostileTlsIT {
  private static final String HELLO = "\u0016\u0003\u0001\u0002\u0000\u0001\u0000\u0001\u00fc";

  private static final TestCertificates CERTIFICATES = TestCertificates.get();
  private static final String CERT = CERTIFICATES.cert("server").toString();
  private static final String KEY = CERTIFICATES.key("server").toString();
  private static final SSLContext TRUSTING = CERTIFICATES.context(null);

  @TempDir static Path folder;
  @RegisterExtension static final Opened shared = Opened.forClass();
  @RegisterExtension final Opened opened = new Opened();

  private static EmbeddedRedis redis;
  private static RunningProxy proxy;

  @BeforeAll
  static void start() {
    redis = shared.redis();
    proxy =
        shared.proxy(
            Shape.SPREAD,
            redis.url(),
            "resp.tls.cert",
            CERT,
            "resp.tls.key",
            KEY,
            "http.tls.cert",
            CERT,
            "http.tls.key",
            KEY);
  }

  private static SSLSocket handshaken(String... protocols) throws IOException {
    return handshaken(proxy.respPort(), protocols);
  }

  private static SSLSocket handshaken(int port, String... protocols) throws IOException {
    SSLSocket socket = (SSLSocket) TRUSTING.getSocketFactory().createSocket("127.0.0.1", port);
    socket.setSoTimeout(10_000);
    socket.setEnabledProtocols(protocols);
    try {
      socket.startHandshake();
      return socket;
    } catch (IOException e) {
      socket.close();
      throw e;
    }
  }

  private static String ping(SSLSocket socket) throws IOException {
    socket.getOutputStream().write("PING\r\n".getBytes(StandardCharsets.US_ASCII));
    return new String(socket.getInputStream().readNBytes(7), StandardCharsets.US_ASCII);
  }

  private static void assertOthersAreServed() throws IOException {
    try (SSLSocket other = handshaken("TLSv1.3")) {
      assertEquals("+PONG\r\n", ping(other));
    }
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "PING\r\n",
        "GET / HTTP/1.1\r\nHost: x\r\n\r\n",
        "\u0016\u0003\u0001\u0000\u0005hello",
        "\u0016\u0003\u0001\u00ff\u00ff" + HELLO,
        "\u0017\u0003\u0003\u0000\u0004data",
        "\u0015\u0003\u0003\u0000\u0002\u0002\u0028",
        "\u0080\u002e\u0001\u0003\u0001",
      })
  void inputOtherThanAHandshake_isClosed_onEachPort(String first) throws IOException {
    for (int port : new int[] {proxy.respPort(), proxy.httpPort()}) {
      try (RespClient client = new RespClient(port)) {
        client.send(first).endOutput();
        client.rest();
      }
    }
    assertOthersAreServed();
  }

  @Test
  void unfinishedHandshakes_doNotCountAsClients() throws IOException {
    List<RespClient> begun = new ArrayList<>();
    for (int i = 0; i < 200; i++) {
      begun.add(new RespClient(proxy.respPort()).send(i % 2 == 0 ? HELLO : ""));
    }
    assertOthersAreServed();
    await().until(() -> proxy.stat("clients") == 0);
    begun.forEach(RespClient::close);
    assertOthersAreServed();
  }

  @Test
  void forgedRecord_closesTheConnection() throws IOException {
    for (String version : new String[] {"TLSv1.2", "TLSv1.3"}) {
      try (Socket raw = new Socket("127.0.0.1", proxy.respPort())) {
        SSLSocket socket = layered(raw, version);
        assertEquals("+PONG\r\n", ping(socket));
        byte[] record = new byte[5 + 64];
        System.arraycopy(new byte[] {23, 3, 3, 0, 64}, 0, record, 0, 5);
        raw.getOutputStream().write(record);
        assertThrows(IOException.class, () -> ping(socket));
      }
    }
    assertOthersAreServed();
  }

  private static SSLSocket layered(Socket raw, String version) throws IOException {
    raw.setSoTimeout(10_000);
    SSLSocket socket =
        (SSLSocket) TRUSTING.getSocketFactory().createSocket(raw, "127.0.0.1", 0, false);
    socket.setEnabledProtocols(new String[] {version});
    socket.startHandshake();
    return socket;
  }

  @Test
  void tlsBefore12_isRefused() throws IOException {
    for (String old : new String[] {"TLSv1", "TLSv1.1"}) {
      assertThrows(IOException.class, () -> handshaken(old).close());
    }
    // This JVM may itself refuse old versions, so also send a raw hello that offers at most 1.1.
    String hello =
        "\u0016\u0003\u0001\u0000\u002d\u0001\u0000\u0000\u0029\u0003\u0002"
            + "r".repeat(32)
            + "\u0000\u0000\u0002\u00c0\u0013\u0001\u0000";
    try (RespClient client = new RespClient(proxy.respPort())) {
      String said = client.send(hello).endOutput().rest();
      assertTrue(said.isEmpty() || said.charAt(0) == 21, "an alert: " + said);
    }
    assertOthersAreServed();
  }

  /** With renegotiation, a client could make the server sign again and again on one connection. */
  @Test
  void renegotiation_isRefused() throws Exception {
    RunningJar jar = opened.jar(folder);
    jar.run(
        Map.of("REDIS_URL", redis.url(), "RESP_TLS_CERT", CERT, "RESP_TLS_KEY", KEY), List.of());
    jar.awaitReady();
    assertRenegotiationIsRefused(jar.resp);
  }

  private static void assertRenegotiationIsRefused(int port) throws IOException {
    try (SSLSocket socket = handshaken(port, "TLSv1.2")) {
      assertEquals("+PONG\r\n", ping(socket));
      assertThrows(
          IOException.class,
          () -> {
            for (int i = 0; i < 3; i++) {
              socket.startHandshake();
              ping(socket);
            }
          });
    }
  }

  @Test
  void closeWithoutCloseNotify_endsTheSession() throws IOException {
    for (int i = 0; i < 20; i++) {
      try (Socket raw = new Socket("127.0.0.1", proxy.respPort())) {
        assertEquals("+PONG\r\n", ping(layered(raw, "TLSv1.3")));
        if (i % 2 == 0) {
          raw.setSoLinger(true, 0);
        }
      }
    }
    await().until(() -> proxy.stat("clients") == 0);
    assertOthersAreServed();
  }
}
