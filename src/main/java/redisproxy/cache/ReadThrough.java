package redisproxy.cache;

import java.util.BitSet;
import java.util.List;
import java.util.Objects;
import java.util.function.BiConsumer;
import java.util.function.Consumer;
import java.util.function.LongConsumer;
import org.jspecify.annotations.Nullable;

/**
 * A cache that loads missing values from Redis. Concurrent misses of a key share one load.
 *
 * <p>{@link Loads} holds the current load of each read. A load that is no longer current when its
 * answer arrives was overtaken: its waiters get the answer, but it is not kept.
 *
 * @param <W> a waiter
 */
public final class ReadThrough<W> {
  /** The remaining time of a key that does not expire, as Redis replies to PTTL. */
  public static final long NO_EXPIRY = -1;

  /** The remaining time is unknown, or the key was gone when PTTL ran. The value is not kept. */
  public static final long UNKNOWN = -2;

  /** The key did not exist when PTTL ran, before the read, as Redis replies to PTTL. */
  public static final long MISSING = -2;

  /** How long a reply is true is not known: it is not kept. */
  public static final long UNKNOWN_TIME = -3;

  /** How long a read whose reply was too large is not loaded, in milliseconds. */
  private static final long LARGE_MS = 10_000;

  private final Cache cache;
  private Limits limits;
  private final Consumer<Load<W>> loader;
  private final BiConsumer<W, Answer> answered;
  private final Consumer<LongConsumer> confirmer;
  private final Loads<W> loads = new Loads<>();
  private Trust trust = Trust.VERIFIED;

  /** Loads that have begun and not ended, including overtaken ones. */
  private int inFlight;

  private final Counts counts = new Counts();

  private final Derivation derivation = new Derivation(counts.commands);

  /** Reads with arguments that missed a while ago: their reply is kept the next time. */
  private final RecentHashes missedReads = new RecentHashes();

  /** Reads whose reply was too large: they are not loaded for a while. */
  private final RecentHashes largeReads = new RecentHashes();

  private final LoadConfirmations confirmations = new LoadConfirmations();
  private final MultiKeyReads<W> multiKeyReads;

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
   * @param maxReplyBytes the most bytes that the replies kept for one key may weigh
   * @param prefixes the keys that may be kept
   */
  public record Limits(
      long expiry,
      long missingExpiry,
      long refreshAhead,
      int maxLoads,
      boolean servesUnverified,
      int maxReplyBytes,
      Prefixes prefixes) {}

  /**
   * Combines a cache and a loader.
   *
   * @param loader starts a load; exactly once, at once or later, it passes the answer to {@link
   *     #found}, {@link #missing}, {@link #tooLarge} or {@link #failed}
   * @param answered gets each waiter and its answer
   * @param confirmer passes the time to its argument when Redis has reported all writes up to now,
   *     or will not report them
   */
  public ReadThrough(
      Cache cache,
      Limits limits,
      Consumer<Load<W>> loader,
      BiConsumer<W, Answer> answered,
      Consumer<LongConsumer> confirmer) {
    this.cache = cache;
    this.limits = limits;
    this.loader = loader;
    this.answered = answered;
    this.confirmer = confirmer;
    this.multiKeyReads = new MultiKeyReads<>(cache, confirmations, new KeyLoader());
  }

  /**
   * The entry of a key, or null; then call {@link #load}. The parameters are those of {@link
   * Cache#get}.
   */
  public @Nullable Answer get(int db, byte[] buffer, int offset, int length, int hash, long now) {
    if (trust == Trust.BYPASSED) {
      return null;
    }
    Kept kept = cache.get(db, buffer, offset, length, hash, now);
    Entry entry = kept == null || kept instanceof Entry ? (Entry) kept : kept.value(now);
    if (entry == null) {
      return null;
    }
    counts.hits++;
    if (trust == Trust.UNVERIFIED) {
      return unverified(entry);
    }
    if (limits.refreshAhead > 0 && isToBeRefreshed(entry.loadedAt(), entry.expiresAt, now)) {
      refresh(entry.key(), null, now);
    }
    return entry;
  }

