package redisproxy.cache;

import java.util.BitSet;
import java.util.HashMap;
import java.util.Map;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

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
  private Limits limits;
  private final Consumer<Load<W>> loader;
  private final BiConsumer<W, Answer> answered;
  private final Map<Key, Load<W>> loads = new HashMap<>();
  private Trust trust = Trust.VERIFIED;

  /** Loads begun and not ended; more than the map holds when some were overtaken. */
  private int inFlight;

  private final Counts counts = new Counts();

  /** The databases that anything was loaded from since all was dropped. */
  private final BitSet dbs = new BitSet();

  /**
   * How long and how much.
   *
   * @param expiry how long a value is served after its load was sent, in milliseconds
   * @param missingExpiry the same for a missing key; 0 keeps none
   * @param refreshAhead a hit so long before its expiry has its key loaded anew, in milliseconds; 0
   *     for never
   * @param maxLoads how many loads may be in flight
   * @param servesUnverified whether what is kept is served when Redis cannot be reached
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

  /** The same of {@link Cache#readAhead}. */
  public void readAhead(int[] hashes, int from, int to) {
    cache.readAhead(hashes, from, to);
  }

  private Answer unverified(Entry entry) {
    counts.unverified++;
    return new Unverified(entry);
  }

  /**
   * Whoever comes after the entry has expired need not wait, while those before go on being served.
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
   * Lets a waiter wait for the load of a key the cache does not hold; starts one if none is in
   * flight that may answer it. Where nobody tells of writes, none may: a write since it was sent
   * would be missed.
   */
  public void load(Key key, W waiter, long now) {
    counts.misses++;
    Load<W> load = isTold(key) ? loads.get(key) : null;
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

  /** Begins a load that a waiter is told the end of, as for a lookup that is not counted. */
  public void begin(Key key, W waiter, long now) {
    Load<W> load = new Load<>(key, now);
    load.waiters.add(waiter);
    start(load);
  }

  private boolean isTold(Key key) {
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
   * @param remaining what Redis said of the key's remaining time, in milliseconds; {@link
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
    return load.sentAt() + (isToBeKept(load) ? lifetime : 0);
  }

  private boolean isToBeKept(Load<W> load) {
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
   * A load came to nothing; nothing is kept. Where Redis could not be reached, what was kept before
   * may be served instead.
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
    if (isToBeKept(load)) {
      cache.put(load.key(), entry, now);
    }
    end(load, entry);
  }

  /** What was kept before is not to be served behind what Redis has said now. */
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
   * How far what is kept can be believed from now on. Loads in flight answer those who wait and are
   * not kept. Nothing is dropped by this.
   */
  public void trust(Trust now) {
    if (now != trust) {
      trust = now;
      overtakeAll();
    }
  }

  /** Changes how long and how much. Where less long than before, nothing may outlive that. */
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
   * Drops what is held of a key in every database in use. A load of it in flight answers those who
   * wait and is not kept; who asks from now on gets a new one.
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

  /** The same for every key. */
  public void invalidateAll() {
    cache.clear();
    overtakeAll();
    // What is overtaken is not kept, so nothing comes back to them but with a new load.
    dbs.clear();
    counts.flushes++;
  }

  /** Drops at most {@code limit} expired entries; returns how many. */
  public int reclaim(long now, int limit) {
    return cache.reclaim(now, limit);
  }

  /** What has been done so far, and what is held now. */
  public CacheStats stats() {
    return counts.stats(cache, inFlight);
  }
}
