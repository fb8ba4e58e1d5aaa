package redisproxy.command;

/**
 * A command other than GET whose replies are cached. It reads one key, its first argument. MGET and
 * EXISTS read several keys, and the cache looks up each of them.
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

  /** A longer request for several keys, in bytes, is not looked up in the cache. */
  private static final int MAX_KEYS_BYTES = 32 * 1024;

  /** A request for more keys is not looked up in the cache. */
  private static final int MAX_KEYS = 512;

  /** Whether the reply to such a request is cached. */
  public boolean covers(Request request) {
    if (isOfKeys(request)) {
      return request.count() - 1 <= MAX_KEYS && request.size() <= MAX_KEYS_BYTES;
    }
    return request.count() >= 2 && request.size() - request.length(1) <= MAX_REQUEST;
  }

  /** Whether each argument is a key that is looked up on its own. */
  public boolean isOfKeys(Request request) {
    return name.equals("mget")
        ? request.count() >= 2
        : name.equals("exists") && request.count() > 2;
  }
}