  /**
   * The reply to a read of a key, or {@link NotCached} if it is known to be too large, or null;
   * then call {@link #load}. The parameters are those of {@link Cache#get}.
   *
   * @param readLength the length of the read's bytes, which lie behind the key's in the buffer
   */
  public @Nullable Answer reply(
      int db, byte[] buffer, int offset, int length, int hash, int readLength, long now) {
    int readOffset = offset + length;
    if ((buffer[readOffset] & Read.KEYS) != 0) {
      return (buffer[readOffset] & Read.WHOLE) != 0
          ? null
          : replyForKeys(db, buffer, offset, length, hash, readLength, now);
    }
    int readHash = Read.hash(buffer, readOffset, readLength);
    Kept kept = trust == Trust.BYPASSED ? null : cache.get(db, buffer, offset, length, hash, now);
    CachedReply own =
        kept == null ? null : kept.reply(buffer, readOffset, readLength, readHash, now);
    CachedReply reply =
        own == null && kept != null
            ? derivation.of(kept, buffer, readOffset, readLength, now)
            : own;
    if (reply == null) {
      if (!largeReads.contains(both(hash, readHash), now, LARGE_MS)) {
        return null;
      }
      Read read = Read.copyOf(buffer, readOffset, readLength);
      counts.misses++;
      counts.commands.of(read).misses++;
      return new NotCached(Key.copyOf(db, buffer, offset, length, hash), read);
    }
    counts.hits++;
    reply.counts.hits++;
    if (trust == Trust.UNVERIFIED) {
      counts.unverified++;
    } else if (own != null
        && limits.refreshAhead > 0
        && isToBeRefreshed(own.loadedAt(), own.expiresAt, now)) {
      refresh(own.key(), own.read(), now);
    }
    return reply;
  }

  private @Nullable Answer replyForKeys(
      int db, byte[] buffer, int offset, int length, int hash, int readLength, long now) {
    Read read = Read.copyOf(buffer, offset + length, readLength);
    int kept =
        trust == Trust.BYPASSED
            ? 0
            : multiKeyReads.find(db, buffer, offset, length, hash, readLength, now);
    CommandCounts.Of command = counts.commands.of(read);
    counts.hits += kept;
    command.hits += kept;
    int missing = trust == Trust.BYPASSED ? 1 : multiKeyReads.count() - kept;
    counts.misses += missing;
    command.misses += missing;
    if (missing > 0 || !multiKeyReads.isOfOneInstant()) {
      multiKeyReads.forget();
      return null;
    }
    counts.unverified += trust == Trust.UNVERIFIED ? 1 : 0;
    byte[] reply = multiKeyReads.reply(read, limits.maxReplyBytes);
    multiKeyReads.forget();
    Key first = Key.copyOf(db, buffer, offset, length, hash);
    return reply == null
        ? new NotCached(first, read)
        : new CachedReply(first, read, reply, command, now, now);
  }

  private static int both(int keyHash, int readHash) {
    return keyHash * 31 + readHash;
  }

  /** Calls {@link Cache#readAhead}. */
  public void readAhead(int[] hashes, int from, int to) {
    cache.readAhead(hashes, from, to);
  }

  private Answer unverified(Entry entry) {
    counts.unverified++;
    return new Unverified(entry);
  }

  private boolean isToBeRefreshed(long loadedAt, long expiresAt, long now) {
    boolean near = expiresAt - now <= limits.refreshAhead;
    boolean wasFar = expiresAt - loadedAt > limits.refreshAhead;
    return near && wasFar;
  }

  /**
   * Reloads what was read shortly before it expires. Lookups before the expiry are still served
   * from it, and lookups after the expiry need not wait.
   */
  private void refresh(Key key, @Nullable Read read, long now) {
    if (inFlight < limits.maxLoads && loads.find(key, read) == null) {
      counts.refreshes++;
      start(new Load<>(key, read, now));
    }
  }

