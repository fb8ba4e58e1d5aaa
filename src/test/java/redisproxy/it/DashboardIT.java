package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNull;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.vertx.core.json.JsonArray;
import io.vertx.core.json.JsonObject;
import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.net.InetAddress;
import java.net.Socket;
import java.net.http.HttpResponse;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import java.util.function.Predicate;
import java.util.regex.Pattern;
import org.junit.jupiter.api.BeforeAll;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** The dashboard without a browser: its files, its events, and the look at one key. */
@InEachShape
class DashboardIT {
  @RegisterExtension static final Opened shared = Opened.forClass();

  private static EmbeddedRedis redis;

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  @BeforeAll
  static void start() {
    redis = shared.redis();
  }

  /** A client that receives the dashboard's events. */
  private static final class Viewer implements AutoCloseable {
    private final Socket socket;
    private final BufferedReader in;
    final String status;

    Viewer(RunningProxy proxy, String host) {
      try {
        socket = new Socket(InetAddress.getLoopbackAddress(), proxy.adminPort());
        socket.setSoTimeout(10_000);
        String request = "GET /events HTTP/1.1\r\nhost: " + host + "\r\n\r\n";
        socket.getOutputStream().write(request.getBytes(StandardCharsets.US_ASCII));
        in =
            new BufferedReader(
                new InputStreamReader(socket.getInputStream(), StandardCharsets.UTF_8));
        status = in.readLine();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    Viewer(RunningProxy proxy) {
      this(proxy, "localhost:" + proxy.adminPort());
    }

    /** The next event of this name. */
    JsonObject next(String name) {
      try {
        String line = in.readLine();
        while (!line.equals("event: " + name)) {
          line = in.readLine();
        }
        return new JsonObject(in.readLine().substring("data: ".length()));
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }

    /** The first matching {@code now} event of the next twenty. */
    JsonObject now(Predicate<JsonObject> isExpected) {
      JsonObject now = next("now");
      for (int i = 0; !isExpected.test(now); i++) {
        assertTrue(i < 20, now::encode);
        now = next("now");
      }
      return now;
    }

    JsonArray hotKeys() {
      return now(now -> !now.getJsonArray("hotKeys").isEmpty()).getJsonArray("hotKeys");
    }

    @Override
    public void close() {
      try {
        socket.close();
      } catch (IOException e) {
        throw new IllegalStateException(e);
      }
    }
  }

  @Test
  void files_thatThePageNames_areServed_andNoOthers() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    HttpResponse<String> page = proxy.admin("/");
    assertEquals(200, page.statusCode());
    assertEquals("text/html; charset=utf-8", page.headers().firstValue("content-type").get());
    String policy = page.headers().firstValue("content-security-policy").get();
    assertTrue(policy.startsWith("default-src 'self';") && !policy.contains("unsafe"), policy);
    assertFalse(
        Pattern.compile("<script(?![^>]* src=)| style=| on[a-z]+=").matcher(page.body()).find());
    List<String> found = new ArrayList<>();
    named(page.body(), "(?:src|href)=\"(/dashboard/[^\"]+)\"", found);
    for (int i = 0; i < found.size(); i++) {
      HttpResponse<String> file = proxy.admin(found.get(i));
      assertEquals(200, file.statusCode(), found.get(i));
      named(file.body(), "from \"(/[^\"]+)\"", found);
    }
    assertTrue(found.contains("/dashboard/uplot/uplot.js") && found.size() >= 7, found::toString);
    assertEquals(404, proxy.admin("/dashboard/nothing.js").statusCode());
    assertEquals(404, proxy.admin("/dashboard/../redis-proxy.version").statusCode());
  }

  private static void named(String text, String pattern, List<String> found) {
    Pattern.compile(pattern)
        .matcher(text)
        .results()
        .map(match -> match.group(1))
        .filter(name -> !found.contains(name))
        .forEach(found::add);
  }

  @Test
  void file_withItsEtag_isNotSentAgain() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    String etag = proxy.admin("/dashboard/main.js").headers().firstValue("etag").get();
    HttpResponse<String> again = proxy.admin("/dashboard/main.js", "if-none-match", etag);
    assertEquals(304, again.statusCode());
    assertEquals("", again.body());
  }

