package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Set;
import org.awaitility.core.ThrowingRunnable;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.Parameter;
import org.slf4j.LoggerFactory;
import redisproxy.dev.EmbeddedRedis;
import redisproxy.tls.TestCertificates;

/** TLS to Redis: every kind of connection, and the errors when TLS fails. */
@InEachShape
class RedisTlsIT {
  private static final String VALUE = "v".repeat(300_000);

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private final TestCertificates certificates = TestCertificates.get();
  private final String ca = certificates.cert("ca").toString();
  private EmbeddedRedis redis;

  @BeforeEach
  void start() {
    redis = opened.redis();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "blue");
      direct.call("SET", "large", VALUE);
    }
  }

  private TlsRelay relay(String alias, boolean wantsCertificate) {
    return opened.add(new TlsRelay(certificates.context(alias), wantsCertificate, redis.port()));
  }

  private RunningProxy proxy(String url, String... settings) {
    return opened.proxy(shape, url, settings);
  }

  @Test
  void everyKindOfConnection_usesTls() {
    TlsRelay relay = relay("server", false);
    RunningProxy proxy =
        proxy(relay.url() + "/0", "redis.tls.ca", ca, "cache.max-value-bytes", "100KiB");
    proxy.awaitTracking();
    RespClient client = opened.client(proxy);
    assertEquals("$4\r\nblue\r\n", client.call("GET", "color"));
    assertEquals("$4\r\nblue\r\n", client.call("GET", "color"));
    assertEquals(1, proxy.stat("hits"));
    assertEquals("$300000\r\n" + VALUE + "\r\n", client.call("GET", "large"));
    assertEquals(VALUE, proxy.http("/keys/large").body());
    assertEquals("+OK\r\n", client.call("SET", "color", "red"));
    assertEquals("$3\r\nred\r\n", client.call("GET", "color"));
    assertEquals("+OK\r\n", client.call("MULTI"));
    assertEquals("+QUEUED\r\n", client.call("SET", "color", "green"));
    assertEquals("*1\r\n+OK\r\n", client.call("EXEC"));
    assertTrue(client.call("INFO", "server").contains("redis_version"));
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "black");
    }
    await().untilAsserted(() -> assertEquals("$5\r\nblack\r\n", client.call("GET", "color")));
    assertTrue(relay.handshakes.get() >= 4, relay.handshakes::toString);
    assertEquals(Set.of(""), Set.copyOf(relay.serverNames), "an address is not sent as a name");
  }

  /** A router in front of several Redis servers picks one by the server name (SNI). */
  @Test
  void hostNameWithoutDots_isSentAsSniByEveryKindOfConnection() {
    TlsRelay relay = relay("server", false);
    RunningProxy proxy =
        proxy(relay.url("localhost"), "redis.tls.ca", ca, "cache.max-value-bytes", "100KiB");
    proxy.awaitTracking();
    assertEquals("blue", proxy.http("/keys/color").body());
    assertEquals(VALUE, proxy.http("/keys/large").body());
    RespClient client = opened.client(proxy);
    assertEquals("+OK\r\n", client.call("SET", "color", "red"));
    assertTrue(client.addressAtRedis().startsWith("addr="));
    // The connections of the loader, the feed and the stream, a shared and a dedicated one.
    assertTrue(relay.serverNames.size() >= 5, relay.serverNames::toString);
    assertEquals(Set.of("localhost"), Set.copyOf(relay.serverNames));
  }

  /** 10,000 writes over a shared connection, and over a dedicated one. */
  @Test
  void longPipelines_areAnsweredInFull() {
    RunningProxy proxy = proxy(relay("server", false).url(), "redis.tls.ca", ca);
    RespClient client = opened.client(proxy);
    for (String first : new String[] {"INCR", "MULTI"}) {
      String requests = RespClient.request("INCR", "n").repeat(10_000);
      String queued = first.equals("MULTI") ? RespClient.request("MULTI") : "";
      String exec = first.equals("MULTI") ? RespClient.request("EXEC") : "";
      Thread writer = new Thread(() -> client.send(queued + requests + exec));
      writer.start();
      if (!queued.isEmpty()) {
        assertEquals("+OK\r\n", client.reply());
      }
      for (int i = 1; i <= 10_000; i++) {
        assertEquals(queued.isEmpty() ? ":" + i + "\r\n" : "+QUEUED\r\n", client.reply());
      }
      if (!queued.isEmpty()) {
        assertTrue(client.reply().endsWith(":20000\r\n"));
      }
    }
  }

  @Test
  void clientCertificate_isSentToRedis() {
    RunningProxy proxy =
        proxy(
            relay("server", true).url(),
            "redis.tls.ca",
            ca,
            "redis.tls.cert",
            certificates.cert("client").toString(),
            "redis.tls.key",
            certificates.key("client").toString());
    assertEquals("blue", proxy.http("/keys/color").body());
    assertEquals("+OK\r\n", opened.client(proxy).call("SET", "k", "v"));
  }

  /** Every kind of new connection uses the new certificate. Open connections stay. */
  @Test
  void renewedCertificate_isUsedByNewConnections_andABadOneIsRefused(@TempDir Path folder)
      throws Throwable {
    TlsRelay relay = relay("server", true);
    Path cert = folder.resolve("cert.pem");
    Path key = folder.resolve("key.pem");
    certificates.install("client", cert, key);
    RunningProxy proxy =
        proxy(
            relay.url(),
            "redis.tls.ca",
            ca,
            "redis.tls.cert",
            cert.toString(),
            "redis.tls.key",
            key.toString(),
            "cache.max-value-bytes",
            "100KiB",
            "resp.pooling",
            "false");
    proxy.awaitTracking();
    RespClient before = opened.client(proxy);
    String address = before.addressAtRedis();
    assertEquals(Set.of("CN=client"), Set.copyOf(relay.shown));

    certificates.install("renewed", cert, key);
    await()
        .untilAsserted(
            () -> {
              opened.client(proxy).addressAtRedis();
              assertTrue(relay.shown.contains("CN=renewed"));
            });
    assertEquals(address, before.addressAtRedis());
    assertEquals("tracking", proxy.coherence());

    awaitRefusal(() -> Files.writeString(cert, "nothing"));
    relay.shown.clear();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("CLIENT", "KILL", "TYPE", "normal", "SKIPME", "yes");
    }
    await().untilAsserted(() -> assertEquals("blue", proxy.http("/keys/color").body()));
    proxy.awaitTracking();
    RespClient after = opened.client(proxy);
    assertEquals("+OK\r\n", after.call("SET", "k", "v"));
    assertTrue(after.addressAtRedis().startsWith("addr="));
    assertEquals(VALUE, proxy.http("/keys/large").body());
    // The connections of the loader and the feed, a shared and a dedicated one, and the stream's.
    assertTrue(relay.shown.size() >= 5, relay.shown::toString);
    assertEquals(Set.of("CN=renewed"), Set.copyOf(relay.shown));
  }

  @Test
  void renewedCa_isTrusted(@TempDir Path folder) throws IOException {
    Path file = Files.copy(certificates.cert("ca"), folder.resolve("ca.pem"));
    RunningProxy proxy =
        proxy(
            relay("stranger", false).url(),
            "redis.tls.ca",
            file.toString(),
            "redis.backoff-max",
            "100ms");
    assertNotReady(proxy, "the certificate of Redis is not signed by a CA in redis.tls.ca");
    Files.copy(certificates.cert("stranger"), file, StandardCopyOption.REPLACE_EXISTING);
    proxy.awaitTracking();
    await().untilAsserted(() -> assertEquals("blue", proxy.http("/keys/color").body()));
    assertEquals("+OK\r\n", opened.client(proxy).call("SET", "k", "v"));
  }

  /**
   * Runs an action that makes the new certificates invalid, and waits for their refusal in the log.
   */
  private static void awaitRefusal(ThrowingRunnable action) throws Throwable {
    ListAppender<ILoggingEvent> logged = new ListAppender<>();
    Logger log = (Logger) LoggerFactory.getLogger("redisproxy.tls");
    logged.start();
    log.addAppender(logged);
    log.setLevel(Level.WARN);
    try {
      action.run();
      await()
          .untilAsserted(
              () -> {
                synchronized (logged) {
                  assertTrue(
                      logged.list.toString().contains("new certificates for Redis refused"),
                      logged.list::toString);
                }
              });
    } finally {
      log.detachAppender(logged);
      log.setLevel(null);
    }
  }

  @Test
  void missingClientCertificate_isReported() {
    RunningProxy proxy = proxy(relay("server", true).url(), "redis.tls.ca", ca);
    assertNotReady(proxy, "redis.tls.cert names none");
  }

  @Test
  void expiredCertificate_isReported() {
    String url = relay("expired", false).url();
    RunningProxy proxy = proxy(url, "redis.tls.ca", ca);
    assertNotReady(proxy, url + "/0\": the certificate of Redis has expired; renew it there");
  }

  @Test
  void unknownCa_isReported() {
    assertNotReady(
        proxy(relay("stranger", false).url(), "redis.tls.ca", ca),
        "the certificate of Redis is not signed by a CA in redis.tls.ca = \"" + ca + "\"");
    assertNotReady(
        proxy(relay("server", false).url()),
        "the certificate of Redis is not signed by a CA in the JVM's trust store");
  }

  @Test
  void certificateForAnotherHost_isReported_andCanBeAllowed() {
    TlsRelay relay = relay("elsewhere", false);
    assertNotReady(
        proxy(relay.url(), "redis.tls.ca", ca), "the certificate of Redis is for another host");
    RunningProxy trusting =
        proxy(relay.url(), "redis.tls.ca", ca, "redis.tls.verify-host", "false");
    assertEquals("blue", trusting.http("/keys/color").body());
  }

  @Test
  void redisWithoutTls_isReported() {
    String url = redis.url().replace("redis://", "rediss://");
    RunningProxy proxy = proxy(url, "redis.tls.ca", ca, "redis.connect-timeout", "300ms");
    assertNotReady(proxy, "is this the port of Redis that speaks TLS?");
  }

  private static void assertNotReady(RunningProxy proxy, String why) {
    await()
        .untilAsserted(
            () -> {
              var ready = proxy.admin("/health/ready");
              String body = ready.body().replace("\\\"", "\"");
              assertTrue(body.contains(why), body);
            });
  }
}
