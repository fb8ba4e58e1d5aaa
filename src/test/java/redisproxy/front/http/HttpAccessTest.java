package redisproxy.front.http;

import static org.junit.jupiter.api.Assertions.assertEquals;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.net.SocketAddress;
import java.lang.reflect.Proxy;
import java.nio.charset.StandardCharsets;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Base64;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.concurrent.Semaphore;
import org.junit.jupiter.api.Test;
import redisproxy.admission.FailedLogins;
import redisproxy.auth.LateRefusals;
import redisproxy.config.Configuration;
import redisproxy.upstream.CredentialCheck;

/** Exceptions that are thrown after the router has returned. */
class HttpAccessTest {
  private static final IllegalStateException FAULT = new IllegalStateException("a fault");

  private final Queue<Runnable> later = new ArrayDeque<>();
  private final List<Throwable> broken = new ArrayList<>();

  private void check(String credentials) {
    HttpAccess access =
        new HttpAccess(
            Configuration.parse(Map.of("redis.url", "redis://:s3cret@localhost")).redis(),
            null,
            // No permit, so no credentials are checked.
            new CredentialCheck(null, new Semaphore(0)),
            new LateRefusals(null, new FailedLogins(() -> 0, () -> 0)),
            later::add,
            () -> 0);
    access.check(
        request(credentials),
        () -> {},
        refused -> {
          throw FAULT;
        },
        broken::add);
    assertEquals(List.of(), broken);
    later.remove().run();
    assertEquals(List.of(FAULT), broken);
  }

  @Test
  void faultOfTheCallback_whenRedisCannotCheck_isReported() {
    check("default:s3cret");
  }

  @Test
  void faultOfTheCallback_whenCredentialsAreRefused_isReported() {
    check("nobody:s3cret");
  }

  private static HttpServerRequest request(String credentials) {
    String basic =
        Base64.getEncoder().encodeToString(credentials.getBytes(StandardCharsets.US_ASCII));
    HttpServerResponse response = stub(HttpServerResponse.class, Map.of());
    return stub(
        HttpServerRequest.class,
        Map.of(
            "getHeader",
            "Basic " + basic,
            "response",
            response,
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
}
