package redisproxy.cache;

/**
 * What a lookup comes to. A value, an empty value and a missing key are an {@link Entry}, {@link
 * Unverified} during an outage; a value too large to keep is {@link TooLarge}; a wrong type, any
 * other error of Redis, an outage, a deadline and overload are a {@link Failure}.
 */
public sealed interface Answer permits Entry, Unverified, TooLarge, Failure {}
