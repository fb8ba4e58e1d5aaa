package redisproxy.it;

import static org.junit.jupiter.api.Assertions.assertArrayEquals;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonObject;
import java.net.http.HttpResponse;
import java.util.Base64;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.dev.EmbeddedRedis;

@InEachShape
class HttpIT {
  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private EmbeddedRedis redis;
  private RunningProxy proxy;
  private RespClient direct;

  @BeforeEach
  void start() {
    redis = opened.redis();
    proxy = opened.proxy(shape, redis.url());
    direct = opened.client(redis);
  }

  private static String header(HttpResponse<?> response, String name) {
    return response.headers().firstValue(name).orElse(null);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "/keys/color",
        "/keys/c%6Flor",
        "/get/color",
        "/get?key=color",
        "/get?other=1&key=color",
        "/proxy?key=color",
        "/proxy/?key=color",
        "/proxy/?key=color&more=2"
      })
  void get_onEveryRoute_givesTheValue(String route) {
    direct.call("SET", "color", "blue");
    HttpResponse<String> response = proxy.http(route);
    assertEquals(200, response.statusCode());
    assertEquals("blue", response.body());
    assertEquals("text/plain; charset=utf-8", header(response, "content-type"));
  }

  @Test
  void get_whenCached_saysSoAndCausesNoLoad() {
    direct.call("SET", "color", "blue");
    HttpResponse<String> first = proxy.http("/keys/color");
    assertTrue(
        header(first, "cache-status").matches("redis-proxy; fwd=miss; stored; ttl=(59|60)"),
        header(first, "cache-status"));
    HttpResponse<String> second = proxy.http("/keys/color");
    assertTrue(
        header(second, "cache-status").matches("redis-proxy; hit; ttl=(59|60)"),
        header(second, "cache-status"));
    assertEquals("max-age=0, must-revalidate", header(second, "cache-control"));
    assertTrue(Long.parseLong(header(second, "age")) <= 1);
    assertEquals(1, proxy.stat("loads"));
    assertEquals(1, proxy.stat("hits"));
  }

  @ParameterizedTest
  @CsvSource({
    "%FF%00, '\u00ff\u0000'",
    "a%2Fb, a/b",
    "a/b/c, a/b/c",
    "a//b, a//b",
    "..,..",
    "a/../b, a/../b",
    ".%2E/x, ../x",
    "a+b, a+b",
    "a%20b, a b",
    "a%3Fb, a?b",
    "%E2%82%AC, \u00e2\u0082\u00ac"
  })
  void get_ofAnyKeyInThePath_readsItsDecodedBytes(String path, String key) {
    direct.call("SET", key, "value of it");
    assertEquals("value of it", proxy.http("/keys/" + path).body());
    assertEquals("value of it", proxy.http("/get/" + path).body());
  }

  @Test
  void get_ofAQueryKey_decodesFormEncoding() {
    direct.call("SET", "a b/\u00ff", "v");
    assertEquals("v", proxy.http("/get?key=a+b/%FF").body());
    direct.call("SET", "", "of the empty key");
    assertEquals("of the empty key", proxy.http("/get?key=").body());
  }

  @Test
  void get_ofBinaryValue_givesItsBytes() {
    byte[] value = new byte[256];
    for (int i = 0; i < value.length; i++) {
      value[i] = (byte) i;
    }
    direct.send("*3\r\n$3\r\nSET\r\n$3\r\nbin\r\n$256\r\n").send(value).send("\r\n").reply();
    HttpResponse<byte[]> response = proxy.httpBytes("/keys/bin");
    assertArrayEquals(value, response.body());
    assertEquals("application/octet-stream", header(response, "content-type"));
  }

  @Test
  void get_ofEmptyValue_isEmptyAndNotMissing() {
    direct.call("SET", "empty", "");
    for (int i = 0; i < 2; i++) {
      HttpResponse<String> response = proxy.http("/keys/empty");
      assertEquals(200, response.statusCode());
      assertEquals("", response.body());
      assertEquals("0", header(response, "content-length"));
    }
    assertEquals(1, proxy.stat("hits"));
  }

  @Test
  void get_ofMissingKey_is404AndNamesTheKey() {
    HttpResponse<String> response = proxy.http("/keys/nope");
    assertEquals(404, response.statusCode());
    assertEquals("application/problem+json", header(response, "content-type"));
    JsonObject problem = new JsonObject(response.body());
    assertEquals("nope not found", problem.getString("detail"));
    assertEquals(404, problem.getInteger("status"));
    assertEquals("Not Found", problem.getString("title"));
    direct.call("SET", "nope", "yes");
    assertEquals("yes", proxy.http("/keys/nope").body());
  }

  @Test
  void get_ofAnotherType_is409WithRedissError() {
    direct.call("LPUSH", "list", "a");
    HttpResponse<String> response = proxy.http("/keys/list");
    assertEquals(409, response.statusCode());
    assertTrue(response.body().contains("WRONGTYPE Operation against a key"), response.body());
    direct.call("DEL", "list");
    direct.call("SET", "list", "now a string");
    assertEquals("now a string", proxy.http("/keys/list").body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"/keys/", "/keys", "/get/", "/get", "/get?", "/proxy", "/proxy/?k=1"})
  void get_withoutAKey_is400(String route) {
    HttpResponse<String> response = proxy.http(route);
    assertEquals(400, response.statusCode());
    assertEquals("no key", new JsonObject(response.body()).getString("detail"));
  }

  @ParameterizedTest
  @ValueSource(strings = {"/keys/%", "/keys/%4", "/keys/%zz", "/get?key=%4", "/%zz"})
  void get_withABrokenEscape_is400(String path) {
    RespClient raw = new RespClient(proxy.httpPort());
    raw.send("GET " + path + " HTTP/1.1\r\nHost: x\r\n\r\n");
    assertEquals("HTTP/1.1 400 Bad Request\r\n", raw.reply());
    raw.close();
  }

  @Test
  void lookup_answersAsSeed004Did() {
    direct.call("SET", "color", "blue");
    assertEquals(
        new JsonObject("{\"key\":\"color\",\"value\":\"blue\",\"status\":200}"),
        new JsonObject(proxy.http("/lookup?key=color").body()));
    HttpResponse<String> missing = proxy.http("/lookup?key=nokey");
    assertEquals(404, missing.statusCode());
    assertEquals("application/json", header(missing, "content-type"));
    assertEquals("{\"key\":\"nokey\",\"value\":null,\"status\":404}", missing.body());
    HttpResponse<String> none = proxy.http("/lookup");
    assertEquals(400, none.statusCode());
    assertEquals("{\"key\":null,\"value\":null,\"status\":400}", none.body());
    direct.call("LPUSH", "list", "a");
    assertEquals(
        "{\"key\":\"list\",\"value\":null,\"status\":409}", proxy.http("/lookup?key=list").body());
  }

  @Test
  void get_acceptingJson_givesJsonAndMarksBase64() {
    direct.call("SET", "color", "blue");
    direct.call("SET", "k\u00ff", "\u00fe");
    HttpResponse<String> text = proxy.http("/keys/color", "accept", "application/json");
    assertEquals("application/json", header(text, "content-type"));
    assertEquals("{\"key\":\"color\",\"value\":\"blue\"}", text.body());
    JsonObject binary =
        new JsonObject(proxy.http("/keys/k%FF", "accept", "application/json").body());
    assertEquals("base64", binary.getString("encoding"));
    assertArrayEquals(
        new byte[] {(byte) 0xfe}, Base64.getDecoder().decode(binary.getString("value")));
    assertEquals("base64", binary.getString("keyEncoding"));
    assertEquals("blue", proxy.http("/keys/color", "accept", "text/html,*/*;q=0.8").body());
    assertEquals(
        "blue", proxy.http("/keys/color", "accept", "application/json;q=0.1, text/plain").body());
  }

  @Test
  void get_withItsEtag_is304() {
    direct.call("SET", "color", "blue");
    String etag = header(proxy.http("/keys/color"), "etag");
    assertTrue(etag.matches("\"[A-Za-z0-9_-]{16}\""), etag);
    for (String match : new String[] {etag, "W/" + etag, "\"x\", " + etag, "*"}) {
      HttpResponse<String> response = proxy.http("/keys/color", "if-none-match", match);
      assertEquals(304, response.statusCode());
      assertEquals("", response.body());
      assertEquals(etag, header(response, "etag"));
    }
    assertEquals(200, proxy.http("/keys/color", "if-none-match", "\"other\"").statusCode());
    String json = header(proxy.http("/keys/color", "accept", "application/json"), "etag");
    assertEquals(200, proxy.http("/keys/color", "if-none-match", json).statusCode());
    assertEquals(404, proxy.http("/keys/nope", "if-none-match", "*").statusCode());
  }

  @Test
  void head_givesTheHeadersOfGetAndNoBody() {
    direct.call("SET", "color", "blue");
    HttpResponse<String> head = proxy.request("HEAD", "/keys/color");
    assertEquals(200, head.statusCode());
    assertEquals("4", header(head, "content-length"));
    assertEquals("", head.body());
    assertEquals(header(proxy.http("/keys/color"), "etag"), header(head, "etag"));
    assertEquals(404, proxy.request("HEAD", "/keys/nope").statusCode());
    assertEquals("blue", proxy.http("/keys/color").body());
  }

  @ParameterizedTest
  @ValueSource(strings = {"POST", "PUT", "DELETE", "OPTIONS", "PATCH"})
  void otherMethods_are405WithAllow(String method) {
    for (String path : new String[] {"/keys/color", "/get?key=a", "/"}) {
      HttpResponse<String> response = proxy.request(method, path);
      assertEquals(405, response.statusCode());
      assertEquals("GET, HEAD", header(response, "allow"));
    }
  }

  private String untilClosed(String requests) {
    try (RespClient raw = new RespClient(proxy.httpPort())) {
      raw.send(requests);
      StringBuilder all = new StringBuilder();
      for (int b = raw.read(); b >= 0; b = raw.read()) {
        all.append((char) b);
      }
      return all.toString();
    }
  }

  @Test
  void unreadBody_closesTheConnection() {
    String replies =
        untilClosed(
            "GET /keys/a HTTP/1.1\r\nHost: x\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n"
                + "GET / HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertTrue(replies.startsWith("HTTP/1.1 413"), replies);
    assertEquals(0, replies.lastIndexOf("HTTP/1.1"), "no response after a close");
  }

  @Test
  void targetOtherThanAPath_isAProblemToo() {
    String reply = untilClosed("OPTIONS * HTTP/1.1\r\nHost: x\r\nConnection: close\r\n\r\n");
    assertTrue(reply.startsWith("HTTP/1.1 404"), reply);
    assertTrue(reply.contains("application/problem+json"), reply);
  }

  @Test
  void tooLarge_is414And431And413() {
    assertEquals(414, proxy.http("/keys/" + "k".repeat(20_000)).statusCode());
    assertEquals(431, proxy.http("/keys/a", "x-large", "x".repeat(20_000)).statusCode());
    RespClient raw = new RespClient(proxy.httpPort());
    raw.send("GET /keys/a HTTP/1.1\r\nHost: x\r\nContent-Length: 1000000\r\n\r\n");
    assertTrue(raw.reply().startsWith("HTTP/1.1 413"));
    raw.close();
  }

  @Test
  void unknownPath_is404AndRootSaysItIsUp() {
    assertEquals(404, proxy.http("/nothing/here").statusCode());
    assertEquals("redis-proxy is up\n", proxy.http("/").body());
  }

  @Test
  void garbage_is400AndClosed() {
    RespClient raw = new RespClient(proxy.httpPort());
    raw.send("*1\r\n$4\r\nPING\r\n\r\n\r\n");
    assertTrue(raw.reply().startsWith("HTTP/1.0 400"));
    while (raw.read() >= 0) {
      // Read to the end.
    }
    raw.close();
  }

  @Test
  void maxAgeRemaining_letsOtherCachesKeepTheValue() {
    direct.call("SET", "color", "blue");
    RunningProxy lenient = opened.proxy(shape, redis.url(), "http.max-age", "remaining");
    String control = header(lenient.http("/keys/color"), "cache-control");
    assertTrue(control.matches("max-age=(59|60)"), control);
  }
}
