package redisproxy.attack;

/** The ports of the proxy. */
enum Port {
  RESP,
  HTTP,
  ADMIN
}
