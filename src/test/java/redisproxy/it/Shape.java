package redisproxy.it;

import java.util.Map;

/** How many verticles share the work; every integration test runs in each shape. */
enum Shape {
  /** One event loop for everything. */
  SHARED(Map.of("event-loops", "1", "resp.instances", "1", "http.instances", "1")),

  /** Fronts on event loops other than the cache's. */
  SPREAD(Map.of("event-loops", "4", "resp.instances", "3", "http.instances", "2"));

  final Map<String, String> settings;

  Shape(Map<String, String> settings) {
    this.settings = settings;
  }
}
