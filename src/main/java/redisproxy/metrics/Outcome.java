package redisproxy.metrics;

/** What has become of a request, or of an HTTP lookup. */
public enum Outcome {
  /** The cache held it. */
  HIT,
  /** A load brought it. */
  MISS,
  /** A load brought a failure. */
  FAILED,
  /** It went to Redis over a connection that sessions share. */
  TRUNK,
  /** It went to Redis over the session's own connection. */
  TUNNEL,
  /** The proxy answered it itself: PING, HELLO, COMMAND and their like. */
  OWN,
  /** The proxy answered it with an error. */
  REFUSED
}
