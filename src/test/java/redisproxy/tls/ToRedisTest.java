package redisproxy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertSame;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import ch.qos.logback.classic.Level;
import ch.qos.logback.classic.Logger;
import ch.qos.logback.classic.spi.ILoggingEvent;
import ch.qos.logback.core.read.ListAppender;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.net.ClientSSLOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.PemTrustOptions;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.slf4j.LoggerFactory;
import redisproxy.config.Configuration;

class ToRedisTest {
  @TempDir Path folder;

  private final TestCertificates made = TestCertificates.get();
  private final Logger log = (Logger) LoggerFactory.getLogger(RenewableOptions.class);
  private final ListAppender<ILoggingEvent> logged = new ListAppender<>();
  private Path ca;
  private Path cert;
  private Path key;

  @BeforeEach
  void install() throws IOException {
    ca = Files.copy(made.cert("ca"), folder.resolve("ca.pem"));
    cert = folder.resolve("cert.pem");
    key = folder.resolve("key.pem");
    made.install("client", cert, key);
    logged.start();
    log.addAppender(logged);
    log.setLevel(Level.WARN);
  }

  @AfterEach
  void restore() {
    log.detachAppender(logged);
    log.setLevel(null);
  }

  private ToRedis toRedis() {
    return new ToRedis(
        Configuration.parse(
                Map.of(
                    "redis.url", "rediss://localhost",
                    "redis.tls.ca", ca.toString(),
                    "redis.tls.cert", cert.toString(),
                    "redis.tls.key", key.toString()))
            .redis());
  }

  private static ClientSSLOptions current(ToRedis tls) {
    return Objects.requireNonNull(tls.options());
  }

  private Buffer content(String alias) throws IOException {
    return Buffer.buffer(Files.readAllBytes(made.cert(alias)));
  }

  private static Buffer shown(ToRedis tls) {
    return ((PemKeyCertOptions) current(tls).getKeyCertOptions()).getCertValue();
  }

  private static Buffer trusted(ToRedis tls) {
    return ((PemTrustOptions) current(tls).getTrustOptions()).getCertValues().get(0);
  }

  private void assertRefused(ToRedis tls, String file) {
    ClientSSLOptions before = current(tls);
    logged.list.clear();
    tls.reload();
    tls.reload();
    assertSame(before, current(tls));
    assertEquals(1, logged.list.size());
    assertEquals(
        "new certificates for Redis refused; the previous ones stay in use",
        logged.list.get(0).getFormattedMessage());
    String reason = logged.list.get(0).getKeyValuePairs().toString();
    assertTrue(reason.contains(file), reason);
  }

  @Test
  void withoutTls_thereAreNoOptions() {
    ToRedis tls =
        new ToRedis(Configuration.parse(Map.of("redis.url", "redis://localhost")).redis());
    tls.reload();
    assertNull(tls.options());
  }

  @Test
  void options_requireTls12_andVerifyTheHost() {
    ClientSSLOptions options = current(toRedis());
    assertEquals(Set.of("TLSv1.2", "TLSv1.3"), options.getEnabledSecureTransportProtocols());
    assertEquals("HTTPS", options.getHostnameVerificationAlgorithm());
  }

  @Test
  void invalidFiles_preventTheStart() throws IOException {
    Files.writeString(ca, "nonsense");
    String said = assertThrows(IllegalArgumentException.class, this::toRedis).getMessage();
    assertTrue(said.startsWith("redis.tls.ca = \"" + ca + "\": no certificate"), said);
  }

  @Test
  void ownCertificate_isRenewed_onlyWhenValid() throws IOException {
    ToRedis tls = toRedis();
    ClientSSLOptions before = current(tls);
    tls.reload();
    assertSame(before, current(tls));
    Files.copy(made.key("renewed"), key, StandardCopyOption.REPLACE_EXISTING);
    assertRefused(tls, "redis.tls.key");
    made.install("expired", cert, key);
    assertRefused(tls, "redis.tls.cert");
    Files.delete(cert);
    assertRefused(tls, "redis.tls.cert");
    made.install("renewed", cert, key);
    tls.reload();
    assertEquals(content("renewed"), shown(tls));
    Files.writeString(cert, "nonsense");
    assertRefused(tls, "redis.tls.cert");
    assertEquals(content("renewed"), shown(tls));
  }

  @Test
  void expiredCertificate_isLogged_andDoesNotPreventTheStart() throws IOException {
    made.install("expired", cert, key);
    assertEquals(content("expired"), shown(toRedis()));
    assertEquals("Redis will not trust the proxy", logged.list.get(0).getFormattedMessage());
    String reason = logged.list.get(0).getKeyValuePairs().toString();
    assertTrue(reason.contains("redis.tls.cert") && reason.contains("expired"), reason);
  }

  @Test
  void caFile_isRenewed_onlyWhenValid() throws IOException {
    ToRedis tls = toRedis();
    Files.copy(made.cert("stranger"), ca, StandardCopyOption.REPLACE_EXISTING);
    tls.reload();
    assertEquals(content("stranger"), trusted(tls));
    Files.writeString(ca, "");
    assertRefused(tls, "redis.tls.ca");
  }
}
