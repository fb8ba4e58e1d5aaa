package redisproxy.it;

import static org.awaitility.Awaitility.await;
import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.json.JsonObject;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.concurrent.TimeUnit;
import java.util.stream.Stream;
import redisproxy.Proxy;
import redisproxy.config.Configuration;

/** A proxy in the process of the test, on free ports. */
final class RunningProxy implements AutoCloseable {
  /** The transport that all tests use, unless they say otherwise: {@code -Dtransport=epoll}. */
  static final String TRANSPORT = System.getProperty("transport", "auto");

  /**
   * Whether sessions borrow dedicated connections, unless a test says otherwise: {@code
   * -Dpooling=false}.
   */
  static final String POOLING = System.getProperty("pooling", "true");

  private final Proxy proxy;
  private final HttpClient client =
      HttpClient.newBuilder().version(HttpClient.Version.HTTP_1_1).build();
  private boolean isClosed;

  private RunningProxy(Proxy proxy) {
    this.proxy = proxy;
  }

  /** Starts a proxy in front of a Redis; settings are path, value, path, value, … */
  static RunningProxy start(Shape shape, String redisUrl, String... settings) {
    Map<String, String> all = new HashMap<>(shape.settings);
    all.put("redis.url", redisUrl);
    all.put("http.port", "0");
    all.put("resp.port", "0");
    all.put("admin.port", "0");
    all.put("transport", TRANSPORT);
    all.put("resp.pooling", POOLING);
    // Tests send more requests and more wrong passwords than people do.
    all.put("limits.admin-per-client", "0");
    all.put("limits.failed-login-delay", "0");
    for (int i = 0; i < settings.length; i += 2) {
      all.put(settings[i], settings[i + 1]);
    }
    try {
      return new RunningProxy(
          Proxy.start(Configuration.parse(all))
              .toCompletionStage()
              .toCompletableFuture()
              .get(20, TimeUnit.SECONDS));
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }

  /** Joins the settings of many tests with those of one test, which come later and win. */
  static String[] settings(List<String> usual, String... more) {
    return Stream.concat(usual.stream(), Stream.of(more)).toArray(String[]::new);
  }

  int respPort() {
    return proxy.respPort();
  }

  int httpPort() {
    return proxy.httpPort();
  }

  int adminPort() {
    return proxy.adminPort();
  }

  RespClient resp() {
    return new RespClient(proxy.respPort());
  }

  HttpResponse<String> http(String pathAndQuery, String... headers) {
    return request("GET", pathAndQuery, headers);
  }

  HttpResponse<String> request(String method, String pathAndQuery, String... headers) {
    return send(
        proxy.httpPort(),
        method,
        pathAndQuery,
        BodyHandlers.ofString(StandardCharsets.UTF_8),
        headers);
  }

  HttpResponse<byte[]> httpBytes(String pathAndQuery) {
    return send(proxy.httpPort(), "GET", pathAndQuery, BodyHandlers.ofByteArray());
  }

  HttpResponse<String> admin(String path, String... headers) {
    return send(
        proxy.adminPort(), "GET", path, BodyHandlers.ofString(StandardCharsets.UTF_8), headers);
  }

  HttpResponse<String> putAdmin(String path, String body, String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + proxy.adminPort() + path))
            .PUT(HttpRequest.BodyPublishers.ofString(body));
    return send(request, BodyHandlers.ofString(StandardCharsets.UTF_8), headers);
  }

  /** The state of the feed: tracking, expiry or lost. */
  String coherence() {
    return new JsonObject(admin("/stats").body()).getJsonObject("coherence").getString("state");
  }

  /** Waits until the feed receives invalidations. */
  void awaitTracking() {
    await().untilAsserted(() -> assertEquals("tracking", coherence()));
  }

  /** Waits until /health/ready answers 200. */
  void awaitReady() {
    await().untilAsserted(() -> assertEquals(200, admin("/health/ready").statusCode()));
  }

  /** Returns one number of /stats. */
  long stat(String name) {
    return new JsonObject(admin("/stats").body()).getLong(name);
  }

  private <T> HttpResponse<T> send(
      int port,
      String method,
      String pathAndQuery,
      HttpResponse.BodyHandler<T> body,
      String... headers) {
    HttpRequest.Builder request =
        HttpRequest.newBuilder(URI.create("http://127.0.0.1:" + port + pathAndQuery))
            .method(method, HttpRequest.BodyPublishers.noBody());
    return send(request, body, headers);
  }

  private <T> HttpResponse<T> send(
      HttpRequest.Builder request, HttpResponse.BodyHandler<T> body, String... headers) {
    if (headers.length > 0) {
      request.headers(headers);
    }
    try {
      return client.send(request.build(), body);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    } catch (InterruptedException e) {
      throw new IllegalStateException(e);
    }
  }

  /** Stops the proxy, unless the test has already done so. */
  @Override
  public synchronized void close() {
    if (isClosed) {
      return;
    }
    isClosed = true;
    try {
      proxy.stop().toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
    } catch (Exception e) {
      throw new IllegalStateException(e);
    }
  }
}
