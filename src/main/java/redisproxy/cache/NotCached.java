package redisproxy.cache;

/**
 * The cache cannot answer a read: its reply is too large, or it could not be loaded. Redis must be
 * asked directly.
 *
 * @param key the key of the lookup
 * @param read what was asked of it
 */
public record NotCached(Key key, Read read) implements Answer {}
