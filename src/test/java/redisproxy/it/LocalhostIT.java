package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.IOException;
import java.io.OutputStream;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.net.Socket;
import java.net.SocketException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.ArrayList;
import java.util.List;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.TestCertificates;

/** The default host is localhost: all three ports are reachable over 127.0.0.1 and ::1. */
@InEachShape
class LocalhostIT {
  private static final List<String> LOOPBACKS = List.of("127.0.0.1", "::1");

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;

  @BeforeEach
  void start() {
    redis = opened.redis();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "blue");
    }
  }

  private RunningProxy proxy(String... settings) {
    return opened.proxy(shape, redis.url(), settings);
  }

  private RespClient resp(String address, RunningProxy proxy) {
    return opened.add(new RespClient(address, proxy.respPort()));
  }

  private static String statusLine(String address, int port, String path) throws IOException {
    try (Socket socket = new Socket(address, port)) {
      String request = "GET " + path + " HTTP/1.1\r\nHost: localhost\r\nConnection: close\r\n\r\n";
      OutputStream out = socket.getOutputStream();
      out.write(request.getBytes(StandardCharsets.ISO_8859_1));
      String answer =
          new String(socket.getInputStream().readAllBytes(), StandardCharsets.ISO_8859_1);
      return answer.lines().findFirst().orElse("");
    }
  }

  @Test
  void everyPort_isReachableOverBothLoopbacks() throws IOException {
    RunningProxy proxy = proxy();
    for (String address : LOOPBACKS) {
      // More clients than instances, so that each instance answers over both.
      for (int i = 0; i < 7; i++) {
        assertEquals("$4\r\nblue\r\n", resp(address, proxy).call("GET", "color"));
        assertEquals("HTTP/1.1 200 OK", statusLine(address, proxy.httpPort(), "/keys/color"));
      }
      assertEquals("HTTP/1.1 200 OK", statusLine(address, proxy.adminPort(), "/health/live"));
    }
  }

  @Test
  void maxClients_countsBothLoopbacks() {
    RunningProxy proxy = proxy("resp.max-clients", "4");
    List<RespClient> clients = new ArrayList<>();
    for (String address : LOOPBACKS) {
      for (int i = 0; i < 2; i++) {
        clients.add(resp(address, proxy));
        assertEquals("+PONG\r\n", clients.get(clients.size() - 1).call("PING"));
      }
    }
    for (String address : LOOPBACKS) {
      assertEquals("-ERR max number of clients reached\r\n", resp(address, proxy).reply());
    }
  }

  @Test
  void newCertificate_isUsedOnBothLoopbacks(@TempDir Path folder) {
    TestCertificates certificates = TestCertificates.get();
    Path cert = folder.resolve("cert.pem");
    Path key = folder.resolve("key.pem");
    certificates.install("server", cert, key);
    RunningProxy proxy = proxy("resp.tls.cert", cert.toString(), "resp.tls.key", key.toString());
    for (String alias : List.of("server", "renewed")) {
      certificates.install(alias, cert, key);
      for (String address : LOOPBACKS) {
        await()
            .untilAsserted(
                () ->
                    assertEquals(
                        certificates.certificate(alias), shown(address, proxy.respPort())));
      }
    }
  }

  private static Certificate shown(String address, int port) throws IOException {
    var sockets = TestCertificates.get().context(null).getSocketFactory();
    try (SSLSocket socket = (SSLSocket) sockets.createSocket(address, port)) {
      socket.startHandshake();
      return socket.getSession().getPeerCertificates()[0];
    }
  }

  @Test
  void stop_closesBothLoopbacks() {
    RunningProxy proxy = RunningProxy.start(shape, redis.url());
    List<RespClient> clients = LOOPBACKS.stream().map(to -> resp(to, proxy)).toList();
    clients.forEach(client -> assertEquals("+PONG\r\n", client.call("PING")));
    int[] ports = {proxy.respPort(), proxy.httpPort(), proxy.adminPort()};
    proxy.close();
    clients.forEach(client -> assertTrue(client.isClosedByServer()));
    for (int port : ports) {
      for (String address : LOOPBACKS) {
        assertThrows(SocketException.class, () -> new Socket(address, port).close());
      }
    }
  }

  @Test
  void portTakenOnEitherLoopback_isNamed() throws IOException {
    for (String address : LOOPBACKS) {
      for (String server : List.of("resp", "http", "admin")) {
        try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getByName(address))) {
          String port = String.valueOf(taken.getLocalPort());
          String fault =
              assertThrows(IllegalStateException.class, () -> proxy(server + ".port", port))
                  .getMessage();
          String said =
              "%s.host = localhost, %s.port = %s: cannot listen on %s ("
                  .formatted(server, server, port, address);
          assertTrue(fault.contains(said), fault);
        }
      }
    }
  }

  @Test
  void numericHost_listensOnlyOnThatAddress() {
    RunningProxy proxy = proxy("resp.host", "127.0.0.1");
    assertEquals("+PONG\r\n", resp("127.0.0.1", proxy).call("PING"));
    assertThrows(SocketException.class, () -> new Socket("::1", proxy.respPort()).close());
  }
}
