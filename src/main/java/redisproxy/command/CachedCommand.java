package redisproxy.command;

/**
 * A command other than GET that reads one key, its first argument, and whose replies are cached.
 *
 * @param name in lower case
 * @param isRange whether it asks for one of many ranges of the key
 * @param fields what it has to do with the fields of a hash, which may expire one by one
 */
public record CachedCommand(String name, boolean isRange, Fields fields) {
  /** What a command has to do with the fields of a hash. */
  public enum Fields {
    /** Nothing. */
    NONE,
    /** The arguments behind the key are fields. */
    NAMED,
    /** The reply depends on all fields. */
    ALL
  }

  /** A longer request, in bytes, is not cached: what it asks for would cost more than it saves. */
  private static final int MAX_REQUEST = 1024;

  /** Whether the reply to such a request is cached. */
  public boolean covers(Request request) {
    return request.count() >= 2
        && request.size() - request.length(1) <= MAX_REQUEST
        && (request.count() == 2 || !name.equals("exists"));
  }
}
