package redisproxy.admin;

import io.vertx.core.http.HttpServerRequest;
import io.vertx.core.http.HttpServerResponse;
import io.vertx.core.json.JsonObject;
import java.util.LinkedHashSet;
import java.util.Set;

/**
 * The browsers that show the dashboard. Sends each of them Server-Sent Events while it stays
 * connected. Belongs to one event loop.
 */
final class Viewers {
  private static final int MAX_VIEWERS = 16;

  private final Set<HttpServerResponse> viewers = new LinkedHashSet<>();

  boolean isEmpty() {
    return viewers.isEmpty();
  }

  /** Whether there is no room for another viewer. */
  boolean isFull() {
    return viewers.size() >= MAX_VIEWERS;
  }

  /** Adds a viewer, and sends it an event. */
  void add(HttpServerRequest request, String name, JsonObject data) {
    HttpServerResponse response = request.response();
    response
        .setChunked(true)
        .putHeader("content-type", "text/event-stream")
        .putHeader("cache-control", "no-store");
    // Either of the two may be missing when a connection ends, so handle both.
    response.closeHandler(gone -> viewers.remove(response));
    response.exceptionHandler(gone -> viewers.remove(response));
    viewers.add(response);
    response.write(event(name, data));
  }

  /** Sends all viewers an event. A viewer that has not yet taken earlier events misses it. */
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
