package redisproxy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.ClientAuth;
import io.vertx.core.net.NetServerOptions;
import io.vertx.core.net.PemKeyCertOptions;
import io.vertx.core.net.ServerSSLOptions;
import io.vertx.junit5.VertxExtension;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CopyOnWriteArrayList;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.config.Tls;

@ExtendWith(VertxExtension.class)
class CertificatesTest {
  @TempDir Path folder;

  private final TestCertificates made = TestCertificates.get();
  private final List<ServerSSLOptions> updates = new CopyOnWriteArrayList<>();
  private Path cert;
  private Path key;

  @BeforeEach
  void install() {
    cert = folder.resolve("cert.pem");
    key = folder.resolve("key.pem");
    made.install("server", cert, key);
  }

  private Certificates certificates(String clientCa) {
    return new Certificates("resp", new Tls.Server(cert.toString(), key.toString(), clientCa));
  }

  private static Buffer shown(NetServerOptions options) {
    return ((PemKeyCertOptions) options.getKeyCertOptions()).getCertValue();
  }

  private Buffer content(String alias) {
    try {
      return Buffer.buffer(Files.readAllBytes(made.cert(alias)));
    } catch (IOException e) {
      throw new IllegalStateException(e);
    }
  }

  private Buffer current(Certificates certificates) {
    NetServerOptions options = new NetServerOptions();
    certificates.applyTo(options);
    return shown(options);
  }

  @Test
  void server_requiresTls12_andRequestsNoClientCertificate() {
    NetServerOptions options = new NetServerOptions();
    certificates(null).applyTo(options);
    assertEquals(true, options.isSsl());
    assertEquals(Set.of("TLSv1.2", "TLSv1.3"), options.getEnabledSecureTransportProtocols());
    assertEquals(ClientAuth.NONE, options.getClientAuth());
  }

  @Test
  void clientCa_requiresClientCertificates() {
    NetServerOptions options = new NetServerOptions();
    certificates(made.cert("ca").toString()).applyTo(options);
    assertEquals(ClientAuth.REQUIRED, options.getClientAuth());
  }

  @Test
  void withoutCertificate_tlsIsOff() {
    NetServerOptions options = new NetServerOptions();
    Certificates off = new Certificates("resp", new Tls.Server(null, null, null));
    off.applyTo(options);
    off.reload();
    assertEquals(false, options.isSsl());
  }

  @Test
  void reload_usesValidFilesOnly(Vertx vertx) throws IOException {
    Certificates certificates = certificates(null);
    certificates.follow(
        vertx.getOrCreateContext(),
        options -> {
          updates.add(options);
          return Future.succeededFuture(true);
        });
    awaitUpdates(1);
    certificates.reload();
    Files.copy(made.key("renewed"), key, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    certificates.reload();
    assertEquals(content("server"), current(certificates));
    made.install("expired", cert, key);
    certificates.reload();
    assertEquals(content("server"), current(certificates));
    Files.writeString(cert, "nonsense");
    certificates.reload();
    assertEquals(content("server"), current(certificates));
    Files.delete(cert);
    certificates.reload();
    certificates.reload();
    assertEquals(content("server"), current(certificates));
    made.install("renewed", cert, key);
    certificates.reload();
    assertEquals(content("renewed"), current(certificates));
    awaitUpdates(2);
    assertEquals(
        content("renewed"),
        ((PemKeyCertOptions) updates.get(1).getKeyCertOptions()).getCertValue());
  }

  private void awaitUpdates(int times) {
    Awaitility.await().untilAsserted(() -> assertEquals(times, updates.size()));
  }

  @Test
  void expiredCertificate_doesNotPreventTheStart() {
    made.install("expired", cert, key);
    assertEquals(content("expired"), current(certificates(null)));
  }
}
