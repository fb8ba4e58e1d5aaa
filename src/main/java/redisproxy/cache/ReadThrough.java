package redisproxy.cache;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * A cache that loads missing values from Redis. Concurrent misses of a key share one load.
 *
 * <p>The map of loads in flight holds the current load of each key. Loads are compared by identity.
 * A load that is no longer in the map when its answer arrives was overtaken: its waiters get the
 * answer, but it is not kept.
 *
 * @param <W> a waiter
 */
public final class ReadThrough<W> {
  /** The remaining time of a key that does not expire, as Redis replies to PTTL. */
  public static final long NO_EXPIRY = -1;

  /** The remaining time is unknown, or the key was gone when PTTL ran. The value is not kept. */
  public static final long UNKNOWN = -2;

  private final Cache cache;
  private Limits limits;
  private final Consumer<Load<W>> loader;
  private final BiConsumer<W, Answer> answered;
  private final Map<Key, Load<W>> loads = new HashMap<>();
  private Trust trust = Trust.VERIFIED;

  /** Loads that have begun and not ended, including overtaken ones, which the map does not hold. */
  private int inFlight;

  private final Counts counts = new Counts();

  /** The databases that something was loaded from since everything was last dropped. */
  private final BitSet dbs = new BitSet();

  /**
   * The limits of the cache.
   *
   * @param expiry how long a value is served after its load was sent, in milliseconds
   * @param missingExpiry how long a missing key is remembered after its load was sent, in
   *     milliseconds; 0 for not at all
   * @param refreshAhead a hit within this time before the expiry reloads its key, in milliseconds;
   *     0 for never
   * @param maxLoads the most loads in flight
   * @param servesUnverified whether to serve entries while Redis cannot be reached
   * @param prefixes the keys that may be kept
   */
  public record Limits(
      long expiry,
      long missingExpiry,
      long refreshAhead,
      int maxLoads,
      boolean servesUnverified,
      Prefixes prefixes) {}

  /**
   * Combines a cache and a loader.
   *
   * @param loader starts a load; exactly once, at once or later, it passes the answer to {@link
   *     #found}, {@link #missing}, {@link #tooLarge} or {@link #failed}
   * @param answered gets each waiter and its answer
   */
  public ReadThrough(
      Cache cache, Limits limits, Consumer<Load<W>> loader, BiConsumer<W, Answer> answered) {
    this.cache = cache;
    this.limits = limits;
    this.loader = loader;
    this.answered = answered;
  }

  /**
   * The entry of a key, or null; then call {@link #load}. The parameters are those of {@link
   * Cache#get}.
   */
  public @Nullable Answer get(int db, byte[] buffer, int offset, int length, int hash, long now) {
    if (trust == Trust.BYPASSED) {
      return null;
    }
    Entry entry = cache.get(db, buffer, offset, length, hash, now);
    if (entry == null) {
      return null;
    }
    counts.hits++;
    if (trust == Trust.UNVERIFIED) {
      return unverified(entry);
    }
    if (limits.refreshAhead > 0) {
      refresh(entry, now);
    }
    return entry;
  }

  /** Calls {@link Cache#readAhead}. */
  public void readAhead(int[] hashes, int from, int to) {
    cache.readAhead(hashes, from, to);
  }

  private Answer unverified(Entry entry) {
    counts.unverified++;
    return new Unverified(entry);
  }

  /**
   * Reloads an entry shortly before it expires. Lookups before the expiry are still served from it,
   * and lookups after the expiry need not wait.
   */
  private void refresh(Entry entry, long now) {
    boolean near = entry.expiresAt - now <= limits.refreshAhead;
    boolean wasFar = entry.expiresAt - entry.loadedAt() > limits.refreshAhead;
    if (near && wasFar && inFlight < limits.maxLoads && !loads.containsKey(entry.key())) {
      counts.refreshes++;
      start(new Load<>(entry.key(), now));
    }
  }

  /**
   * Adds a waiter for a key that the cache does not hold. Joins a load in flight, or starts one. If
   * Redis does not report writes of the key, it starts a new load: one in flight could miss a write
   * since it was sent.
   */
  public void load(Key key, W waiter, long now) {
    counts.misses++;
    Load<W> load = isTracked(key) ? loads.get(key) : null;
    if (load != null) {
      counts.coalesced++;
      load.waiters.add(waiter);
    } else if (inFlight >= limits.maxLoads) {
      counts.rejected++;
      answered.accept(
          waiter, new Failure(Failure.Kind.OVERLOADED, "too many loads from Redis are in flight"));
    } else {
      begin(key, waiter, now);
    }
  }

  /** Starts a load with a waiter, without counting a lookup. */
  public void begin(Key key, W waiter, long now) {
    Load<W> load = new Load<>(key, now);
    load.waiters.add(waiter);
    start(load);
  }

