package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertFalse;
import static org.junit.jupiter.api.Assertions.assertNotEquals;

import java.io.IOException;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.extension.RegisterExtension;
import org.junit.jupiter.params.Parameter;
import redisproxy.dev.EmbeddedRedis;

/** The spans that the proxy sends to a collector. */
@InEachShape
class TracingIT {
  private static final String TRACE = "4bf92f3577b34da6a3ce929d0e0e4736";
  private static final String PARENT = "00f067aa0ba902b7";

  @Parameter Shape shape;
  @RegisterExtension final Opened opened = new Opened();

  private Collector collector;
  private EmbeddedRedis redis;
  private RunningProxy proxy;

  @BeforeEach
  void start() throws IOException {
    collector = opened.add(new Collector());
    redis = opened.redis();
    try (RespClient direct = new RespClient(redis)) {
      direct.call("SET", "s3cret-key", "s3cret-value");
    }
  }

  private void trace(String ratio) {
    proxy =
        opened.proxy(
            shape,
            redis.url(),
            "tracing.endpoint",
            collector.endpoint(),
            "tracing.sampling-ratio",
            ratio);
  }

  private int get(String key, String... headers) {
    return proxy.http("/keys/" + key, headers).statusCode();
  }

  private int getTraced(String key, boolean sampled) {
    return get(key, "traceparent", "00-" + TRACE + "-" + PARENT + "-0" + (sampled ? 1 : 0));
  }

  /** Stops the proxy, which sends all remaining spans first. Returns them. */
  private List<Collector.Span> stop() {
    proxy.close();
    return collector.spans;
  }

  private static List<Collector.Span> named(List<Collector.Span> spans, String name) {
    return spans.stream().filter(span -> span.name().equals(name)).toList();
  }

  @Test
  void requestAndItsLoad_belongToTheTraceOfTheHeader() {
    trace("0");
    assertEquals(200, getTraced("s3cret-key", true));
    assertEquals(200, getTraced("s3cret-key", true));
    assertEquals(404, getTraced("none", true));
    await().until(() -> collector.spans.size() == 5);
    List<Collector.Span> spans = stop();
    assertEquals(5, spans.size());
    List<Collector.Span> requests = named(spans, "GET");
    List<Collector.Span> loads = named(spans, "load");
    assertEquals(3, requests.size());
    assertEquals(2, loads.size());
    spans.forEach(span -> assertEquals(TRACE, span.trace()));
    requests.forEach(span -> assertEquals(PARENT, span.parent()));
    assertEquals("200", requests.get(0).attributes().get("http.response.status_code"));
    Map<String, Collector.Span> byId =
        requests.stream().collect(Collectors.toMap(Collector.Span::id, span -> span));
    assertEquals(
        List.of("200 found", "404 missing"),
        loads.stream().map(load -> statusOf(byId.get(load.parent())) + outcome(load)).toList());
    assertEquals("redis", loads.get(0).attributes().get("db.system.name"));
    assertEquals("0", loads.get(0).attributes().get("db.namespace"));
    assertFalse(collector.raw.toString().contains("s3cret"));
  }

  private static String statusOf(Collector.Span request) {
    return request.attributes().get("http.response.status_code");
  }

  private static String outcome(Collector.Span load) {
    return " " + load.attributes().get("redis_proxy.load.outcome");
  }

  @Test
  void requestsWithoutHeader_followTheRatio_andUnsampledOnesAreNotTraced() {
    trace("1");
    assertEquals(200, getTraced("s3cret-key", false));
    assertEquals(200, get("s3cret-key"));
    assertEquals(200, get("s3cret-key", "traceparent", "nonsense"));
    List<Collector.Span> spans = stop();
    assertEquals(2, named(spans, "GET").size());
    spans.forEach(span -> assertEquals("", span.parent()));
    assertNotEquals(spans.get(0).trace(), spans.get(1).trace());
    assertEquals(2, spans.size(), "the load is not traced because its request is not");
  }

  @Test
  void loadForRespClient_hasItsOwnTrace() {
    trace("1");
    try (RespClient client = proxy.resp()) {
      assertEquals("$12\r\ns3cret-value\r\n", client.call("GET", "s3cret-key"));
      assertEquals("$12\r\ns3cret-value\r\n", client.call("GET", "s3cret-key"));
    }
    List<Collector.Span> spans = stop();
    assertEquals(1, spans.size());
    assertEquals("", spans.get(0).parent());
    assertEquals(" found", outcome(spans.get(0)));
  }

  @Test
  void spanOfAFailedLoad_hasTheReason() {
    trace("0");
    redis.stop();
    assertEquals(503, getTraced("s3cret-key", true));
    List<Collector.Span> spans = stop();
    assertEquals("503", statusOf(named(spans, "GET").get(0)));
    assertEquals("unreachable", named(spans, "load").get(0).attributes().get("error.type"));
  }

  @Test
  void ratioZero_andOff_sendNothing() {
    trace("0");
    assertEquals(200, get("s3cret-key"));
    assertEquals(List.of(), stop());
    proxy = opened.proxy(shape, redis.url());
    assertEquals(200, getTraced("s3cret-key", true));
    // The threads of stopped proxies end by themselves.
    await()
        .until(
            () ->
                Thread.getAllStackTraces().keySet().stream()
                    .noneMatch(thread -> thread.getName().startsWith("BatchSpanProcessor")));
    assertEquals(List.of(), stop());
  }

  /** The proxy logs it, and still answers every request. */
  @Test
  void missingCollector_failsNoRequest() {
    collector.close();
    trace("1");
    for (int i = 0; i < 100; i++) {
      assertEquals(200, get("s3cret-key"));
    }
    assertEquals(List.of(), stop());
  }
}
