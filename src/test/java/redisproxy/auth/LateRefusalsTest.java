package redisproxy.auth;

import static org.junit.jupiter.api.Assertions.assertEquals;
import static org.junit.jupiter.api.Assertions.assertThrows;

import io.vertx.core.Context;
import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientOptions;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpClosedException;
import io.vertx.core.http.HttpConnection;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServer;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.http.HttpVersion;
import io.vertx.core.http.StreamResetException;
import io.vertx.core.net.SocketAddress;
import java.lang.reflect.Proxy;
import java.util.Map;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import redisproxy.admission.FailedLogins;

/** As many answers wait as may wait. No timer runs, so none of them comes. */
class LateRefusalsTest {
  private static final int MOST = 1_000;

  private final AtomicLong delay = new AtomicLong(50);
  private final LateRefusals refusals =
      new LateRefusals(stub(Context.class, Map.of()), new FailedLogins(delay::get, () -> 0));
  private final Vertx vertx = Vertx.vertx();
  private final CompletableFuture<HttpServerResponse> other = new CompletableFuture<>();
  private HttpServer server;

  @BeforeEach
  void start() throws Exception {
    for (int i = 0; i < MOST; i++) {
      refusals.answer(request(), () -> {});
    }
    server = await(vertx.createHttpServer().requestHandler(this::serve).listen(0, "127.0.0.1"));
  }

  @AfterEach
  void stop() throws Exception {
    await(vertx.close());
  }

  private void serve(HttpServerRequest request) {
    if (request.path().equals("/guess")) {
      refusals.answer(request, () -> {});
    } else {
      other.complete(request.response());
    }
  }

  private static HttpServerRequest request() {
    return stub(
        HttpServerRequest.class,
        Map.of(
            "connection",
            stub(HttpConnection.class, Map.of()),
            "remoteAddress",
            SocketAddress.inetSocketAddress(1, "127.0.0.1")));
  }

  private static <T> T stub(Class<T> type, Map<String, Object> results) {
    Object made =
        Proxy.newProxyInstance(
            type.getClassLoader(),
            new Class<?>[] {type},
            (proxy, method, arguments) -> results.get(method.getName()));
    return type.cast(made);
  }

  private static <T> T await(Future<T> future) throws Exception {
    return future.toCompletionStage().toCompletableFuture().get(20, TimeUnit.SECONDS);
  }

  private HttpClient client(HttpVersion version) {
    return vertx.createHttpClient(
        new HttpClientOptions()
            .setProtocolVersion(version)
            .setHttp2ClearTextUpgrade(false)
            .setDefaultHost("127.0.0.1")
            .setDefaultPort(server.actualPort()));
  }

  private static Future<Buffer> get(HttpClient client, String path) {
    return client
        .request(HttpMethod.GET, path)
        .compose(request -> request.send().compose(HttpClientResponse::body));
  }

  private static <T extends Throwable> T refusal(Class<T> type, HttpClient client) {
    var thrown = assertThrows(ExecutionException.class, () -> await(get(client, "/guess")));
    return assertThrows(
        type,
        () -> {
          throw thrown.getCause();
        });
  }

  @Test
  void withoutDelay_isAnsweredAtOnce() {
    delay.set(0);
    AtomicInteger answered = new AtomicInteger();
    refusals.answer(request(), answered::incrementAndGet);
    assertEquals(1, answered.get());
  }

  @Test
  void oneMore_overHttp1_isDisconnected() {
    refusal(HttpClosedException.class, client(HttpVersion.HTTP_1_1));
  }

  @Test
  void oneMore_overHttp2_losesItsStream_andOtherStreamsGoOn() throws Exception {
    HttpClient client = client(HttpVersion.HTTP_2);
    Future<Buffer> value = get(client, "/keys/k");
    HttpServerResponse pending = other.get(20, TimeUnit.SECONDS);
    assertEquals(0xb, refusal(StreamResetException.class, client).getCode());
    pending.end("value");
    assertEquals("value", await(value).toString());
  }
}