  @Test
  void events_giveThePastFirst_thenThePresent() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    Viewer viewer = opened.add(new Viewer(proxy));
    assertEquals("HTTP/1.1 200 OK", viewer.status);
    JsonArray columns = viewer.next("past").getJsonArray("columns");
    // Points begin with the second reading.
    viewer.next("now");
    client.call("SET", "dash", "v");
    client.call("GET", "dash");
    for (int i = 0; i < 50; i++) {
      client.call("GET", "dash");
    }
    int hits = columns.getList().indexOf("resp.hit");
    JsonObject now = viewer.now(news -> news.getJsonArray("point").getDouble(hits) > 0);
    assertEquals(columns.size(), now.getJsonArray("point").size());
    assertEquals("verified", now.getJsonObject("coherence").getString("trust"));
    assertEquals(1, now.getInteger("resp"));
    assertEquals(1, now.getJsonObject("connections").getInteger("shared"));
    assertEquals("dash", viewer.hotKeys().getJsonObject(0).getString("key"));
    try (Viewer late = new Viewer(proxy)) {
      JsonArray points = late.next("past").getJsonArray("points");
      assertTrue(
          points.stream().anyMatch(point -> ((JsonArray) point).getDouble(hits) > 0),
          points::encode);
    }
  }

  @Test
  void commands_areListedByTraffic() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    RespClient client = opened.client(proxy);
    Viewer viewer = opened.add(new Viewer(proxy));
    // Rates begin with the second reading.
    viewer.next("now");
    // A client that has written reads over the shared connection for a moment.
    RespClient direct = opened.client(redis);
    direct.call("HSET", "dash:h", "f", "v");
    direct.call("SET", "dash", "v");
    client.call("HLEN", "dash:h");
    for (int i = 0; i < 50; i++) {
      client.call("GET", "dash");
    }
    JsonArray commands =
        viewer
            .now(
                news -> {
                  JsonArray rows = news.getJsonArray("commands");
                  return rows.size() == 2 && rows.getJsonObject(0).getDouble("hits") > 0;
                })
            .getJsonArray("commands");
    assertEquals("get", commands.getJsonObject(0).getString("command"));
    assertEquals("hlen", commands.getJsonObject(1).getString("command"));
    assertEquals(0, commands.getJsonObject(1).getDouble("hits"));
    assertTrue(commands.getJsonObject(1).getDouble("misses") > 0, commands::encode);
  }

  @Test
  void hotKeys_areMaskedOrHidden_ifSet() {
    try (RunningProxy proxy =
            RunningProxy.start(shape, redis.url(), "dashboard.mask-keys", "true");
        Viewer viewer = new Viewer(proxy)) {
      proxy.http("/keys/secret");
      JsonArray hotKeys = viewer.hotKeys();
      assertTrue(hotKeys.getJsonObject(0).getString("digest").matches("#[0-9a-f]{16}"));
      assertFalse(hotKeys.encode().contains("secret"), hotKeys::encode);
    }
    RunningProxy proxy = opened.proxy(shape, redis.url(), "dashboard.hot-keys", "false");
    Viewer viewer = opened.add(new Viewer(proxy));
    proxy.http("/keys/secret");
    viewer.next("now");
    viewer.next("now");
    assertEquals(new JsonArray(), viewer.next("now").getJsonArray("hotKeys"));
  }

  @Test
  void viewers_areLimited_andAClosedOneMakesRoom() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    List<Viewer> viewers = new ArrayList<>();
    try {
      for (int i = 0; i < 16; i++) {
        viewers.add(new Viewer(proxy));
      }
      assertEquals("HTTP/1.1 200 OK", viewers.get(15).status);
      try (Viewer tooMany = new Viewer(proxy)) {
        assertEquals("HTTP/1.1 503 Service Unavailable", tooMany.status);
      }
      viewers.get(3).close();
      await()
          .untilAsserted(
              () -> {
                try (Viewer next = new Viewer(proxy)) {
                  assertEquals("HTTP/1.1 200 OK", next.status);
                }
              });
    } finally {
      viewers.forEach(Viewer::close);
    }
  }

  /**
   * DNS rebinding: a foreign name may resolve to this machine, but the Host header still has it.
   */
  @Test
  void onLoopback_onlyLoopbackHostNamesAreServed() {
    RunningProxy proxy = opened.proxy(shape, redis.url());
    for (String host :
        new String[] {"evil.example", "evil.example:8002", "localhost.evil.example"}) {
      try (Viewer viewer = new Viewer(proxy, host)) {
        assertEquals("HTTP/1.1 421 Misdirected Request", viewer.status, host);
      }
    }
    for (String host : new String[] {"127.0.0.1:1", "[::1]:8002", "LOCALHOST"}) {
      try (Viewer viewer = new Viewer(proxy, host)) {
        assertEquals("HTTP/1.1 200 OK", viewer.status, host);
      }
    }
  }

  private static JsonObject peek(RunningProxy proxy, String query) {
    HttpResponse<String> response = proxy.admin("/peek?" + query);
    assertEquals(200, response.statusCode(), response.body());
    return new JsonObject(response.body());
  }

  @Test
  void peek_reportsTheEntry_andChangesNothing() {
    RunningProxy proxy =
        opened.proxy(shape, redis.url(), "cache.capacity", "2", "cache.expiry", "1h");
    RespClient client = opened.client(proxy);
    client.call("SET", "p:1", "one");
    client.call("SET", "p:2", "two");
    assertEquals(false, peek(proxy, "key=p:1").getBoolean("held"));
    assertEquals(0, proxy.stat("loads"));
    client.call("GET", "p:1");
    client.call("GET", "p:2");
    long hits = proxy.stat("hits");
    JsonObject held = peek(proxy, "db=0&key=p%3A1");
    assertEquals(true, held.getBoolean("held"));
    assertEquals(3, held.getInteger("bytes"));
    assertTrue(held.getLong("leftMs") > 3_000_000 && held.getLong("ageMs") >= 0, held::encode);
    assertNull(held.getValue("value"));
    assertEquals(false, peek(proxy, "db=1&key=p:1").getBoolean("held"));
    assertEquals(hits, proxy.stat("hits"));
    // A peek is no use, so p:1 is still the least recently used entry and is evicted.
    client.call("GET", "p:3");
    client.call("SET", "p:3", "three");
    client.call("GET", "p:3");
    assertEquals(false, peek(proxy, "key=p:1").getBoolean("held"));
    assertEquals(true, peek(proxy, "key=p:2").getBoolean("held"));
    assertEquals(400, proxy.admin("/peek").statusCode());
    assertEquals(400, proxy.admin("/peek?key=a&db=x").statusCode());
  }

  @Test
  void peek_showsTheStartOfTheValue_ifSet() {
    RunningProxy proxy =
        opened.proxy(
            shape, redis.url(), "dashboard.show-values", "true", "cache.missing-expiry", "1h");
    RespClient client = opened.client(proxy);
    // The value is UTF-8, and its start is cut within a character.
    client.call("SET", "text", "<b>" + "\u00c3\u00bc".repeat(200));
    client.call("SET", "binary", "\u00ff\u0001");
    for (String key : List.of("text", "binary", "nothing")) {
      client.call("GET", key);
    }
    JsonObject text = peek(proxy, "key=text");
    assertEquals("text", text.getString("format"));
    assertEquals("<b>" + "ü".repeat(126), text.getString("value"));
    assertEquals(403, text.getInteger("bytes"));
    JsonObject nothing = peek(proxy, "key=nothing");
    assertEquals(true, nothing.getBoolean("missing"));
    assertNull(nothing.getValue("value"));
    JsonObject binary = peek(proxy, "key=binary");
    assertEquals("ff 01", binary.getString("value"));
  }
}
