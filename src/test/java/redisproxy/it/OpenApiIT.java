package redisproxy.it;

import static java.nio.charset.StandardCharsets.US_ASCII;
import static org.awaitility.Awaitility.await;
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
import java.util.Base64;
import java.util.List;
import java.util.Set;
import java.util.TreeSet;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import redisproxy.dev.EmbeddedRedis;

/** Compares the OpenAPI description with the real responses. */
class OpenApiIT {
  @RegisterExtension static final Opened shared = Opened.forClass();
  @RegisterExtension final Opened opened = new Opened();

  private static EmbeddedRedis redis;
  private static RunningProxy proxy;
  private static OpenAPI description;

  @BeforeAll
  static void start() {
    redis = shared.redis();
    proxy = shared.proxy(Shape.SPREAD, redis.url());
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

  /** Checks that a response is described: its status, and its content type if it has a body. */
  private static int described(String path, String key, String method, String... headers) {
    String target =
        path.contains("{key}")
            ? path.replace("{key}", key)
            : key.isEmpty() ? path : path + "?key=" + key;
    return described(path, method, proxy.request(method, target, headers));
  }

  private static int described(String path, String method, HttpResponse<String> response) {
    String type = response.headers().firstValue("content-type").orElse("none");
    return described(path, method, response.statusCode(), response.body().isEmpty() ? null : type);
  }

  /** The type is null if there is no body. */
  private static int described(String path, String method, int status, String type) {
    PathItem item = description.getPaths().get(path);
    var operation = method.equals("HEAD") ? item.getHead() : item.getGet();
    String what = method + " " + path + ": " + status + " " + type;
    ApiResponse known = operation.getResponses().get("" + status);
    assertNotNull(known, what);
    assertTrue(type == null || known.getContent().containsKey(type), what);
    // HttpHeadersIT checks that every response has them.
    Set<String> always = Set.of("Date", "X-Content-Type-Options");
    assertTrue(known.getHeaders() != null && known.getHeaders().keySet().containsAll(always), what);
    return status;
  }

  @Test
  void everyResponse_isDescribed() {
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

  /** The paths that read a key. */
  private static List<String> reads() {
    return description.getPaths().keySet().stream()
        .filter(path -> !path.equals("/") && !path.equals("/openapi.json"))
        .toList();
  }

  private static String target(String path) {
    return path.contains("{key}") ? path.replace("{key}", "text") : path + "?key=text";
  }

  /** Returns the statuses of every path that reads a key. Checks that all are described. */
  private static Set<Integer> answers(RunningProxy before, String... headers) {
    Set<Integer> seen = new TreeSet<>();
    for (String path : reads()) {
      for (String method : List.of("GET", "HEAD")) {
        seen.add(described(path, method, before.request(method, target(path), headers)));
      }
    }
    return seen;
  }

  @Test
  void refusals_areDescribed() {
    EmbeddedRedis guarded = opened.redis("requirepass s3cret");
    try (RespClient direct = new RespClient(guarded)) {
      direct.call("AUTH", "s3cret");
      direct.call("ACL", "SETUSER", "blind", "on", ">s3cret", "~*", "+@all", "-@read");
    }
    String basic = "Basic " + Base64.getEncoder().encodeToString("blind:s3cret".getBytes(US_ASCII));
    RunningProxy blind =
        opened.proxy(
            Shape.SPREAD, guarded.url(), "redis.username", "blind", "redis.password", "s3cret");
    assertEquals(Set.of(401), answers(blind));
    assertEquals(Set.of(502), answers(blind, "authorization", basic));
  }

  @Test
  void outages_areDescribed() {
    EmbeddedRedis failing = opened.redis();
    RunningProxy before = opened.proxy(Shape.SPREAD, failing.url(), "redis.load-timeout", "50ms");
    failing.pause();
    // Loads time out (504) until the proxy gives up the connection (503).
    Set<Integer> seen = answers(before);
    assertTrue(seen.contains(504) && Set.of(503, 504).containsAll(seen), seen::toString);
    failing.resume();
    failing.stop();
    assertEquals(Set.of(503), answers(before));
  }

  /**
   * The status over the limit is 429. Only /lookup answers 503, as in the project it comes from.
   */
  @Test
  void limit_isDescribed() {
    RunningProxy limited = opened.proxy(Shape.SHARED, redis.url(), "limits.http-per-client", "1");
    for (String path : description.getPaths().keySet()) {
      String target = reads().contains(path) ? target(path) : path;
      int expected = path.equals("/lookup") ? 503 : 429;
      await().until(() -> described(path, "GET", limited.http(target)) == expected);
      await().until(() -> described(path, "HEAD", limited.request("HEAD", target)) == expected);
    }
  }

  /**
   * Sends no body: the server closes the connection, and a client that still sends may miss the
   * answer.
   */
  @Test
  void tooLargeBody_isDescribed() {
    for (String path : reads()) {
      String head = "GET " + target(path) + " HTTP/1.1\r\nHost: localhost\r\n";
      try (RespClient client = new RespClient(proxy.httpPort())) {
        String answer = client.send(head + "Transfer-Encoding: chunked\r\n\r\n").rest();
        assertTrue(answer.startsWith("HTTP/1.1 413 "), answer);
        String type = answer.split("content-type: ", 2)[1].split("\r", 2)[0];
        assertEquals(413, described(path, "GET", 413, type));
      }
    }
  }

  /** {@code OpenApiTest} compares the described paths with those of the router. */
  @Test
  void description_usesOpenApi31() {
    assertEquals("3.1.0", description.getOpenapi());
  }
}
