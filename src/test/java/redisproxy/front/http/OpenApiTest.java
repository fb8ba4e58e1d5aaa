package redisproxy.front.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.Vertx;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.Route;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Objects;
import java.util.Set;
import java.util.TreeSet;
import java.util.concurrent.Semaphore;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import redisproxy.admission.Admission;
import redisproxy.admission.Gate;
import redisproxy.admission.LiveLimits;
import redisproxy.bus.StatsCollector;
import redisproxy.config.Configuration;
import redisproxy.config.Settings;
import redisproxy.tls.CertificateFiles;

/** The paths in openapi.json are those of the router. */
class OpenApiTest {
  @Test
  void paths_areTheRoutes() throws IOException {
    Settings settings = Configuration.parse(Map.of());
    HttpVerticle verticle =
        new HttpVerticle(
            settings,
            new Admission(
                new Gate(1),
                new Gate(1),
                new Gate(1),
                new Semaphore(1),
                new LiveLimits(settings.limits())),
            () -> 0,
            new StatsCollector(),
            new CertificateFiles(settings),
            null);
    Vertx vertx = Vertx.vertx();
    try {
      verticle.init(vertx, vertx.getOrCreateContext());
      Set<String> routes =
          verticle.router().getRoutes().stream()
              .map(Route::getName)
              .filter(Objects::nonNull)
              .collect(Collectors.toCollection(TreeSet::new));
      JsonObject description =
          new JsonObject(Files.readString(Path.of("src/main/resources/openapi.json")));
      assertEquals(routes, new TreeSet<>(description.getJsonObject("paths").fieldNames()));
    } finally {
      vertx.close();
    }
  }
}