  private boolean isTracked(Key key) {
    return trust != Trust.BYPASSED && limits.prefixes.cover(key.bytes());
  }

  private void start(Load<W> load) {
    counts.loaded++;
    inFlight++;
    loads.put(load.key(), load);
    dbs.set(load.key().db());
    loader.accept(load);
  }

  /**
   * A load found a value.
   *
   * @param remaining the key's remaining time as Redis reported it, in milliseconds, or {@link
   *     #NO_EXPIRY} or {@link #UNKNOWN}
   */
  public void found(Load<W> load, byte[] value, long remaining, long now) {
    long lifetime =
        remaining == NO_EXPIRY ? limits.expiry : Math.min(limits.expiry, Math.max(remaining, 0));
    keep(load, Entry.value(load.key(), value, load.sentAt(), expiresAt(load, lifetime)), now);
  }

  /** A load found that the key does not exist. */
  public void missing(Load<W> load, long now) {
    keep(
        load, Entry.missing(load.key(), load.sentAt(), expiresAt(load, limits.missingExpiry)), now);
  }

  private long expiresAt(Load<W> load, long lifetime) {
    return load.sentAt() + (mayKeep(load) ? lifetime : 0);
  }

  private boolean mayKeep(Load<W> load) {
    return trust == Trust.VERIFIED
        && loads.get(load.key()) == load
        && limits.prefixes.cover(load.key().bytes());
  }

  /** A load found a value larger than the cache keeps. */
  public void tooLarge(Load<W> load) {
    counts.tooLarge++;
    dropOlder(load.key());
    end(load, new TooLarge(load.key()));
  }

  /**
   * A load failed. Nothing is kept. If Redis could not be reached, the waiters may get an older
   * entry, as unverified.
   */
  public void failed(Load<W> load, Failure failure, long now) {
    counts.failures++;
    if (failure.kind() == Failure.Kind.REDIS) {
      dropOlder(load.key());
    }
    Entry kept = failure.isOutage() ? kept(load.key(), now) : null;
    counts.unverified += kept == null ? 0 : load.waiters.size();
    end(load, kept == null ? failure : new Unverified(kept));
  }

  private @Nullable Entry kept(Key key, long now) {
    if (trust == Trust.VERIFIED || !limits.servesUnverified) {
      return null;
    }
    return cache.get(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode(), now);
  }

  private void keep(Load<W> load, Entry entry, long now) {
    dropOlder(load.key());
    if (mayKeep(load)) {
      cache.put(load.key(), entry, now);
    }
    end(load, entry);
  }

  /**
   * Drops an older entry, so that no client reads it after Redis has answered with a newer state.
   */
  private void dropOlder(Key key) {
    if (trust != Trust.VERIFIED) {
      cache.remove(key);
    }
  }

  private void end(Load<W> load, Answer answer) {
    loads.remove(load.key(), load);
    inFlight--;
    for (W waiter : load.waiters) {
      answered.accept(waiter, answer);
    }
  }

  /**
   * Sets how far entries can be trusted. Loads in flight still answer their waiters, but are not
   * kept. This drops no entry.
   */
  public void trust(Trust now) {
    if (now != trust) {
      trust = now;
      overtakeAll();
    }
  }

  /** Changes the limits. If an expiry becomes shorter, drops all entries: they could outlive it. */
  public void limits(Limits now) {
    if (now.expiry < limits.expiry || now.missingExpiry < limits.missingExpiry) {
      invalidateAll();
    }
    limits = now;
  }

  public Trust trust() {
    return trust;
  }

  private void overtakeAll() {
    counts.overtaken += loads.size();
    loads.clear();
  }

  /**
   * Drops the entries of a key in every database in use. A load of the key in flight still answers
   * its waiters, but is not kept. Later lookups start a new load.
   */
  public void invalidate(byte[] key) {
    for (int db = dbs.nextSetBit(0); db >= 0; db = dbs.nextSetBit(db + 1)) {
      Key each = Key.of(db, key);
      cache.remove(each);
      if (loads.remove(each) != null) {
        counts.overtaken++;
      }
    }
    counts.invalidations++;
  }

  /** Drops the entries of all keys, and overtakes all loads in flight. */
  public void invalidateAll() {
    cache.clear();
    overtakeAll();
    // Overtaken loads are not kept, so a database gets entries again only by a new load.
    dbs.clear();
    counts.flushes++;
  }

  /** Drops at most {@code limit} expired entries, and returns how many it dropped. */
  public int reclaim(long now, int limit) {
    return cache.reclaim(now, limit);
  }

  /** The counts since the start, and the current size. */
  public CacheStats stats() {
    return counts.stats(cache, inFlight);
  }
}