  /**
   * Adds a waiter for a read that the cache cannot answer. Joins a load in flight, or starts one.
   * If Redis does not report writes of the key, it starts a new load: one in flight could miss a
   * write since it was sent.
   *
   * @param read null for GET
   */
  public void load(Key key, @Nullable Read read, W waiter, long now) {
    if (read != null && read.has(Read.KEYS)) {
      loadKeys(key, read, waiter, now);
      return;
    }
    counts.misses++;
    if (read != null) {
      counts.commands.of(read).misses++;
    }
    Load<W> load = isTracked(key) ? loads.find(key, read) : null;
    if (load != null) {
      counts.coalesced++;
      load.waiters.add(waiter);
    } else if (inFlight >= limits.maxLoads) {
      answered.accept(waiter, orNotCached(key, read, overloaded()));
    } else {
      begin(key, read, waiter, now);
    }
  }

  private void loadKeys(Key first, Read read, W waiter, long now) {
    if (!read.has(Read.WHOLE)) {
      multiKeyReads.load(first, read, waiter, now);
      return;
    }
    if (inFlight >= limits.maxLoads) {
      answered.accept(waiter, orNotCached(first, read, overloaded()));
      return;
    }
    Load<W> load = new Load<>(first, read, now);
    load.waiters.add(waiter);
    load.isWhole = true;
    counts.loaded++;
    inFlight++;
    loader.accept(load);
  }

  private Failure overloaded() {
    counts.rejected++;
    return new Failure(Failure.Kind.OVERLOADED, "too many loads from Redis are in flight");
  }

  /** A read that failed in the proxy is sent to Redis directly. An error of Redis is its answer. */
  private static Answer orNotCached(Key key, @Nullable Read read, Failure failure) {
    return read == null || failure.kind() == Failure.Kind.REDIS
        ? failure
        : new NotCached(key, read);
  }

  /**
   * Starts a load with a waiter, without counting a lookup.
   *
   * @param read null for GET
   */
  public void begin(Key key, @Nullable Read read, W waiter, long now) {
    Load<W> load = new Load<>(key, read, now);
    load.waiters.add(waiter);
    start(load);
  }

  private boolean isTracked(Key key) {
    return trust != Trust.BYPASSED && limits.prefixes.cover(key.bytes());
  }

  private void start(Load<W> load) {
    counts.loaded++;
    inFlight++;
    loads.add(load);
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
    whenConfirmed(load, now, then -> keepValue(load, value, lifetime, then));
  }

  /** A load found that the key does not exist. */
  public void missing(Load<W> load, long now) {
    whenConfirmed(load, now, then -> keepValue(load, null, limits.missingExpiry, then));
  }

  private long expiresAt(Load<W> load, long lifetime) {
    return load.sentAt() + (mayKeep(load) ? lifetime : 0);
  }

  /**
   * Goes on with a load's answer when Redis has reported all writes before it. Otherwise a client
   * could get a new state here, and then an old state from the cache. The load of a GET goes on at
   * once, unless it is about a key that is read in other ways too: one client sees the values of
   * one key in order, but not those of several keys. A load also goes on at once if the cache keeps
   * nothing of the key: then no older state of it can be read afterwards.
   *
   * <p>If the load was overtaken, its answer may be older than that of another read of the key that
   * was answered since. So it is loaded once more.
   */
  private void whenConfirmed(Load<W> load, long now, LongConsumer then) {
    dropOlder(load);
    boolean isAlone =
        load.read() == null
            && !load.hadCompany
            && !loads.hasOtherThanGet(load.key())
            && !(cache.peek(load.key(), now) instanceof KeyReplies);
    if (isAlone || !load.isWhole && !mayKeep(load.key())) {
      confirmations.add(load.key().hashCode());
      then.accept(now);
      return;
    }
    whenConfirmed(
        later -> {
          dropOlder(load);
          if (trust == Trust.VERIFIED
              && !load.isWhole
              && !load.isRepeated
              && !loads.isCurrent(load)) {
            repeat(load, later);
          } else {
            then.accept(later);
          }
        });
  }

