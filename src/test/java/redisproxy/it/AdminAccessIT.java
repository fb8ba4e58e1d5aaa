package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redisproxy.config.Configuration;
import redisproxy.config.ConfigurationException;

/** Which clients may use the admin port, for which requests, and how often. */
class AdminAccessIT {
  private static final String TOKEN = "t0ken";

  @RegisterExtension final Opened opened = new Opened();

  /** A proxy without a Redis: nothing listens at the address. */
  private RunningProxy proxy(String... settings) {
    return opened.proxy(Shape.values()[0], "redis://127.0.0.1:1/0", settings);
  }

  private static String basic(String credentials) {
    byte[] bytes = credentials.getBytes(StandardCharsets.UTF_8);
    return "Basic " + Base64.getEncoder().encodeToString(bytes);
  }

  private static int status(RunningProxy proxy, String path, String authorization) {
    return proxy.admin(path, "authorization", authorization).statusCode();
  }

  @Test
  void token_isRequiredForAllPathsButHealth() {
    RunningProxy proxy = proxy("admin.host", "0.0.0.0", "admin.token", TOKEN);
    assertEquals(200, proxy.admin("/health/live").statusCode());
    assertEquals(503, proxy.admin("/health/ready").statusCode());
    for (String path :
        List.of(
            "/",
            "/stats",
            "/metrics",
            "/log/level",
            "/nonsense",
            "/health",
            "/health/../stats",
            "/health/%2e%2e/stats",
            "//stats")) {
      HttpResponse<String> refused = proxy.admin(path);
      assertEquals(401, refused.statusCode(), path);
      assertEquals(
          List.of("Basic realm=\"redis-proxy admin\"", "Bearer realm=\"redis-proxy admin\""),
          refused.headers().allValues("www-authenticate"));
      assertTrue(!refused.body().contains("hits"), refused.body());
    }
    assertEquals(200, status(proxy, "/stats", "Bearer " + TOKEN));
    assertEquals(200, status(proxy, "/metrics", "bearer " + TOKEN));
    assertEquals(200, status(proxy, "/stats", basic("anybody:" + TOKEN)));
    assertEquals(200, status(proxy, "/stats", basic(":" + TOKEN)));
  }

  @Test
  void wrongToken_isRefused() {
    RunningProxy proxy = proxy("admin.token", TOKEN);
    for (String wrong :
        List.of("Bearer", "Bearer ", "Bearer t0ke", basic(TOKEN + ":"), "Digest t0ken")) {
      assertEquals(401, status(proxy, "/stats", wrong), wrong);
    }
    assertEquals(200, status(proxy, "/stats", "Bearer " + TOKEN));
  }

  @Test
  void logLevel_withTheToken_isChanged_offLoopbackToo() {
    String json = "application/json";
    RunningProxy proxy = proxy("admin.host", "0.0.0.0", "admin.token", TOKEN);
    String level = proxy.admin("/log/level", "authorization", "Bearer " + TOKEN).body();
    assertEquals(401, proxy.putAdmin("/log/level", level, "content-type", json).statusCode());
    var changed =
        proxy.putAdmin(
            "/log/level", level, "content-type", json, "authorization", "Bearer " + TOKEN);
    assertEquals(200, changed.statusCode());
    assertEquals(level, changed.body());
  }

  @Test
  void addressOtherThanLoopback_needsAToken() {
    for (String host : List.of("0.0.0.0", "::", "10.0.0.1")) {
      var refusal =
          assertThrows(
              ConfigurationException.class, () -> Configuration.parse(Map.of("admin.host", host)));
      assertTrue(refusal.getMessage().contains("admin.token"), refusal.getMessage());
    }
    Configuration.parse(Map.of("admin.host", "0.0.0.0", "admin.enabled", "false"));
  }

  @Test
  void requests_areLimited_andResponsesHaveSecurityHeaders() {
    RunningProxy proxy = proxy("limits.admin-per-client", "2");
    HttpResponse<String> last = proxy.admin("/stats");
    for (int i = 0; i < 100 && last.statusCode() != 429; i++) {
      last = proxy.admin("/health/live");
    }
    assertEquals(429, last.statusCode());
    assertEquals("1", last.headers().firstValue("retry-after").orElse(null));
    assertEquals("nosniff", last.headers().firstValue("x-content-type-options").orElse(null));
    assertEquals("no-referrer", last.headers().firstValue("referrer-policy").orElse(null));
    assertEquals(
        "default-src 'self'; frame-ancestors 'none'",
        last.headers().firstValue("content-security-policy").orElse(null));
  }
}
