package redisproxy.tls;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.junit5.VertxExtension;
import java.lang.reflect.Proxy;
import java.nio.file.Path;
import java.util.Map;
import java.util.concurrent.atomic.AtomicInteger;
import org.awaitility.Awaitility;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.ExtendWith;
import org.junit.jupiter.api.io.TempDir;
import redisproxy.config.Configuration;

@ExtendWith(VertxExtension.class)
class CertificateFilesTest {
  @TempDir Path folder;

  private final TestCertificates made = TestCertificates.get();
  private final AtomicInteger updates = new AtomicInteger();

  /** Otherwise one fault would stop the reloading for all servers. */
  @Test
  void faultOfOneServer_doesNotAffectAnother(Vertx vertx) {
    Path cert = folder.resolve("cert.pem");
    Path key = folder.resolve("key.pem");
    made.install("server", cert, key);
    Map<String, String> settings =
        Map.of(
            "http.tls.cert", cert.toString(),
            "http.tls.key", key.toString(),
            "resp.tls.cert", cert.toString(),
            "resp.tls.key", key.toString());
    try (CertificateFiles files = new CertificateFiles(Configuration.parse(settings))) {
      assertThrows(IllegalStateException.class, () -> files.http().follow(broken(), null));
      files
          .resp()
          .follow(
              vertx.getOrCreateContext(),
              renewed -> {
                updates.incrementAndGet();
                return Future.succeededFuture(true);
              });
      awaitUpdates(1);
      made.install("renewed", cert, key);
      files.reload();
      awaitUpdates(2);
    }
  }

  private void awaitUpdates(int times) {
    Awaitility.await().untilAsserted(() -> assertEquals(times, updates.get()));
  }

  private static Context broken() {
    return (Context)
        Proxy.newProxyInstance(
            Context.class.getClassLoader(),
            new Class<?>[] {Context.class},
            (proxy, method, arguments) -> {
              throw new IllegalStateException("a fault");
            });
  }
}
