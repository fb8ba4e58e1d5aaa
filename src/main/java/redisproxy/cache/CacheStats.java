package redisproxy.cache;

import java.util.Map;

/**
 * What the cache has done since it started, and what it holds now.
 *
 * @param hits lookups answered from the cache
 * @param misses lookups not answered from the cache
 * @param loads loads sent to Redis
 * @param coalesced misses that joined a load already in flight
 * @param failures loads that ended in a failure
 * @param rejected misses refused because too many loads were in flight
 * @param tooLarge loads whose value was larger than the cache keeps
 * @param overtaken loads not kept because their key was invalidated while they were in flight
 * @param invalidations keys dropped because they may have been written
 * @param flushes how often everything was dropped because any key may have been written
 * @param unverified lookups answered with an unverified entry while Redis could not be reached
 * @param refreshes loads of keys whose entry was about to expire
 * @param evictions entries dropped to make room
 * @param expirations entries dropped because they had expired
 * @param entries entries held now
 * @param capacity the most entries that may be held
 * @param bytes how many bytes the entries weigh
 * @param maxBytes the most bytes that the entries may weigh
 * @param loadsInFlight loads not yet answered
 * @param commands the lookups by command, in lower case and in order
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
    int loadsInFlight,
    Map<String, Command> commands) {
  /** The lookups of one command. */
  public record Command(long hits, long misses) {
    private static final Command NONE = new Command(0, 0);
  }

  /** The lookups of the command with this name. */
  public Command command(String name) {
    return commands.getOrDefault(name, Command.NONE);
  }
}
