package redisproxy.cache;

/**
 * The result of a lookup. A value, an empty value or a missing key is an {@link Entry}, or {@link
 * Unverified} during an outage. The reply to another read is a {@link CachedReply}, or {@link
 * NotCached} if the cache cannot give it. A value too large to keep is {@link TooLarge}. A wrong
 * type, any other error of Redis, an outage, a timeout or an overload is a {@link Failure}.
 */
public sealed interface Answer
    permits Entry, CachedReply, Unverified, TooLarge, NotCached, Failure {}
