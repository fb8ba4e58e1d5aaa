package redisproxy.cache;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;

/**
 * A cache that asks Redis for what it does not hold, with one load per key however many wait for
 * it.
 *
 * <p>The map of loads in flight holds each load's identity. A load that is no longer the one in the
 * map when its answer comes answers those who wait for it and is not kept.
 *
 * @param <W> who waits
 */
public final class ReadThrough<W> {
  /** The remaining time of a key that does not expire; Redis's own answer to PTTL. */
  public static final long NO_EXPIRY = -1;

  /** The remaining time is not known, or the key was gone when it was asked for: not to be kept. */
  public static final long UNKNOWN = -2;

  private final Cache cache;
  private final Limits limits;
  private final Consumer<Load<W>> loader;
  private final BiConsumer<W, Answer> answered;
  private final Map<Key, Load<W>> loads = new HashMap<>();

  /** The databases that anything was loaded from. */
  private final BitSet dbs = new BitSet();

  private long hits;
  private long misses;
  private long loaded;
  private long coalesced;
  private long failures;
  private long rejected;
  private long tooLarge;
  private long overtaken;
  private long invalidations;
  private long flushes;

  /**
   * How long and how much.
   *
   * @param expiry how long a value is served after its load was sent, in milliseconds
   * @param missingExpiry the same for a missing key; 0 keeps none
   * @param maxLoads how many loads may be in flight
   */
  public record Limits(long expiry, long missingExpiry, int maxLoads) {}

  /**
   * Puts a cache and a loader together.
   *
   * @param loader starts a load; its answer is brought to one of {@link #found}, {@link #missing},
   *     {@link #tooLarge} and {@link #failed}, at once or later, exactly once
   * @param answered is told each waiter's answer
   */
  public ReadThrough(
      Cache cache, Limits limits, Consumer<Load<W>> loader, BiConsumer<W, Answer> answered) {
    this.cache = cache;
    this.limits = limits;
    this.loader = loader;
    this.answered = answered;
  }

  /**
   * The entry of a key, or null: then {@link #load} is to follow. Parameters as of {@link
   * Cache#get}.
   */
  public Entry get(int db, byte[] buffer, int offset, int length, int hash, long now) {
    Entry entry = cache.get(db, buffer, offset, length, hash, now);
    if (entry != null) {
      hits++;
    }
    return entry;
  }

  /**
   * Lets a waiter wait for the load of a key the cache does not hold; starts one if none is in
   * flight.
   */
  public void load(Key key, W waiter, long now) {
    misses++;
    Load<W> load = loads.get(key);
    if (load != null) {
      coalesced++;
      load.waiters.add(waiter);
    } else if (loads.size() >= limits.maxLoads) {
      rejected++;
      answered.accept(
          waiter, new Failure(Failure.Kind.OVERLOADED, "too many loads from Redis are in flight"));
    } else {
      loaded++;
      load = new Load<>(key, now);
      load.waiters.add(waiter);
      loads.put(key, load);
      dbs.set(key.db());
      loader.accept(load);
    }
  }

  /**
   * A load found a value.
   *
   * @param remaining what Redis said of the key's remaining time, in milliseconds; {@link
   *     #NO_EXPIRY} or {@link #UNKNOWN}
   */
  public void found(Load<W> load, byte[] value, long remaining, long now) {
    long lifetime =
        remaining == NO_EXPIRY ? limits.expiry : Math.min(limits.expiry, Math.max(remaining, 0));
    keep(load, Entry.value(load.key(), value, load.sentAt(), load.sentAt() + lifetime), now);
  }

  /** A load found that the key does not exist. */
  public void missing(Load<W> load, long now) {
    keep(load, Entry.missing(load.key(), load.sentAt(), load.sentAt() + limits.missingExpiry), now);
  }

  /** A load found a value larger than the cache keeps. */
  public void tooLarge(Load<W> load) {
    tooLarge++;
    end(load, new TooLarge(load.key()));
  }

  /** A load came to nothing; nothing is kept. */
  public void failed(Load<W> load, Failure failure) {
    failures++;
    end(load, failure);
  }

  private void keep(Load<W> load, Entry entry, long now) {
    if (loads.get(load.key()) == load) {
      cache.put(entry, now);
    }
    end(load, entry);
  }

  private void end(Load<W> load, Answer answer) {
    loads.remove(load.key(), load);
    for (W waiter : load.waiters) {
      answered.accept(waiter, answer);
    }
  }

  /**
   * Drops what is held of a key in every database in use. A load of it in flight answers those who
   * wait and is not kept; who asks from now on gets a new one.
   */
  public void invalidate(byte[] key) {
    for (int db = dbs.nextSetBit(0); db >= 0; db = dbs.nextSetBit(db + 1)) {
      Key each = Key.of(db, key);
      cache.remove(each);
      if (loads.remove(each) != null) {
        overtaken++;
      }
    }
    invalidations++;
  }

  /** The same for every key. */
  public void invalidateAll() {
    cache.clear();
    overtaken += loads.size();
    loads.clear();
    flushes++;
  }

  /** Drops at most {@code limit} expired entries; returns how many. */
  public int reclaim(long now, int limit) {
    return cache.reclaim(now, limit);
  }

  /** What has been done so far, and what is held now. */
  public CacheStats stats() {
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
        cache.evictions(),
        cache.expirations(),
        cache.size(),
        cache.bytes(),
        loads.size());
  }
}
