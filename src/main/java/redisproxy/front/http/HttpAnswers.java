package redisproxy.front.http;

import io.netty.buffer.Unpooled;
import io.vertx.core.buffer.Buffer;
import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpMethod;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.internal.buffer.BufferInternal;
import java.nio.charset.StandardCharsets;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import redisproxy.admission.Gate;
import redisproxy.cache.Answer;
import redisproxy.cache.Entry;
import redisproxy.cache.Failure;
import redisproxy.cache.Unverified;
import redisproxy.http.Problem;
import redisproxy.upstream.load.ValueStreams;

/** Turns answers of the cache into HTTP responses. */
public final class HttpAnswers {
  private static final CharSequence CACHE_STATUS = HttpHeaders.createOptimized("cache-status");
  private static final CharSequence BINARY =
      HttpHeaders.createOptimized("application/octet-stream");
  private static final CharSequence TEXT = HttpHeaders.createOptimized("text/plain; charset=utf-8");
  private static final CharSequence JSON = HttpHeaders.createOptimized("application/json");
  private static final CharSequence REVALIDATE =
      HttpHeaders.createOptimized("max-age=0, must-revalidate");

  /** How many characters of a key an error shows. */
  private static final int MAX_SHOWN = 200;

  private final ValueStreams streams;
  private final Gate requests;
  private final UnreadResponses unread;
  private final LongSupplier clock;
  private final boolean maxAgeRemaining;

  /**
   * For the answers of one verticle.
   *
   * @param requests counts requests in progress; each answered request leaves it
   * @param maxAgeRemaining whether other caches may keep a value for its remaining time to live
   */
  HttpAnswers(
      ValueStreams streams,
      Gate requests,
      UnreadResponses unread,
      LongSupplier clock,
      boolean maxAgeRemaining) {
    this.streams = streams;
    this.requests = requests;
    this.unread = unread;
    this.clock = clock;
    this.maxAgeRemaining = maxAgeRemaining;
  }

  void write(HttpExchange exchange, Answer answer, boolean hit) {
    if (exchange.request().response().closed()) {
      requests.leave();
    } else if (answer instanceof Entry entry) {
      requests.leave();
      write(exchange, entry, hit ? "hit" : "fwd=miss", "");
    } else if (answer instanceof Unverified unverified) {
      requests.leave();
      write(exchange, unverified.entry(), "hit", "; detail=unverified");
    } else if (answer instanceof Failure failure) {
      requests.leave();
      fail(exchange, failure);
    } else if (exchange.style() == HttpStyle.RAW) {
      streams.open(exchange.key(), new HttpStream(exchange, this));
    } else {
      requests.leave();
      exchange.fail(
          Problem.of(
              406, "a value this large is served raw only; request it without application/json"));
    }
  }

  /** A stream has ended, with success or without. */
  void streamed() {
    requests.leave();
  }

  void fail(HttpExchange exchange, Failure failure) {
    exchange.fail(Problem.of(FailureStatus.of(failure), failure.text()));
  }

  void missing(HttpExchange exchange) {
    String key = new String(exchange.key().bytes(), StandardCharsets.UTF_8);
    String named = key.length() > MAX_SHOWN ? key.substring(0, MAX_SHOWN) + "…" : key;
    exchange.fail(Problem.of(404, named + " not found"));
  }

  private void write(HttpExchange exchange, Entry entry, String how, String detail) {
    long now = clock.getAsLong();
    HttpServerResponse response = exchange.request().response();
    long ttl = Math.max(0, (entry.expiresAt() - now) / 1000);
    response.putHeader(CACHE_STATUS, cacheStatus(entry, how, ttl) + detail);
    if (entry.isMissing()) {
      missing(exchange);
      return;
    }
    long age = (now - entry.loadedAt()) / 1000;
    response
        .putHeader(HttpHeaders.AGE, Long.toString(age))
        .putHeader(
            HttpHeaders.CACHE_CONTROL, maxAgeRemaining ? "max-age=" + (age + ttl) : REVALIDATE);
    if (exchange.style() != HttpStyle.LOOKUP) {
      response.putHeader(HttpHeaders.VARY, HttpHeaders.ACCEPT);
    }
    String etag = "\"" + entry.etag() + (exchange.style() == HttpStyle.RAW ? "\"" : "-json\"");
    response.putHeader(HttpHeaders.ETAG, etag);
    if (matches(exchange.request().getHeader(HttpHeaders.IF_NONE_MATCH), etag)) {
      response.setStatusCode(304).end();
    } else {
      writeBody(exchange, entry);
    }
  }

  /** The Cache-Status header (RFC 9211). A loaded value was stored if it has a time to live. */
  private static String cacheStatus(Entry entry, String how, long ttl) {
    if (how.equals("hit")) {
      return "redis-proxy; hit; ttl=" + ttl;
    }
    boolean stored = entry.expiresAt() > entry.loadedAt();
    return "redis-proxy; " + how + (stored ? "; stored; ttl=" + ttl : "");
  }

  /** RFC 9110, 13.1.2: a list of entity tags, compared weakly, or a star. */
  private static boolean matches(@Nullable String ifNoneMatch, String etag) {
    if (ifNoneMatch == null) {
      return false;
    }
    for (String candidate : ifNoneMatch.split(",", -1)) {
      String tag = candidate.strip();
      if (tag.equals("*") || (tag.startsWith("W/") ? tag.substring(2) : tag).equals(etag)) {
        return true;
      }
    }
    return false;
  }

  private void writeBody(HttpExchange exchange, Entry entry) {
    HttpServerResponse response = exchange.request().response();
    if (exchange.style() == HttpStyle.RAW) {
      response.putHeader(HttpHeaders.CONTENT_TYPE, entry.isUtf8() ? TEXT : BINARY);
      end(exchange.request(), slice(entry));
    } else {
      response.putHeader(HttpHeaders.CONTENT_TYPE, JSON);
      end(exchange.request(), exchange.style().body(exchange.key(), entry).toBuffer());
    }
  }

  private static Buffer slice(Entry entry) {
    return BufferInternal.buffer(
        Unpooled.wrappedBuffer(entry.bytes(), entry.valueOffset(), entry.valueLength()));
  }

  private void end(HttpServerRequest request, Buffer body) {
    if (request.method().equals(HttpMethod.HEAD)) {
      request
          .response()
          .putHeader(HttpHeaders.CONTENT_LENGTH, Integer.toString(body.length()))
          .end();
    } else {
      unread.written(request, body.length(), request.response().end(body));
    }
  }
}
