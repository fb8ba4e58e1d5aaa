package redisproxy.cache;

/**
 * An entry that was kept before Redis became unreachable. Its key may have been written since.
 *
 * @param entry the entry, not expired
 */
public record Unverified(Entry entry) implements Answer {}
