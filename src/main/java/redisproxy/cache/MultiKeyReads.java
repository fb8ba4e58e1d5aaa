package redisproxy.cache;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Reads of several keys: MGET, and EXISTS of several keys. Each key is looked up on its own, so
 * these reads share values with GET, and only what is missing is loaded.
 *
 * <p>Redis executes such a read at one instant, so its reply must be the state of all keys at one
 * instant. Two entries that are both in the cache need not be. Suppose {@code a} is cached, and a
 * client sends {@code MSET a 2 b 2}. A load of {@code b} may bring the 2 before Redis's report
 * about {@code a} arrives. Then the cache has the old {@code a} beside the new {@code b}, which
 * Redis never had.
 *
 * <p>So an entry counts here only if its load is {@linkplain LoadConfirmations confirmed}: a fence
 * has passed since. At the last fence, Redis had answered all confirmed loads, and has reported all
 * writes before it. So all confirmed entries together are the state of Redis at that fence.
 *
 * <pre>
 *   lookup ── all keys kept, all confirmed ──────────────────────────────► reply
 *      │
 *      ├── a key is not kept ──► load these keys ──┐
 *      │                            │              ▼
 *      └── one is not confirmed ────┼───────────► fence ──► look up again ──► reply
 *                                   │ a load fails                 │ not all kept and confirmed
 *                                   ▼                              ▼
 *                                Redis answers the whole request: {@link NotCached}
 * </pre>
 *
 * <p>In the last case the front looks the same read up again as {@link Read#WHOLE}, as soon as all
 * earlier requests of its client are answered. So Redis executes it after them.
 *
 * <p>A key without a value, because it is missing or no string, may not be kept at all. It counts
 * as kept from its load until the fence, unless it is written meanwhile.
 *
 * <p>A key that is too large to be kept is remembered for a while. Until then, Redis answers the
 * whole requests for it at once.
 *
 * @param <W> a waiter
 */
final class MultiKeyReads<W> {
  /** How long a key that could not be kept is not loaded for these reads, in milliseconds. */
  private static final long NOT_KEPT_MS = 10_000;

  private static final byte[] NIL = "$-1\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final byte[] NULL = "_\r\n".getBytes(StandardCharsets.US_ASCII);
  private static final Read EXISTS_OF_ONE = Read.of(0, "exists");

  private final Cache cache;
  private final LoadConfirmations confirmations;
  private final Loader<W> loader;
  private final RecentHashes notKept = new RecentHashes();

  /** Keys that were loaded and have no value, with the requests that wait for a fence since. */
  private final Map<Key, List<Request<W>>> withoutValue = new HashMap<>();

  // The keys of the read that is looked up, and what the cache has of them

  private int count;
  private int[] starts = new int[16];
  private int[] lengths = new int[16];
  private int[] hashes = new int[16];
  private @Nullable Entry[] values = new Entry[16];
  private boolean[] found = new boolean[16];
  private int existing;

  /** What loads the missing keys, and answers. */
  interface Loader<W> {
    /** Whether the entry of each of these keys may be kept if it is loaded now. */
    boolean mayKeep(List<Key> keys);

    /** Starts or joins a load. Its answer goes to {@link MultiKeyReads#loaded}. */
    void load(Key key, @Nullable Read read, Request<W> request, long now);

    /** Passes the time on when Redis has reported all writes up to now, or will not. */
    void confirm(Request<W> request, long now);

    void answered(W waiter, Answer answer);
  }

  /** A read of several keys that waits for loads of some of them. */
  static final class Request<W> {
    private final Key first;
    private final Read read;
    private final W waiter;
    private int awaited = 1;
    private boolean isForRedis;

    /** Keys that were loaded for it and have no value. */
    private final Set<Key> without = new HashSet<>(0);

    private Request(Key first, Read read, W waiter) {
      this.first = first;
      this.read = read;
      this.waiter = waiter;
    }
  }

  MultiKeyReads(Cache cache, LoadConfirmations confirmations, Loader<W> loader) {
    this.cache = cache;
    this.confirmations = confirmations;
    this.loader = loader;
  }

  /**
   * Looks up all keys.
   *
   * @param offset where the first key begins in the buffer; the read follows it
   * @param length of the first key
   * @return how many keys are kept
   */
  int find(int db, byte[] buffer, int offset, int length, int hash, int readLength, long now) {
    split(db, buffer, offset, length, hash, readLength);
    boolean isExists = isExists(buffer, offset + length);
    byte[] one = EXISTS_OF_ONE.bytes();
    int kept = 0;
    existing = 0;
    for (int i = 0; i < count; i++) {
      if (i % Cache.AHEAD == 0) {
        cache.readAhead(hashes, i, count);
      }
      Kept of = cache.get(db, buffer, starts[i], lengths[i], hashes[i], now);
      values[i] = of == null ? null : of.value(now);
      found[i] = values[i] != null;
      if (found[i]) {
        existing += values[i].isMissing() ? 0 : 1;
      } else if (isExists && of != null) {
        CachedReply reply = of.reply(one, 0, one.length, EXISTS_OF_ONE.hashCode(), now);
        found[i] = reply != null;
        existing += reply != null && reply.bytes()[1] == '1' ? 1 : 0;
      }
      kept += found[i] ? 1 : 0;
    }
    return kept;
  }

  /** How many keys were looked up last. */
  int count() {
    return count;
  }

  /** Whether everything that {@link #find} has found is the state of one instant. */
  boolean isOfOneInstant() {
    if (confirmations.isAllConfirmed()) {
      return true;
    }
    for (int i = 0; i < count; i++) {
      if (!confirmations.isConfirmed(hashes[i])) {
        return false;
      }
    }
    return true;
  }

  /** The reply made of what {@link #find} has found, or null if it has more than these bytes. */
  byte @Nullable [] reply(Read read, int maxBytes) {
    if (isExists(read.bytes(), 0)) {
      return (":" + existing + "\r\n").getBytes(StandardCharsets.US_ASCII);
    }
    byte[] nil = read.has(Read.RESP3) ? NULL : NIL;
    byte[] header = ("*" + count + "\r\n").getBytes(StandardCharsets.US_ASCII);
    long size = header.length;
    for (int i = 0; i < count; i++) {
      Entry value = values[i];
      size += value == null || value.isMissing() ? nil.length : value.respLength();
    }
    if (size > maxBytes) {
      return null;
    }
    byte[] reply = Arrays.copyOf(header, (int) size);
    int at = header.length;
    for (int i = 0; i < count; i++) {
      Entry value = values[i];
      boolean isNil = value == null || value.isMissing();
      byte[] from = isNil ? nil : value.bytes();
      int length = isNil ? nil.length : value.respLength();
      System.arraycopy(from, isNil ? 0 : value.respOffset(), reply, at, length);
      at += length;
    }
    return reply;
  }

  /** Loads what is missing, and answers then. */
  void load(Key first, Read read, W waiter, long now) {
    List<Key> keys = read.keys(first);
    if (!loader.mayKeep(keys)
        || keys.stream().anyMatch(key -> notKept.contains(key.hashCode(), now, NOT_KEPT_MS))) {
      loader.answered(waiter, new NotCached(first, read));
      return;
    }
    find(first, read, now);
    boolean[] before = Arrays.copyOf(found, count);
    forget();
    Read one = isExists(read.bytes(), 0) ? EXISTS_OF_ONE : null;
    Request<W> request = new Request<>(first, read, waiter);
    for (int i = 0; i < before.length; i++) {
      if (!before[i]) {
        request.awaited++;
        loader.load(keys.get(i), one, request, now);
      }
    }
    ended(request, now);
  }

  private int find(Key first, Read read, long now) {
    byte[] key = first.bytes();
    byte[] buffer = Arrays.copyOf(key, key.length + read.bytes().length);
    System.arraycopy(read.bytes(), 0, buffer, key.length, read.bytes().length);
    int readLength = read.bytes().length;
    return find(first.db(), buffer, 0, key.length, first.hashCode(), readLength, now);
  }

  /**
   * One of the loads that a request waits for has ended.
   *
   * @param wasOvertaken whether the key was written meanwhile, so that its answer was not kept
   */
  void loaded(Request<W> request, Key key, Answer answer, boolean wasOvertaken, long now) {
    boolean isKept =
        answer instanceof Entry entry && now < entry.expiresAt
            || answer instanceof CachedReply reply && now < reply.expiresAt
            || answer instanceof Unverified;
    if (!isKept && !wasOvertaken && isWithoutValue(answer)) {
      if (request.without.add(key)) {
        withoutValue.computeIfAbsent(key, none -> new ArrayList<>(1)).add(request);
      }
    } else if (!isKept) {
      request.isForRedis = true;
      if (!wasOvertaken && !isFailureOfTheProxy(answer)) {
        notKept.add(key.hashCode(), now);
      }
    }
    ended(request, now);
  }

  private static boolean isWithoutValue(Answer answer) {
    return answer instanceof Entry entry && entry.isMissing()
        || answer instanceof CachedReply reply && reply.bytes()[1] == '0'
        || answer instanceof Failure failure && failure.text().startsWith("WRONGTYPE");
  }

  /** A key is written. It may have a value now. */
  void invalidate(Key key) {
    List<Request<W>> requests = withoutValue.isEmpty() ? null : withoutValue.remove(key);
    if (requests != null) {
      requests.forEach(request -> request.isForRedis = true);
    }
  }

  /** Any key may be written. */
  void invalidateAll() {
    withoutValue.values().forEach(all -> all.forEach(request -> request.isForRedis = true));
    withoutValue.clear();
  }

  private static boolean isFailureOfTheProxy(Answer answer) {
    return answer instanceof NotCached
        || answer instanceof Failure failure && failure.kind() != Failure.Kind.REDIS;
  }

  private void ended(Request<W> request, long now) {
    request.awaited--;
    if (request.awaited > 0) {
      return;
    }
    if (request.isForRedis) {
      leaveToRedis(request);
    } else {
      loader.confirm(request, now);
    }
  }

  void leaveToRedis(Request<W> request) {
    release(request);
    loader.answered(request.waiter, new NotCached(request.first, request.read));
  }

  /** Redis has reported all writes before the loads of a request, or will not report them. */
  void confirmed(Request<W> request, CommandCounts counts, int maxBytes, long now) {
    int kept = find(request.first, request.read, now) + countWithoutValue(request);
    byte[] reply =
        !request.isForRedis && kept == count && isOfOneInstant()
            ? reply(request.read, maxBytes)
            : null;
    forget();
    if (reply == null) {
      leaveToRedis(request);
      return;
    }
    release(request);
    CommandCounts.Of command = counts.of(request.read);
    loader.answered(
        request.waiter, new CachedReply(request.first, request.read, reply, command, now, now));
  }

  /** How many of the keys that {@link #find} has not found were loaded, and have no value. */
  private int countWithoutValue(Request<W> request) {
    if (request.without.isEmpty()) {
      return 0;
    }
    int without = 0;
    List<Key> keys = request.read.keys(request.first);
    for (int i = 0; i < count; i++) {
      without += !found[i] && request.without.contains(keys.get(i)) ? 1 : 0;
    }
    return without;
  }

  /** No write of its keys matters to it any more. */
  private void release(Request<W> request) {
    for (Key key : request.without) {
      List<Request<W>> all = withoutValue.get(key);
      if (all != null && all.remove(request) && all.isEmpty()) {
        withoutValue.remove(key);
      }
    }
  }

  /** Lets go of the entries, so that the heap does not hold them longer than the cache does. */
  void forget() {
    Arrays.fill(values, 0, count, null);
  }

  private static boolean isExists(byte[] buffer, int readOffset) {
    return buffer[readOffset + Read.NAME_AT] == 'e';
  }

  private void split(int db, byte[] buffer, int offset, int length, int hash, int readLength) {
    count = 0;
    add(offset, length, hash);
    int at = offset + length + 1;
    at += 2 + Read.length(buffer, at);
    int end = offset + length + readLength;
    while (at < end) {
      int size = Read.length(buffer, at);
      add(at + 2, size, Key.hash(db, buffer, at + 2, size));
      at += 2 + size;
    }
  }

  private void add(int start, int length, int hash) {
    if (count == starts.length) {
      starts = Arrays.copyOf(starts, count * 2);
      lengths = Arrays.copyOf(lengths, count * 2);
      hashes = Arrays.copyOf(hashes, count * 2);
      values = Arrays.copyOf(values, count * 2);
      found = Arrays.copyOf(found, count * 2);
    }
    starts[count] = start;
    lengths[count] = length;
    hashes[count++] = hash;
  }
}
