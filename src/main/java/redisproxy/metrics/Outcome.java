package redisproxy.metrics;

/** How a request, or an HTTP lookup, ended. */
public enum Outcome {
  /** The cache held it. */
  HIT,
  /** A load fetched it. */
  MISS,
  /** A load failed. */
  FAILED,
  /** It went to Redis over a shared connection. */
  TRUNK,
  /** It went to Redis over the session's dedicated connection. */
  TUNNEL,
  /** The proxy answered it itself, such as PING, HELLO or COMMAND. */
  OWN,
  /** The proxy answered it with an error. */
  REFUSED
}
