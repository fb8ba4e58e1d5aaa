package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.time.Instant;
import java.time.ZoneOffset;
import java.time.format.DateTimeFormatter;
import java.util.ArrayList;
import java.util.List;
import java.util.Locale;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/** The headers that every response has, on both ports, read as bytes. */
class HttpHeadersIT {
  private static final Pattern DATE = Pattern.compile("\r\ndate: ([^\r]*)\r\n");

  /** RFC 9110, 5.6.7: each field has a fixed width. */
  private static final DateTimeFormatter IMF_FIXDATE =
      DateTimeFormatter.ofPattern("EEE, dd MMM yyyy HH:mm:ss 'GMT'", Locale.ENGLISH)
          .withZone(ZoneOffset.UTC);

  @RegisterExtension static final Opened shared = Opened.forClass();

  private static EmbeddedRedis redis;
  private static RunningProxy proxy;

  @BeforeAll
  static void start() {
    redis = shared.redis();
    proxy =
        shared.proxy(
            Shape.SPREAD,
            redis.url(),
            "cache.max-value-bytes",
            "1KiB",
            "http.cors-origins",
            "https://page.example");
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "blue");
      direct.call("SET", "large", "x".repeat(2000));
      direct.call("LPUSH", "list", "a");
    }
  }

  private static void assertHeaders(int port, int status, String request) {
    Instant before = Instant.ofEpochSecond(Instant.now().getEpochSecond());
    String said;
    try (RespClient client = new RespClient(port)) {
      said = client.timeout(5_000).send(request).rest();
    }
    assertTrue(said.matches("(?s)HTTP/1\\.[01] " + status + " .*"), request + said);
    String head = said.substring(0, said.indexOf("\r\n\r\n") + 2);
    assertTrue(head.contains("\r\nx-content-type-options: nosniff\r\n"), request + head);
    List<String> dates = new ArrayList<>();
    for (Matcher found = DATE.matcher(head); found.find(); ) {
      dates.add(found.group(1));
    }
    assertEquals(1, dates.size(), request + head);
    Instant date = Instant.from(IMF_FIXDATE.parse(dates.get(0)));
    assertFalse(date.isBefore(before) || date.isAfter(Instant.now()), dates.get(0));
  }

  private static String request(String line, String... headers) {
    String all = headers.length == 0 ? "" : String.join("\r\n", headers) + "\r\n";
    return line + " HTTP/1.1\r\nHost: 127.0.0.1\r\nConnection: close\r\n" + all + "\r\n";
  }

  @ParameterizedTest
  @CsvSource({
    "200, GET /keys/color",
    "200, HEAD /keys/color",
    "200, GET /keys/large",
    "200, GET /lookup?key=color",
    "200, GET /",
    "200, GET /openapi.json",
    "400, GET /keys/",
    "400, GET /keys/%zz",
    "404, GET /keys/nothing",
    "404, GET /lookup?key=nothing",
    "404, GET /elsewhere",
    "404, OPTIONS *",
    "405, POST /keys/color",
    "409, GET /keys/list",
  })
  void http_everyResponse_hasTheHeaders(int status, String line) {
    assertHeaders(proxy.httpPort(), status, request(line));
  }

  @ParameterizedTest
  @CsvSource({
    "304, If-None-Match: *",
    "200, Accept: application/json",
    "403, Origin: https://other.example",
    "413, Transfer-Encoding: chunked",
    "431, X: long",
  })
  void http_responsesToSpecialHeaders_haveTheHeaders(int status, String header) {
    String sent = header.replace("long", "x".repeat(20_000));
    assertHeaders(proxy.httpPort(), status, request("GET /keys/color", sent));
  }

  @ParameterizedTest
  @CsvSource({
    "200, GET /",
    "200, HEAD /metrics",
    "200, GET /metrics",
    "200, GET /stats",
    "200, GET /health/live",
    "200, GET /log/level",
    "404, GET /elsewhere",
    "404, OPTIONS *",
    "405, POST /stats",
    "415, PUT /log/level",
  })
  void admin_everyResponse_hasTheHeaders(int status, String line) {
    assertHeaders(proxy.adminPort(), status, request(line));
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void responsesToBrokenRequests_haveTheHeaders(boolean admin) {
    int port = admin ? proxy.adminPort() : proxy.httpPort();
    assertHeaders(port, 400, "*1\r\n$4\r\nPING\r\n\r\n\r\n");
    assertHeaders(port, 400, "GET / HTTP/1.1\r\nHost: x\r\nHost: y\r\n\r\n");
    assertHeaders(port, 400, "GET / HTTP/1.1\r\nHost : x\r\n\r\n");
    assertHeaders(port, 414, "GET /" + "k".repeat(20_000) + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertHeaders(port, 431, request("GET /", "X: " + "x".repeat(20_000)));
  }
}
