package redisproxy.cache;

/**
 * What was kept of a key before Redis could no longer be reached; it may have been written since.
 *
 * @param entry what was kept, not expired
 */
public record Unverified(Entry entry) implements Answer {}
