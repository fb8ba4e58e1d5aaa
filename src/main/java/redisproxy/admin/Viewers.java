package redisproxy.admin;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * Those who look at the dashboard: each is sent events, in the shape of Server-Sent Events, for as
 * long as it stays. Belongs to one event loop.
 */
final class Viewers {
  static final int MOST = 16;

  private final Set<HttpServerResponse> viewers = new LinkedHashSet<>();

  boolean isEmpty() {
    return viewers.isEmpty();
  }

  /** Whether there is room for another. */
  boolean isFull() {
    return viewers.size() >= MOST;
  }

  /** Lets one in, and sends it an event. */
  void add(HttpServerRequest request, String name, JsonObject data) {
    HttpServerResponse response = request.response();
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("cache-control", "no-store");
    // However the connection ends, and of both one may not come.
    response.closeHandler(gone -> viewers.remove(response));
    response.exceptionHandler(gone -> viewers.remove(response));
    viewers.add(response);
    response.write(event(name, data));
  }

  /** Sends all of them an event; who has not yet taken earlier ones misses it. */
  void send(String name, JsonObject data) {
    String event = event(name, data);
    for (HttpServerResponse viewer : viewers) {
      if (!viewer.writeQueueFull()) {
        viewer.write(event);
      }
    }
  }

  private static String event(String name, JsonObject data) {
    return "event: " + name + "\ndata: " + data.encode() + "\n\n";
  }
}