  /** Calls back when Redis has reported all writes up to now, or will not report them. */
  private void whenConfirmed(LongConsumer then) {
    long answered = confirmations.last();
    confirmer.accept(
        later -> {
          if (trust == Trust.VERIFIED) {
            confirmations.confirm(answered);
          }
          then.accept(later);
        });
  }

  private void repeat(Load<W> load, long now) {
    inFlight--;
    if (load.isUnawaited()) {
      // It was a refresh.
      return;
    }
    Load<W> current = loads.find(load.key(), load.read());
    Load<W> last = current == null ? new Load<>(load.key(), load.read(), now) : current;
    // When it ends, these waiters have waited for two loads.
    last.isRepeated = true;
    last.addAll(load);
    if (current == null) {
      start(last);
    }
  }

  private boolean mayKeep(Load<W> load) {
    return mayKeep(load.key()) && loads.isCurrent(load);
  }

  private boolean mayKeep(Key key) {
    return trust == Trust.VERIFIED && limits.prefixes.cover(key.bytes());
  }

  /**
   * The load of a read brought its reply, which is no error.
   *
   * @param reply the caller must not change it afterwards
   * @param remaining how long the reply is true, in milliseconds, or {@link #NO_EXPIRY}, {@link
   *     #MISSING} or {@link #UNKNOWN_TIME}
   */
  public void replied(Load<W> load, byte[] reply, long remaining, long now) {
    whenConfirmed(load, now, then -> keepReply(load, reply, replyLifetime(remaining), then));
  }

  private void keepReply(Load<W> load, byte[] reply, long lifetime, long now) {
    Read read = Objects.requireNonNull(load.read());
    Key key = load.key();
    CachedReply answer =
        new CachedReply(
            key, read, reply, counts.commands.of(read), load.sentAt(), expiresAt(load, lifetime));
    boolean isWorthKeeping = isWorthKeeping(key, read, now);
    if (isWorthKeeping && now < answer.expiresAt) {
      Kept before = cache.peek(key, now);
      cache.put(key, KeyReplies.with(before, answer, limits.maxReplyBytes, now), now);
    }
    end(load, answer, now);
  }

  private long replyLifetime(long remaining) {
    if (remaining == NO_EXPIRY) {
      return limits.expiry;
    }
    return remaining == MISSING
        ? limits.missingExpiry
        : Math.min(limits.expiry, Math.max(remaining, 0));
  }

  /** One client can ask for countless ranges and members. Only what is asked twice is kept. */
  private boolean isWorthKeeping(Key key, Read read, long now) {
    if (!read.has(Read.ARGUMENTS)) {
      return true;
    }
    int hash = both(key.hashCode(), read.hashCode());
    boolean isWorth = missedReads.contains(hash, now, limits.expiry);
    missedReads.add(hash, now);
    return isWorth;
  }

  /** A load found a value, or a reply, larger than the cache keeps. */
  public void tooLarge(Load<W> load, long now) {
    counts.tooLarge++;
    dropOlder(load);
    Read read = load.read();
    if (read == null) {
      end(load, new TooLarge(load.key()), now);
    } else {
      largeReads.add(both(load.key().hashCode(), read.hashCode()), now);
      end(load, new NotCached(load.key(), read), now);
    }
  }

  /**
   * A load failed. Nothing is kept. If Redis could not be reached, the waiters may get an older
   * entry, as unverified.
   */
  public void failed(Load<W> load, Failure failure, long now) {
    counts.failures++;
    if (failure.kind() == Failure.Kind.REDIS) {
      // WRONGTYPE tells what the key holds, as a reply does. An entry from before must not be read
      // after it, even if Redis has not reported the write yet.
      if (load.read() == null) {
        cache.remove(load.key());
      }
      whenConfirmed(load, now, then -> end(load, failure, then));
      return;
    }
    Answer kept = failure.isOutage() ? kept(load, now) : null;
    counts.unverified += kept == null ? 0 : load.waiters.size();
    end(load, kept == null ? orNotCached(load.key(), load.read(), failure) : kept, now);
  }

