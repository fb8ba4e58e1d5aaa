package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import java.io.UncheckedIOException;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

/**
 * Requests that two servers in a chain could parse differently, which allows request smuggling.
 * Each is followed by a request for a key that must not be answered.
 */
class HttpFramingIT {
  private static final String SMUGGLED = "GET /keys/smuggled HTTP/1.1\r\nHost: x\r\n\r\n";

  @RegisterExtension static final Opened shared = Opened.forClass();

  private static EmbeddedRedis redis;
  private static RunningProxy proxy;

  @BeforeAll
  static void start() {
    redis = shared.redis();
    proxy = shared.proxy(Shape.SPREAD, redis.url());
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "color", "blue");
      direct.call("SET", "smuggled", "SECRET");
    }
  }

  private static String untilClosed(int port, String raw) {
    try (RespClient client = new RespClient(port)) {
      return client.timeout(3_000).send(raw).rest();
    }
  }

  private static String get(String line, String... headers) {
    return line + "\r\n" + String.join("\r\n", headers) + "\r\n\r\n";
  }

  private static void assertRefused(String request) {
    String said = untilClosed(proxy.httpPort(), request + SMUGGLED);
    assertTrue(said.matches("(?s)HTTP/1\\.[01] 4\\d\\d .*"), request + said);
    assertFalse(said.contains("SECRET") || said.contains("blue"), request + said);
    assertEquals(0, said.lastIndexOf("HTTP/1."), request + said);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "Host: x|Host: y",
        "Host: x|Host: x",
        "X: none",
        "Host: x|Authorization: Bearer a|Authorization: Bearer b",
        "Host: x|Content-Length: 5|Transfer-Encoding: chunked",
        "Host: x|Transfer-Encoding: chunked|Content-Length: 5",
        "Host: x|Transfer-Encoding: chunked, identity",
        "Host: x|Transfer-Encoding: identity",
        "Host: x|Transfer-Encoding: xchunked",
        "Host: x|Transfer-Encoding : chunked",
        "Host: x|Transfer-Encoding:\u000bchunked",
        "Host: x|Transfer_Encoding: a|Transfer-Encoding: chunked",
        "Host: x|Content-Length: 5|Content-Length: 6",
        "Host: x|Content-Length: 5, 6",
        "Host: x|Content-Length: -1",
        "Host: x|Content-Length: +5",
        "Host: x|Content-Length: 0x5",
        "Host: x|Content-Length: five",
        "Host: x|Content-Length: ",
        "Host: x|Content-Length: 99999999999999999999",
        "Host: x|Content-Length : 5",
        "Host : x",
        " Host: x",
        "Host: x|Name with blanks: 1",
        "Host: x|without a colon",
        "Host: x|Nul\u0000: 1",
      })
  void ambiguousHeaders_areRefused_andNothingAfterThemIsRead(String headers) {
    assertRefused(get("GET /keys/color HTTP/1.1", headers.split("\\|")));
  }

  /** A list may come in several header lines (RFC 9110, 5.3), in any version of HTTP. */
  @Test
  void listInSeveralLines_isReadAsOne() {
    String json =
        get("GET /keys/color HTTP/1.1", "Host: x", "Accept: text/html;q=0.1", "Accept: a/json");
    String etag =
        get("GET /keys/color HTTP/1.1", "Host: x", "If-None-Match: \"a\"", "If-None-Match: *");
    String last = get("GET /none HTTP/1.1", "Host: x", "Connection: close");
    String said = untilClosed(proxy.httpPort(), json + etag + last);
    assertTrue(said.contains("\"value\":\"blue\""), said);
    assertTrue(said.contains("HTTP/1.1 304 "), said);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /keys/color",
        "GET /keys/color HTTP/1.1 HTTP/1.1",
        "GET /keys/a b HTTP/1.1",
        "GET /keys/color HTTP/9.9.9",
      })
  void malformedRequestLine_isRefused(String line) {
    assertRefused(get(line, "Host: x"));
  }

  /** Servers differ in what a bare CR or LF ends. */
  @ParameterizedTest
  @ValueSource(
      strings = {
        "GET /keys/color HTTP/1.1\r\nHost: x\r\nX: a\rHost: y\r\n\r\n",
        "GET /keys/color HTTP/1.1\r\nHost: x\r\nX: a\r\r\n\r\n",
        "GET /keys/color HTTP/1.1\r\nHost: x\r\nX: a\u0000b\r\n\r\n",
        "GET /keys/color HTTP/1.1\nHost: x\nContent-Length: 5\nTransfer-Encoding: chunked\n\n",
        "GET /keys/color HTTP/1.1\r\nHost: x\r\n Transfer-Encoding: chunked\r\n\r\n",
      })
  void strayControlCharacters_areRefused(String request) {
    assertRefused(request);
  }

  @ParameterizedTest
  @ValueSource(strings = {"/keys/color", "/get?key=color", "/lookup?key=color", "/", "/none"})
  void endlessBody_isRefusedOnEveryRoute_andTheConnectionIsClosed(String path) {
    for (String method : new String[] {"GET", "HEAD", "POST", "PUT", "DELETE"}) {
      for (String body :
          new String[] {"Transfer-Encoding: chunked", "Content-Length: 100000000000"}) {
        try (RespClient client = new RespClient(proxy.httpPort())) {
          client.send(method + " " + path + " HTTP/1.1\r\nHost: x\r\n" + body + "\r\n\r\n");
          String said = client.timeout(3_000).rest();
          assertTrue(said.startsWith("HTTP/1.1 413"), method + " " + path + ": " + said);
        }
      }
    }
  }

  @Test
  void smallBody_isSkipped_andTheNextRequestIsAnswered() {
    String said =
        untilClosed(
            proxy.httpPort(),
            "GET /keys/color HTTP/1.1\r\nHost: x\r\nContent-Length: 5\r\n\r\nGET /"
                + "GET /keys/smuggled HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertTrue(said.contains("blue") && said.contains("SECRET"), said);
    assertEquals(2, said.split("HTTP/1.1 200", -1).length - 1, said);
  }

  @Test
  void absoluteForm_isAccepted_andOtherTargetsAreRefused() {
    String close = "\r\nHost: x\r\nConnection: close\r\n\r\n";
    assertTrue(
        untilClosed(proxy.httpPort(), "GET http://other/keys/color HTTP/1.1" + close)
            .contains("blue"));
    for (String line :
        new String[] {"CONNECT other:80", "GET other", "GET *", "OPTIONS *", "GET ../keys/color"}) {
      String said = untilClosed(proxy.httpPort(), line + " HTTP/1.1" + close);
      assertTrue(said.matches("(?s)HTTP/1\\.1 40[045] .*"), line + ": " + said);
      assertFalse(said.contains("blue"), said);
    }
  }

  @Test
  void adminPort_refusesBodiesAndSeveralHosts() {
    for (String request :
        new String[] {
          "POST /stats HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n",
          "PUT /log/level HTTP/1.1\r\nHost: x\r\nContent-Length: 100000000\r\n\r\n",
          "GET /stats HTTP/1.1\r\nHost: localhost\r\nHost: evil\r\n\r\n",
        }) {
      String said = untilClosed(proxy.adminPort(), request);
      assertTrue(said.matches("(?s)HTTP/1\\.1 4(00|13) .*"), request + said);
    }
  }

  @Test
  void tooManyHeaders_areRefused() {
    try (RespClient client = new RespClient(proxy.httpPort())) {
      client.send("GET /keys/color HTTP/1.1\r\nHost: x\r\n");
      try {
        for (int i = 0; i < 100; i++) {
          client.send("X: y\r\n".repeat(1_000));
        }
        assertTrue(client.timeout(3_000).rest().startsWith("HTTP/1.1 431"));
      } catch (UncheckedIOException reset) {
        assertTrue(reset.getMessage().contains("reset"), reset.getMessage());
      }
    }
  }
}
