package redisproxy.consistency;

/** How a session asks. */
enum Door {
  RESP,
  HTTP,
  /** Past the proxy: what must hold there shows that the harness itself is right. */
  STRAIGHT;

  boolean isThrough() {
    return this != STRAIGHT;
  }
}
