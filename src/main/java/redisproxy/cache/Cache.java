package redisproxy.cache;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * The cache below the read-through rule. {@link LruCache} is the implementation in use; one with
 * another policy could replace it. Owned by one thread. Times are milliseconds of a monotonic clock
 * that the caller reads.
 */
public interface Cache {
  /**
   * How many gets {@link #readAhead} prepares at a time. Their data fits into the processor's
   * first-level cache.
   */
  int AHEAD = 16;

  /**
   * What is kept of a key, or null if nothing is or it has expired. Counts as a use of the key.
   *
   * @param db the database number
   * @param buffer holds the key's bytes from {@code offset} on
   * @param hash the key's hash by {@link Key#hash}
   */
  @Nullable Kept get(int db, byte[] buffer, int offset, int length, int hash, long now);

  /** What is kept of a key, or null if nothing is or it has expired. Does not count as a use. */
  @Nullable Kept peek(Key key, long now);

  /**
   * Prefetches the memory that gets with the first {@link #AHEAD} of these hashes will read. This
   * is quicker for many keys together than for one after another. It has no other effect.
   */
  void readAhead(int[] hashes, int from, int to);

  /**
   * Keeps a key's entry, and replaces an older one. An entry that is larger than the whole cache is
   * not kept.
   */
  void put(Key key, Kept entry, long now);

  /** Drops a key's entry, if there is one. */
  void remove(Key key);

  /** Drops everything. */
  void clear();

  /** Drops at most {@code limit} expired entries, and returns how many it dropped. */
  int reclaim(long now, int limit);

  /**
   * Changes the bounds. Drops entries beyond the new bounds as {@link #put} would, but at most
   * {@code limit} of them. If more remain, their size is the bound until the next call.
   *
   * @param capacity the most keys, 1 or more
   * @param maxBytes the most bytes that the entries may weigh
   * @return whether the new bounds hold; if not, call this again
   */
  boolean resize(int capacity, long maxBytes, int limit, long now);

  /**
   * Adds keys that are hit to a queue from now on, each as often as it is due. {@code null} ends
   * that.
   */
  void touch(@Nullable TouchQueue queue);

  /** The entries, least recently used first. Do not use the iterator after any change. */
  Iterator<Kept> oldestFirst();

  /** The most entries that the cache keeps. */
  int capacity();

  /** The most bytes that the entries may weigh. */
  long maxBytes();

  /** How many entries the cache holds, including expired ones that are not dropped yet. */
  int size();

  /** How many bytes the entries weigh. */
  long bytes();

  /** How many entries were ever dropped to make room. */
  long evictions();

  /** How many entries were ever dropped because they had expired. */
  long expirations();
}
