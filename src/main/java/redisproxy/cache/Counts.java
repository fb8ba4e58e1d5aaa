package redisproxy.cache;

/** Counts what a {@link ReadThrough} does. {@link CacheStats} explains each count. */
final class Counts {
  final CommandCounts commands = new CommandCounts();
  long hits;
  long misses;
  long loaded;
  long coalesced;
  long failures;
  long rejected;
  long tooLarge;
  long overtaken;
  long invalidations;
  long flushes;
  long unverified;
  long refreshes;

  CacheStats stats(Cache cache, int inFlight) {
    return new CacheStats(
        hits,
        misses,
        loaded,
        coalesced,
        failures,
        rejected,
        tooLarge,
        overtaken,
        invalidations,
        flushes,
        unverified,
        refreshes,
        cache.evictions(),
        cache.expirations(),
        cache.size(),
        cache.capacity(),
        cache.bytes(),
        cache.maxBytes(),
        inFlight,
        commands.copy(hits, misses));
  }
}
