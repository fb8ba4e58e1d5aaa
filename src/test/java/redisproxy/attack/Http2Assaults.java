package redisproxy.attack;

import io.vertx.core.Future;
import io.vertx.core.Vertx;
import io.vertx.core.http.HttpClient;
import io.vertx.core.http.HttpClientRequest;
import io.vertx.core.http.HttpClientResponse;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.PoolOptions;
import java.util.Map;
import java.util.concurrent.Semaphore;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import redisproxy.tls.TestCertificates;

/**
 * Attacks over HTTP/2 with many requests on one connection. The port speaks HTTP/2 only with TLS.
 */
final class Http2Assaults implements AutoCloseable {
  private static final int CONNECTIONS = 20;

  /** The most streams that the proxy allows on one connection. */
  private static final int STREAMS = 100;

  private final Siege siege;
  private final Vertx vertx = Vertx.vertx();
  private final AtomicInteger opened = new AtomicInteger();
  private final AtomicInteger closed = new AtomicInteger();
  private final HttpClient client;

  private Http2Assaults(Siege siege) {
    this.siege = siege;
    client =
        vertx
            .httpClientBuilder()
            .with(TestCertificates.http2())
            .with(new PoolOptions().setHttp2MaxSize(CONNECTIONS))
            .withConnectHandler(
                connection -> {
                  opened.incrementAndGet();
                  connection.closeHandler(over -> closed.incrementAndGet());
                  connection.exceptionHandler(cutOff -> {});
                })
            .build();
  }

  static void addTo(Map<String, Assault> assaults) {
    assaults.put("http2-unread", siege -> run(siege, Http2Assaults::unread));
    assaults.put("http2-resets", siege -> run(siege, Http2Assaults::resets));
  }

  private interface Attack {
    void carryOut(Http2Assaults self) throws Exception;
  }

  private static String run(Siege siege, Attack attack) throws Exception {
    try (Http2Assaults self = new Http2Assaults(siege)) {
      attack.carryOut(self);
      return "closed " + self.closed + " of " + self.opened;
    }
  }

  private Future<HttpClientRequest> get(String key) {
    return client.request(
        HttpMethod.GET, siege.target.port(Port.HTTP), "127.0.0.1", "/keys/" + key);
  }

  /** Requests as many large values at once as allowed, and reads none of them. */
  private static void unread(Http2Assaults self) {
    for (int i = 0; i < Target.HEAVY; i++) {
      self.get("heavy:" + i)
          .compose(HttpClientRequest::send)
          .compose(HttpClientResponse::body)
          .await();
    }
    for (int i = 0; i < CONNECTIONS * STREAMS; i++) {
      self.get("heavy:" + i % Target.HEAVY)
          .compose(HttpClientRequest::send)
          .onSuccess(
              response -> response.pause().exceptionHandler(cutOff -> {}).handler(data -> {}));
    }
    self.siege.sitOut();
  }

  /** Rapid reset: cancels each request at once (CVE-2023-44487). */
  private static void resets(Http2Assaults self) throws InterruptedException {
    Semaphore underWay = new Semaphore(STREAMS);
    while (self.siege.lasts()) {
      if (underWay.tryAcquire(10, TimeUnit.MILLISECONDS)) {
        self.get("near:0")
            .onSuccess(
                request -> {
                  request.exceptionHandler(cutOff -> {});
                  request.send();
                  request.reset();
                })
            .onComplete(done -> underWay.release());
      }
    }
  }

  @Override
  public void close() {
    vertx.close().await();
  }
}
