package redisproxy.cache;

import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * What the read-through rule needs of a cache; {@link LruCache} is the one in use, another policy
 * can be put in its place. Owned by one thread. Times are milliseconds of a monotonic clock that
 * the caller reads.
 */
public interface Cache {
  /** For so many gets at a time what they need is fetched; it fits the first-level cache. */
  int AHEAD = 16;

  /**
   * The entry of a key, which counts as a use of it, or null when there is none or it has expired.
   *
   * @param db the database number
   * @param buffer holds the key's bytes from {@code offset} on
   * @param hash as {@link Key#hash} gives it
   */
  @Nullable Entry get(int db, byte[] buffer, int offset, int length, int hash, long now);

  /** The entry of a key, or null when there is none or it has expired. Nothing comes of it. */
  @Nullable Entry peek(Key key, long now);

  /**
   * Fetches from memory what gets with the first {@link #AHEAD} of these hashes will look at, which
   * is quicker for many than for one after another. Nothing else comes of it.
   */
  void readAhead(int[] hashes, int from, int to);

  /**
   * Keeps a key's entry, in place of any other of it. What is larger than the whole cache is not
   * kept.
   */
  void put(Key key, Entry entry, long now);

  /** Drops a key's entry, if there is one. */
  void remove(Key key);

  /** Drops everything. */
  void clear();

  /** Drops at most {@code limit} entries that have expired; returns how many it dropped. */
  int reclaim(long now, int limit);

  /**
   * Changes the bounds. What is too much for the new ones is dropped as {@link #put} would, at most
   * {@code limit} entries; what is left then bounds it until the next call.
   *
   * @param capacity how many keys it keeps at most, 1 or more
   * @param maxBytes what its entries may weigh at most, in bytes
   * @return whether the new bounds hold; if not, it is to be called again
   */
  boolean resize(int capacity, long maxBytes, int limit, long now);

  /** The entries, least recently used first. Not to be used any more when anything has changed. */
  Iterator<Entry> oldestFirst();

  /** How many entries it may keep. */
  int capacity();

  /** What they may weigh, in bytes. */
  long maxBytes();

  /** How many entries are kept, expired ones not yet dropped included. */
  int size();

  /** What the entries weigh, in bytes. */
  long bytes();

  /** How many entries were dropped for room, ever. */
  long evictions();

  /** How many entries were dropped because they had expired, ever. */
  long expirations();
}
