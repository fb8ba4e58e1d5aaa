package redisproxy.front.resp;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertTrue;

import io.netty.buffer.ByteBuf;
import io.netty.buffer.Unpooled;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;
import redisproxy.bus.Bus;
import redisproxy.bus.CoherenceState;
import redisproxy.cache.CacheStats;
import redisproxy.cache.Trust;
import redisproxy.command.Parsed;
import redisproxy.config.TransportKind;
import redisproxy.config.Version;
import redisproxy.transport.Choice;
import redisproxy.upstream.load.Reachability;

/** The proxy's own section of INFO: which requests match, and what it contains. */
class ProxyInfoTest {
  /** Each number is different. */
  static final Bus.Report REPORT =
      new Bus.Report(
          new CacheStats(
              1,
              2,
              3,
              4,
              5,
              6,
              7,
              8,
              9,
              10,
              11,
              12,
              13,
              14,
              15,
              16,
              17,
              18,
              19,
              Map.of("hget", new CacheStats.Command(5, 6))),
          23,
          new Reachability(true, true, ""),
          new CoherenceState("tracking", "", Trust.VERIFIED, 20, 21, null, 22),
          new Choice(TransportKind.EPOLL, "no io_uring: old"));

  private static final String REQUEST = "*2\r\n$4\r\nINFO\r\n$10\r\nredisproxy\r\n";

  @ParameterizedTest
  @ValueSource(strings = {"INFO redisproxy", "info RedisProxy"})
  void matches_theRequestForTheSection(String request) {
    assertTrue(ProxyInfo.matches(Parsed.line(request)));
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "INFO",
        "INFO server",
        "INFO redisproxy server",
        "INFO redisproxyx",
        "ECHO redisproxy"
      })
  void matches_noOtherRequest(String request) {
    assertFalse(ProxyInfo.matches(Parsed.line(request)));
  }

  private static ByteBuf input(String text) {
    return Unpooled.copiedBuffer("junk" + text, StandardCharsets.US_ASCII).skipBytes(4);
  }

  @Test
  void skip_readsTheRequest_andNothingAfterIt() {
    ByteBuf input = input(REQUEST + "PING\r\n");
    assertTrue(ProxyInfo.skip(input));
    assertEquals("PING\r\n", input.toString(StandardCharsets.US_ASCII));
    assertTrue(ProxyInfo.skip(input(REQUEST.toLowerCase(java.util.Locale.ROOT))));
  }

  @Test
  void skip_readsNothingElse() {
    List<String> others =
        List.of(
            "",
            REQUEST.substring(0, REQUEST.length() - 1),
            REQUEST.replace("INFO", "INFA"),
            REQUEST.replace("proxy", "proxx"),
            "INFO redisproxy\r\n" + "x".repeat(40));
    for (String other : others) {
      ByteBuf input = input(other);
      assertFalse(ProxyInfo.skip(input), other);
      assertEquals(other, input.toString(StandardCharsets.US_ASCII));
    }
  }

  private static Map<String, String> fields(String body) {
    Map<String, String> fields = new LinkedHashMap<>();
    Arrays.stream(body.split("\r\n"))
        .skip(1)
        .forEach(line -> fields.put(line.split(":", 2)[0], line.split(":", 2)[1]));
    return fields;
  }

  private static String answered(FakeFront front, FakeClient client) throws Exception {
    client.asks("INFO redisproxy");
    front.cache.report(REPORT);
    front.settle();
    return client.receivedRaw();
  }

  @Test
  void answer_containsTheStatistics() throws Exception {
    try (FakeFront front = new FakeFront()) {
      FakeClient client = front.connect();
      String reply = answered(front, client);
      int start = reply.indexOf("\r\n") + 2;
      String body = reply.substring(start, reply.length() - 2);
      assertEquals("$" + body.length() + "\r\n", reply.substring(0, start));
      assertTrue(body.startsWith("# redisproxy\r\nversion:" + Version.TEXT + "\r\n"), body);
      Map<String, String> fields = fields(body);
      assertTrue(Long.parseLong(fields.remove("uptime_in_seconds")) >= 0);
      fields.remove("version");
      assertEquals(
          "{transport=epoll, transport_reason=no io_uring: old, redis_reachable=1, feed=tracking,"
              + " trust=verified, hits=1, misses=2, unverified=11, loads=3, loads_coalesced=4,"
              + " loads_failed=5, loads_overtaken=8, loads_in_flight=19, keys_touched=23, invalidations=9,"
              + " flushes=10, evictions=13, expirations=14, entries=15, entries_bytes=17, lookups_hget=hits=5,misses=6}",
          fields.toString());
    }
  }

  /** Redis sends INFO as a verbatim string in RESP3. */
  @Test
  void answer_inResp3_isAVerbatimString() throws Exception {
    try (FakeFront front = new FakeFront()) {
      FakeClient client = front.connect();
      client.asks("HELLO 3");
      client.received();
      String reply = answered(front, client);
      int start = reply.indexOf("\r\n") + 2;
      String body = reply.substring(start, reply.length() - 2);
      assertEquals("=" + body.length() + "\r\n", reply.substring(0, start));
      assertTrue(body.startsWith("txt:# redisproxy\r\n"), body);
    }
  }

  /** The client has switched to RESP3 after the request. */
  @Test
  void answer_usesTheProtocolVersionOfTheRequest() throws Exception {
    try (FakeFront front = new FakeFront()) {
      FakeClient client = front.connect();
      client.asks("INFO redisproxy", "HELLO 3");
      front.cache.report(REPORT);
      front.settle();
      String reply = client.receivedRaw();
      assertTrue(reply.startsWith("$"), reply);
      assertTrue(reply.contains("%7\r\n"), reply);
    }
  }

  @Test
  void answer_keepsItsPlaceAmongTheReplies() throws Exception {
    try (FakeFront front = new FakeFront()) {
      FakeClient client = front.connect();
      front.cache.has("k", "v");
      client.asks("PING", "INFO redisproxy", "GET k");
      assertEquals("+PONG ", client.received());
      front.cache.report(REPORT);
      front.settle();
      String reply = client.received();
      assertTrue(reply.startsWith("$") && reply.endsWith(" $1 v "), reply);
    }
  }

  @Test
  void answer_whenTheClientIsGone_isDropped() throws Exception {
    try (FakeFront front = new FakeFront()) {
      FakeClient client = front.connect();
      client.asks("INFO redisproxy");
      client.disconnects();
      front.cache.report(REPORT);
      front.settle();
      assertEquals("", client.received());
    }
  }
}
