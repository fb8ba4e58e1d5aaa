package redisproxy.front.http;

import io.vertx.core.http.HttpHeaders;
import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.json.JsonObject;
import io.vertx.ext.web.MIMEHeader;
import io.vertx.ext.web.RoutingContext;
import org.jspecify.annotations.Nullable;
import redisproxy.cache.Entry;
import redisproxy.cache.Key;
import redisproxy.http.Json;
import redisproxy.http.Problem;

/** The shapes an answer can take over HTTP. */
enum HttpStyle {
  /** The value's bytes. */
  RAW,

  /** A JSON object, for clients that accept {@code application/json}. */
  JSON,

  /** The JSON of {@code /lookup}, errors included: {@code {"key","value","status"}}. */
  LOOKUP;

  /** Whether the request prefers raw or JSON. */
  static HttpStyle preferred(RoutingContext ctx) {
    String accept = ctx.request().getHeader(HttpHeaders.ACCEPT);
    if (accept == null || !accept.contains("json")) {
      return RAW;
    }
    for (MIMEHeader type : ctx.parsedHeaders().accept()) {
      if (type.weight() > 0) {
        return type.subComponent().equals("json") ? JSON : RAW;
      }
    }
    return RAW;
  }

  /** The JSON body for a value. Not for RAW. */
  JsonObject body(Key key, Entry entry) {
    JsonObject body = Json.putKey(new JsonObject(), key.bytes());
    Json.putValue(body, entry.bytes(), entry.valueOffset(), entry.valueLength());
    return this == LOOKUP ? body.put("status", 200) : body;
  }

  /**
   * Ends the response with an error in this shape.
   *
   * @param key the requested key, or null if there was none
   */
  void fail(HttpServerRequest request, byte @Nullable [] key, Problem problem) {
    if (this != LOOKUP) {
      problem.end(request);
      return;
    }
    JsonObject body = new JsonObject();
    if (key == null) {
      body.putNull("key");
    } else {
      Json.putKey(body, key);
    }
    problem.end(request, "application/json", body.putNull("value").put("status", problem.status()));
  }
}
