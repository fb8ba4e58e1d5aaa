package redisproxy.cache;

/**
 * What the cache has done since it started, and what it holds now.
 *
 * @param hits lookups answered from the cache
 * @param misses lookups that were not
 * @param loads questions put to Redis
 * @param coalesced misses that joined a load already in flight
 * @param failures loads that ended in a failure
 * @param rejected misses refused because too many loads were in flight
 * @param tooLarge loads whose value was larger than the cache keeps
 * @param overtaken loads not kept because their key was invalidated while they were in flight
 * @param invalidations keys dropped because they may have been written
 * @param flushes times everything was dropped because of that
 * @param unverified lookups answered with what was kept while Redis could not be reached
 * @param refreshes loads of keys that were held and about to expire
 * @param evictions entries dropped for room
 * @param expirations entries dropped because they had expired
 * @param entries entries held now
 * @param capacity how many may be held
 * @param bytes what they weigh
 * @param maxBytes what they may weigh
 * @param loadsInFlight loads not yet answered
 */
public record CacheStats(
    long hits,
    long misses,
    long loads,
    long coalesced,
    long failures,
    long rejected,
    long tooLarge,
    long overtaken,
    long invalidations,
    long flushes,
    long unverified,
    long refreshes,
    long evictions,
    long expirations,
    int entries,
    int capacity,
    long bytes,
    long maxBytes,
    int loadsInFlight) {}
