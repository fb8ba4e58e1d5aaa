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
  SHARED,
  /** It went to Redis over the session's dedicated connection. */
  DEDICATED,
  /** The proxy answered it itself, such as PING, HELLO or COMMAND. */
  LOCAL,
  /** The proxy answered it with an error. */
  REFUSED
}
