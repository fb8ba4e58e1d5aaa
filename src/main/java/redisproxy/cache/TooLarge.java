package redisproxy.cache;

/**
 * The value is larger than the cache keeps. It was not read completely, and must be streamed from
 * Redis.
 *
 * @param key the key of the lookup
 */
public record TooLarge(Key key) implements Answer {}
