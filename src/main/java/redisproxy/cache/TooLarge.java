package redisproxy.cache;

/**
 * The value is larger than the cache keeps; it has not been read whole and must be streamed from
 * Redis.
 *
 * @param key the key asked for
 */
public record TooLarge(Key key) implements Answer {}
