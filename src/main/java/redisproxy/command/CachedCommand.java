package redisproxy.command;

/**
 * A command other than GET whose replies are cached. It reads one key, its first argument. MGET and
 * EXISTS read several keys, and the cache looks up each of them.
 *
 * @param name in lower case
 * @param isRange whether it asks for one of many ranges of the key
 * @param fields what it has to do with the fields of a hash, which may expire one by one
 * @param resp3 how its reply in RESP3 differs from that in RESP2
 */
public record CachedCommand(String name, boolean isRange, Fields fields, Resp3 resp3) {
  /** What a command has to do with the fields of a hash. */
  public enum Fields {
    /** Nothing. */
    NONE,
    /** The arguments behind the key are fields. */
    NAMED,
    /** The reply depends on all fields. */
    ALL
  }

  /** How a reply in RESP3 differs from that in RESP2. */
  public enum Resp3 {
    /** Not at all, except that a null, if it is the whole reply, is written in another way. */
    SAME,
    /** As SAME, if scores are not asked for. */
    SAME_WITHOUT_SCORES,
    /** It is a map instead of an array. */
    MAP,
    /** It is a set instead of an array. */
    SET,
    /** It may differ anywhere, or nothing is known of it. */
    OTHER
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

  /** How the reply to a request in RESP3 differs from that in RESP2. */
  public Resp3 resp3(Request request) {
    if (resp3 != Resp3.SAME_WITHOUT_SCORES) {
      return resp3;
    }
    for (int i = 2; i < request.count(); i++) {
      if (request.is(i, "withscores") || request.is(i, "withscore")) {
        return Resp3.OTHER;
      }
    }
    return Resp3.SAME;
  }
}
