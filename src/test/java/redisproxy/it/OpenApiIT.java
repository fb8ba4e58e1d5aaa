package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertNotNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.swagger.v3.oas.models.OpenAPI;
import io.swagger.v3.oas.models.PathItem;
import io.swagger.v3.oas.models.responses.ApiResponse;
import io.swagger.v3.parser.OpenAPIV3Parser;
import io.swagger.v3.parser.core.models.ParseOptions;
import io.swagger.v3.parser.core.models.SwaggerParseResult;
import java.net.http.HttpResponse;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.AfterAll;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import redisproxy.dev.EmbeddedRedis;

/** The description of HTTP against what is answered. */
class OpenApiIT {
  private static EmbeddedRedis redis;
  private static RunningProxy proxy;
  private static OpenAPI description;

  @BeforeAll
  static void start() {
    redis = EmbeddedRedis.start();
    proxy = RunningProxy.start(Shape.SPREAD, redis.url());
    ParseOptions options = new ParseOptions();
    options.setResolve(true);
    options.setResolveFully(true);
    SwaggerParseResult parsed =
        new OpenAPIV3Parser().readContents(proxy.http("/openapi.json").body(), List.of(), options);
    assertEquals(List.of(), parsed.getMessages());
    description = parsed.getOpenAPI();
    try (RespClient client = proxy.resp()) {
      client.call("SET", "text", "v");
      client.call("SET", "binary", "\u00ff");
      client.call("LPUSH", "list", "a");
      client.call("SET", "large", "x".repeat(2 << 20));
    }
  }

  @AfterAll
  static void stop() {
    proxy.close();
    redis.close();
  }

  /** What comes must be described: its status, and its content type unless it has no body. */
  private static int described(String path, String key, String method, String... headers) {
    String target =
        path.contains("{key}")
            ? path.replace("{key}", key)
            : key.isEmpty() ? path : path + "?key=" + key;
    HttpResponse<String> response = proxy.request(method, target, headers);
    PathItem item = description.getPaths().get(path);
    var operation = method.equals("HEAD") ? item.getHead() : item.getGet();
    String what = method + " " + target + ": " + response;
    ApiResponse known = operation.getResponses().get("" + response.statusCode());
    assertNotNull(known, what);
    if (!response.body().isEmpty()) {
      String type = response.headers().firstValue("content-type").orElse("none");
      assertTrue(known.getContent().containsKey(type), what + " " + type);
    }
    return response.statusCode();
  }

  @Test
  void everyAnswer_isDescribed() {
    for (String path : description.getPaths().keySet()) {
      if (path.equals("/") || path.equals("/openapi.json")) {
        assertEquals(
            Set.of(200, 405),
            new TreeSet<>(List.of(described(path, "", "GET"), described(path, "", "POST"))));
        continue;
      }
      Set<Integer> seen = new TreeSet<>();
      for (String key : List.of("text", "binary", "list", "nothing", "large", "")) {
        for (String method : List.of("GET", "HEAD", "POST")) {
          seen.add(described(path, key, method));
          seen.add(described(path, key, method, "accept", "application/json"));
          seen.add(described(path, key, method, "if-none-match", "*"));
        }
      }
      assertEquals(Set.of(200, 304, 400, 404, 405, 406, 409), seen, path);
    }
  }

  /** The other way around: {@code OpenApiTest} holds the paths to those of the router. */
  @Test
  void description_isThatOfThisVersionOfOpenApi() {
    assertEquals("3.1.0", description.getOpenapi());
  }
}
