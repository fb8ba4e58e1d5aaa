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
  private final List<ServerSSLOptions> told = new CopyOnWriteArrayList<>();
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
  void server_speaksNothingOlderThan12_andAsksForNoCertificate() {
    NetServerOptions options = new NetServerOptions();
    certificates(null).applyTo(options);
    assertEquals(true, options.isSsl());
    assertEquals(Set.of("TLSv1.2", "TLSv1.3"), options.getEnabledSecureTransportProtocols());
    assertEquals(ClientAuth.NONE, options.getClientAuth());
  }

  @Test
  void clientCa_requiresCertificates() {
    NetServerOptions options = new NetServerOptions();
    certificates(made.cert("ca").toString()).applyTo(options);
    assertEquals(ClientAuth.REQUIRED, options.getClientAuth());
  }

  @Test
  void noCertificate_isNoTls() {
    NetServerOptions options = new NetServerOptions();
    Certificates off = new Certificates("resp", new Tls.Server(null, null, null));
    off.applyTo(options);
    off.look();
    assertEquals(false, options.isSsl());
  }

  @Test
  void goodFiles_areTaken_badOnesNot(Vertx vertx) throws IOException {
    Certificates certificates = certificates(null);
    certificates.follow(
        vertx.getOrCreateContext(),
        options -> {
          told.add(options);
          return Future.succeededFuture(true);
        });
    awaitTold(1);
    certificates.look();
    Files.copy(made.key("renewed"), key, java.nio.file.StandardCopyOption.REPLACE_EXISTING);
    certificates.look();
    assertEquals(content("server"), current(certificates));
    made.install("expired", cert, key);
    certificates.look();
    assertEquals(content("server"), current(certificates));
    Files.writeString(cert, "nonsense");
    certificates.look();
    assertEquals(content("server"), current(certificates));
    Files.delete(cert);
    certificates.look();
    certificates.look();
    assertEquals(content("server"), current(certificates));
    made.install("renewed", cert, key);
    certificates.look();
    assertEquals(content("renewed"), current(certificates));
    awaitTold(2);
    assertEquals(
        content("renewed"), ((PemKeyCertOptions) told.get(1).getKeyCertOptions()).getCertValue());
  }

  private void awaitTold(int times) {
    Awaitility.await().untilAsserted(() -> assertEquals(times, told.size()));
  }

  @Test
  void expiredCertificate_doesNotStopTheStart() {
    made.install("expired", cert, key);
    assertEquals(content("expired"), current(certificates(null)));
  }
}