  private @Nullable Answer kept(Load<W> load, long now) {
    if (trust == Trust.VERIFIED || !limits.servesUnverified) {
      return null;
    }
    Key key = load.key();
    Read read = load.read();
    Kept kept = cache.get(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode(), now);
    if (kept == null) {
      return null;
    }
    if (read == null) {
      Entry entry = kept.value(now);
      return entry == null ? null : new Unverified(entry);
    }
    byte[] bytes = read.bytes();
    CachedReply own = kept.reply(bytes, 0, bytes.length, read.hashCode(), now);
    return own == null ? derivation.of(kept, bytes, 0, bytes.length, now) : own;
  }

  /** Keeps a value, or, if that is null, that the key is missing. */
  private void keepValue(Load<W> load, byte @Nullable [] value, long lifetime, long now) {
    Key key = load.key();
    long expiresAt = expiresAt(load, lifetime);
    Entry entry =
        value == null
            ? Entry.missing(key, load.sentAt(), expiresAt)
            : Entry.value(key, value, load.sentAt(), expiresAt);
    if (mayKeep(load)) {
      Kept before = cache.peek(key, now);
      cache.put(key, now < entry.expiresAt ? KeyReplies.with(before, entry) : entry, now);
    }
    end(load, entry, now);
  }

  /**
   * Drops an older entry, so that no client reads it after Redis has answered with a newer state.
   */
  private void dropOlder(Load<W> load) {
    if (trust == Trust.VERIFIED) {
      return;
    }
    Read read = load.read();
    if (read == null || !load.isWhole) {
      cache.remove(load.key());
    } else {
      read.keys(load.key()).forEach(cache::remove);
    }
  }

  private void end(Load<W> load, Answer answer, long now) {
    boolean wasOvertaken = !loads.isCurrent(load);
    loads.remove(load);
    inFlight--;
    for (W waiter : load.waiters) {
      answered.accept(waiter, answer);
    }
    if (load.requests != null) {
      for (MultiKeyReads.Request<W> request : load.requests) {
        multiKeyReads.loaded(request, load.key(), answer, wasOvertaken, now);
      }
    }
  }

  /** Loads keys for reads of several keys. */
  private final class KeyLoader implements MultiKeyReads.Loader<W> {
    @Override
    public boolean mayKeep(List<Key> keys) {
      return trust != Trust.BYPASSED
          && keys.stream().allMatch(key -> limits.prefixes.cover(key.bytes()));
    }

    @Override
    public void load(Key key, @Nullable Read read, MultiKeyReads.Request<W> request, long now) {
      Load<W> load = loads.find(key, read);
      if (load != null) {
        counts.coalesced++;
        load.add(request);
      } else if (inFlight >= limits.maxLoads) {
        multiKeyReads.loaded(request, key, overloaded(), false, now);
      } else {
        Load<W> started = new Load<>(key, read, now);
        started.add(request);
        start(started);
      }
    }

    @Override
    public void confirm(MultiKeyReads.Request<W> request, long now) {
      LongConsumer then =
          later -> {
            if (trust == Trust.BYPASSED) {
              multiKeyReads.leaveToRedis(request);
              return;
            }
            counts.unverified += trust == Trust.UNVERIFIED ? 1 : 0;
            multiKeyReads.confirmed(request, counts.commands, limits.maxReplyBytes, later);
          };
      if (trust == Trust.VERIFIED) {
        whenConfirmed(then);
      } else {
        then.accept(now);
      }
    }

    @Override
    public void answered(W waiter, Answer answer) {
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
    multiKeyReads.invalidateAll();
  }

  /**
   * Drops the entries of a key in every database in use. A load of the key in flight still answers
   * its waiters, but is not kept. Later lookups start a new load.
   */
  public void invalidate(byte[] key) {
    for (int db = dbs.nextSetBit(0); db >= 0; db = dbs.nextSetBit(db + 1)) {
      Key each = Key.of(db, key);
      cache.remove(each);
      multiKeyReads.invalidate(each);
      counts.overtaken += loads.removeAll(each);
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
