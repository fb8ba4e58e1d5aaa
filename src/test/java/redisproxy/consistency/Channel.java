package redisproxy.consistency;

/** How a session sends its requests. */
enum Channel {
  RESP,
  HTTP,
  /** Straight to Redis, past the proxy. Faults here show errors of the harness itself. */
  STRAIGHT;

  boolean isThrough() {
    return this != STRAIGHT;
  }
}
