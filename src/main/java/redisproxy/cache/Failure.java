package redisproxy.cache;

/**
 * Why a lookup has no value. Data, not an exception: it is passed between threads and never thrown.
 * Never cached.
 *
 * @param kind what went wrong
 * @param text for {@link Kind#REDIS} the exact text of Redis's error reply without the leading
 *     dash; otherwise a sentence for the client
 */
public record Failure(Kind kind, String text) implements Answer {
  /** What clients are told of a fault of the proxy; the log tells more. */
  public static final Failure BROKEN = new Failure(Kind.BROKEN, "the proxy failed");

  /** Whether Redis did not answer at all. */
  public boolean isOutage() {
    return kind == Kind.UNREACHABLE || kind == Kind.TIMEOUT;
  }

  /** What went wrong; each front has one answer for each. */
  public enum Kind {
    /** Redis answered with an error of its own, such as WRONGTYPE. */
    REDIS,
    /** There is no connection to Redis, or it was lost before the reply. */
    UNREACHABLE,
    /** Redis asks for a password, and the proxy has none: clients are to log in themselves. */
    NO_PASSWORD,
    /** Redis did not answer before the load's deadline. */
    TIMEOUT,
    /** More loads are in flight than are allowed. */
    OVERLOADED,
    /** A fault of the proxy itself. */
    BROKEN
  }
}
