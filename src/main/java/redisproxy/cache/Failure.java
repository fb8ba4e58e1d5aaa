package redisproxy.cache;

/**
 * Why a lookup has no value. It is data, not an exception: threads pass it on and never throw it.
 * It is never cached.
 *
 * @param kind what went wrong
 * @param text for {@link Kind#REDIS} the exact text of Redis's error reply without the leading
 *     dash; otherwise a sentence for the client
 */
public record Failure(Kind kind, String text) implements Answer {
  /** What clients get after a fault of the proxy. The log has the details. */
  public static final Failure BROKEN = new Failure(Kind.BROKEN, "the proxy failed");

  /** Whether Redis did not answer at all. */
  public boolean isOutage() {
    return kind == Kind.UNREACHABLE || kind == Kind.TIMEOUT;
  }

  /** What went wrong. Each front has one answer for each kind. */
  public enum Kind {
    /** Redis answered with an error of its own, such as WRONGTYPE. */
    REDIS,
    /** There is no connection to Redis, or it was lost before the reply. */
    UNREACHABLE,
    /** Redis requires a password, and the proxy has none. Clients have to log in themselves. */
    NO_PASSWORD,
    /** Redis did not answer before the load's deadline. */
    TIMEOUT,
    /** More loads are in flight than are allowed. */
    OVERLOADED,
    /** A fault of the proxy itself. */
    BROKEN
  }
}
