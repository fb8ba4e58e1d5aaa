package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.net.http.HttpResponse;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redisproxy.dev.EmbeddedRedis;

/** Requests of browsers for web pages of other origins. */
class CorsIT {
  private static final String ALLOWED = "access-control-allow-origin";

  @RegisterExtension final Opened opened = new Opened();

  private RunningProxy proxy(EmbeddedRedis redis, String... settings) {
    return opened.proxy(Shape.values()[0], redis.url(), settings);
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse(null);
  }

  @Test
  void withoutOrigins_noPageIsAllowed() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis);
    var answer = proxy.http("/keys/k", "origin", "http://a.example");
    assertEquals(404, answer.statusCode());
    assertEquals(null, header(answer, ALLOWED));
    assertEquals(
        405,
        proxy
            .request(
                "OPTIONS",
                "/keys/k",
                "origin",
                "http://a.example",
                "access-control-request-method",
                "GET")
            .statusCode());
  }

  @Test
  void namedOrigins_areAllowed_andNoOthers() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy =
        proxy(redis, "http.cors-origins", "http://a.example, https://b.example:8443");
    for (String origin : new String[] {"http://a.example", "https://b.example:8443"}) {
      var answer = proxy.http("/keys/k", "origin", origin);
      assertEquals(404, answer.statusCode());
      assertEquals(origin, header(answer, ALLOWED));
      assertTrue(header(answer, "access-control-expose-headers").contains("cache-status"));
    }
    var preflight =
        proxy.request(
            "OPTIONS",
            "/keys/k",
            "origin",
            "http://a.example",
            "access-control-request-method",
            "GET");
    assertEquals(204, preflight.statusCode());
    assertTrue(header(preflight, "access-control-allow-methods").contains("GET"));
    assertTrue(header(preflight, "access-control-allow-headers").contains("authorization"));
    for (String origin : new String[] {"https://a.example", "http://a.example.org", "null"}) {
      var refused = proxy.http("/keys/k", "origin", origin);
      assertEquals(403, refused.statusCode(), origin);
      assertEquals(null, header(refused, ALLOWED), origin);
    }
    assertEquals(404, proxy.http("/keys/k").statusCode());
  }

  @Test
  void star_isAnyOrigin() {
    EmbeddedRedis redis = opened.redis();
    RunningProxy proxy = proxy(redis, "http.cors-origins", "*");
    assertEquals("*", header(proxy.http("/keys/k", "origin", "http://a.example"), ALLOWED));
  }
}
