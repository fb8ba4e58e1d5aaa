package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.lettuce.core.ClientOptions;
import io.lettuce.core.RedisClient;
import io.lettuce.core.SslOptions;
import io.lettuce.core.api.sync.RedisCommands;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.SocketTimeoutException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.security.cert.Certificate;
import java.util.List;
import javax.net.ssl.SSLContext;
import javax.net.ssl.SSLSocket;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import redis.clients.jedis.DefaultJedisClientConfig;
import redis.clients.jedis.HostAndPort;
import redis.clients.jedis.Jedis;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.TestCertificates;

/** TLS on the proxy's own ports. */
@InEachShape
class TlsIT {
  private static final String VALUE = "v".repeat(100_000);

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();
  @TempDir Path folder;

  private final TestCertificates certificates = TestCertificates.get();
  private final SSLContext trusting = certificates.context(null);
  private Path cert;
  private Path key;
  private EmbeddedRedis redis;

  @BeforeEach
  void start() {
    cert = folder.resolve("cert.pem");
    key = folder.resolve("key.pem");
    certificates.install("server", cert, key);
    redis = opened.redis();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "blue");
      direct.call("SET", "large", VALUE);
    }
  }

  private RunningProxy proxy(String... settings) {
    return opened.proxy(shape, redis.url(), settings);
  }

  private RunningProxy respProxy() {
    return proxy("resp.tls.cert", cert.toString(), "resp.tls.key", key.toString());
  }

  private RunningProxy mutualProxy() {
    return proxy(
        "resp.tls.cert", cert.toString(),
        "resp.tls.key", key.toString(),
        "resp.tls.client-ca", certificates.cert("ca").toString());
  }

  private RespClient client(SSLContext context, int port) {
    return opened.add(new RespClient(context.getSocketFactory(), "127.0.0.1", port));
  }

  @Test
  void longPipeline_isAnsweredFromTheCache() {
    RespClient client = client(trusting, respProxy().respPort());
    client.call("GET", "color");
    int requests = 10_000;
    Thread writer =
        new Thread(() -> client.send(RespClient.request("GET", "color").repeat(requests)));
    writer.start();
    String reply = "$4\r\nblue\r\n";
    byte[] all = client.bytes(reply.length() * requests);
    assertEquals(reply.repeat(requests), new String(all, StandardCharsets.ISO_8859_1));
  }

  @Test
  void requestInSingleBytes_isAnswered() {
    RespClient client = client(trusting, respProxy().respPort());
    for (int i = 0; i < 3; i++) {
      for (char c : RespClient.request("GET", "color").toCharArray()) {
        client.send(String.valueOf(c));
      }
      assertEquals("$4\r\nblue\r\n", client.reply());
    }
  }

  /** Values this long are sent without a copy, and all together exceed what a socket takes. */
  @Test
  void slowReader_getsLargeValuesWhole() {
    RunningProxy proxy = respProxy();
    RespClient client = client(trusting, proxy.respPort());
    client.call("GET", "large");
    int requests = 200;
    client.send(RespClient.request("GET", "large").repeat(requests));
    await().until(() -> proxy.stat("hits") >= 8);
    String reply = "$100000\r\n" + VALUE + "\r\n";
    for (int i = 0; i < requests; i++) {
      assertEquals(reply, client.reply());
    }
    assertEquals(reply, client.call("GET", "large"));
  }

  @Test
  void dedicatedAndSharedConnections_workForTlsClients() {
    RespClient client = client(trusting, respProxy().respPort());
    assertEquals("+OK\r\n", client.call("SET", "k", "1"));
    assertEquals("$1\r\n1\r\n", client.call("GET", "k"));
    assertEquals("+OK\r\n", client.call("MULTI"));
    assertEquals("+QUEUED\r\n", client.call("INCR", "k"));
    assertEquals("*1\r\n:2\r\n", client.call("EXEC"));
    assertEquals("$1\r\n2\r\n", client.call("GET", "k"));
  }

  @Test
  void clientThatClosesItsOutput_isAnsweredAndClosed() {
    RespClient client = client(trusting, respProxy().respPort());
    client.send(RespClient.request("GET", "color") + RespClient.request("LLEN", "none"));
    client.endOutput();
    assertEquals("$4\r\nblue\r\n", client.reply());
    assertEquals(":0\r\n", client.reply());
    assertTrue(client.isClosedByServer());
  }

  @Test
  void quit_isAnsweredAndCloses() {
    RespClient client = client(trusting, respProxy().respPort());
    assertEquals("+OK\r\n", client.call("QUIT"));
    assertTrue(client.isClosedByServer());
  }

  @Test
  void plainText_isClosedAtOnce() {
    RunningProxy proxy = respProxy();
    RespClient plain = opened.client(proxy);
    plain.send("*1\r\n$4\r\nPING\r\n");
    // A TLS alert may come, but never a reply.
    assertTrue(!plain.rest().contains("PONG"));
    assertEquals("+PONG\r\n", client(trusting, proxy.respPort()).call("PING"));
  }

  @Test
  void tlsToAPlainPort_isClosedAtOnce() {
    RunningProxy proxy = proxy();
    RespClient client = client(trusting, proxy.respPort());
    var refusal = assertThrows(UncheckedIOException.class, () -> client.send("PING\r\n"));
    assertFalse(refusal.getCause() instanceof SocketTimeoutException);
    assertEquals("+PONG\r\n", opened.client(proxy).call("PING"));
  }

  @Test
  void clientCertificate_isRequiredAndChecked() {
    RunningProxy proxy = mutualProxy();
    RespClient known = client(certificates.context("client"), proxy.respPort());
    assertEquals("$4\r\nblue\r\n", known.call("GET", "color"));
    for (SSLContext other : List.of(trusting, certificates.context("stranger"))) {
      RespClient refused = client(other, proxy.respPort());
      assertThrows(RuntimeException.class, () -> refused.call("GET", "color"));
    }
    assertEquals("$4\r\nblue\r\n", known.call("GET", "color"));
  }

  @Test
  void newCertificate_isSentToNewClients_andOldClientsStay() throws Exception {
    RunningProxy proxy = respProxy();
    RespClient before = client(trusting, proxy.respPort());
    assertEquals("$4\r\nblue\r\n", before.call("GET", "color"));
    assertEquals(certificates.certificate("server"), shown(proxy));
    certificates.install("renewed", cert, key);
    await().untilAsserted(() -> assertEquals(certificates.certificate("renewed"), shown(proxy)));
    assertEquals("$4\r\nblue\r\n", before.call("GET", "color"));
  }

  private Certificate shown(RunningProxy proxy) throws IOException {
    // A new context: otherwise the old TLS session would resume with the old certificate.
    try (SSLSocket socket =
        (SSLSocket)
            certificates
                .context(null)
                .getSocketFactory()
                .createSocket("127.0.0.1", proxy.respPort())) {
      socket.startHandshake();
      return socket.getSession().getPeerCertificates()[0];
    }
  }

  @Test
  void tls12_works() throws IOException {
    RunningProxy proxy = respProxy();
    try (SSLSocket socket =
        (SSLSocket) trusting.getSocketFactory().createSocket("127.0.0.1", proxy.respPort())) {
      socket.setEnabledProtocols(new String[] {"TLSv1.2"});
      socket.startHandshake();
      assertEquals("TLSv1.2", socket.getSession().getProtocol());
    }
  }

  @Test
  void http_isServedOverHttp2_andHttp1() throws Exception {
    RunningProxy proxy = proxy("http.tls.cert", cert.toString(), "http.tls.key", key.toString());
    for (HttpClient.Version version : HttpClient.Version.values()) {
      for (int i = 0; i < 2; i++) {
        HttpResponse<byte[]> response = get(version, proxy.httpPort(), "/keys/large");
        assertEquals(200, response.statusCode());
        assertEquals(version, response.version());
        assertTrue(response.headers().firstValue("date").orElse("").endsWith(" GMT"));
        assertEquals(
            "nosniff", response.headers().firstValue("x-content-type-options").orElse(null));
        assertArrayEquals(VALUE.getBytes(StandardCharsets.US_ASCII), response.body());
      }
      assertEquals(404, get(version, proxy.httpPort(), "/keys/none").statusCode());
      String etag = "\"none\"";
      assertEquals(
          304,
          get(version, proxy.httpPort(), "/keys/large", "if-none-match", etag, "if-none-match", "*")
              .statusCode());
      assertEquals(
          400,
          get(version, proxy.httpPort(), "/keys/large", "authorization", "a", "authorization", "b")
              .statusCode());
    }
  }

  @Test
  void http2_streamsLargeValues() throws Exception {
    RunningProxy proxy =
        proxy(
            "http.tls.cert", cert.toString(),
            "http.tls.key", key.toString(),
            "cache.max-value-bytes", "1KiB");
    HttpResponse<byte[]> response = get(HttpClient.Version.HTTP_2, proxy.httpPort(), "/keys/large");
    assertArrayEquals(VALUE.getBytes(StandardCharsets.US_ASCII), response.body());
  }

  @Test
  void admin_isServedOverTls() throws Exception {
    RunningProxy proxy = proxy("admin.tls.cert", cert.toString(), "admin.tls.key", key.toString());
    for (String path : List.of("/health/live", "/metrics", "/stats")) {
      int status = get(HttpClient.Version.HTTP_1_1, proxy.adminPort(), path).statusCode();
      assertEquals(200, status, path);
    }
  }

  private HttpResponse<byte[]> get(
      HttpClient.Version version, int port, String path, String... headers) throws Exception {
    HttpClient client = HttpClient.newBuilder().sslContext(trusting).version(version).build();
    URI uri = URI.create("https://127.0.0.1:" + port + path);
    HttpRequest.Builder request = HttpRequest.newBuilder(uri);
    for (int i = 0; i < headers.length; i += 2) {
      request.header(headers[i], headers[i + 1]);
    }
    return client.send(request.build(), BodyHandlers.ofByteArray());
  }

  @Test
  void badFiles_stopTheStart_andTheErrorNamesSettingAndRemedy() {
    String stranger = certificates.key("stranger").toString();
    assertStartFails(
        "resp.tls.key = \"" + stranger + "\": not the private key of the certificate in \"" + cert,
        "resp.tls.cert",
        cert.toString(),
        "resp.tls.key",
        stranger);
    assertStartFails(
        "http.tls.cert = \"/none.pem\": no such file",
        "http.tls.cert",
        "/none.pem",
        "http.tls.key",
        key.toString());
    assertStartFails(
        "admin.tls.client-ca = \"" + key + "\": no certificate",
        "admin.tls.cert",
        cert.toString(),
        "admin.tls.key",
        key.toString(),
        "admin.tls.client-ca",
        key.toString());
    assertStartFails(
        "resp.tls.key = \"" + cert + "\": not a private key",
        "resp.tls.cert",
        cert.toString(),
        "resp.tls.key",
        cert.toString());
  }

  private void assertStartFails(String why, String... settings) {
    String said = assertThrows(IllegalStateException.class, () -> proxy(settings)).getMessage();
    assertTrue(said.contains(why), said);
  }

  @Test
  void jedis_worksOverTls() {
    RunningProxy proxy = mutualProxy();
    try (Jedis jedis =
        new Jedis(
            new HostAndPort("127.0.0.1", proxy.respPort()),
            DefaultJedisClientConfig.builder()
                .ssl(true)
                .sslSocketFactory(certificates.context("client").getSocketFactory())
                .build())) {
      assertEquals("blue", jedis.get("color"));
      assertEquals("OK", jedis.set("color", "red"));
      assertEquals("red", jedis.get("color"));
    }
  }

  @Test
  void lettuce_worksOverTls() {
    RunningProxy proxy = respProxy();
    RedisClient client = RedisClient.create("rediss://127.0.0.1:" + proxy.respPort());
    client.setOptions(
        ClientOptions.builder()
            .sslOptions(
                SslOptions.builder()
                    .jdkSslProvider()
                    .trustManager(certificates.cert("ca").toFile())
                    .build())
            .build());
    try {
      RedisCommands<String, String> commands = client.connect().sync();
      assertEquals("blue", commands.get("color"));
      assertEquals(VALUE, commands.get("large"));
    } finally {
      client.shutdown();
    }
  }
}
