package redisproxy.cache;

import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The replies that are kept for one key, and perhaps its value.
 *
 * <p>One key can be asked for in countless ways ({@code LRANGE key i j}). So the replies of a key
 * are bounded by number and by bytes, and share one node of the LRU: they push out each other, the
 * least recently used first, and never another key.
 *
 * <p>A change makes another object. Only the times of use change within one, so it belongs to the
 * thread that owns the cache; the replies in it may be read on any thread.
 */
final class KeyReplies extends Kept {
  /** How many ranges are kept. */
  static final int MAX_RANGES = 8;

  /** How many other replies with arguments are kept. */
  static final int MAX_POINTS = 256;

  /**
   * This object (64), its three arrays' headers and padding, its share of the LRU's arrays, and the
   * key that the replies share (24), with its array's header and padding (16 + 4), on JDK 17.
   */
  static final int OVERHEAD = 240;

  private final @Nullable Entry value;
  private final CachedReply[] replies;

  /** By the same index: the hash of its read, and when it was last used, in uses of this object. */
  private final int[] hashes;

  private final long[] usedAt;
  private long uses;
  private final int weight;

  /** The index of the reply to HGETALL that expires last, or -1. */
  private final int allOfHash;

  private KeyReplies(
      byte[] head, @Nullable Entry value, CachedReply[] replies, long[] usedAt, Times times) {
    super(head, times.loadedAt, times.expiresAt);
    this.value = value;
    this.replies = replies;
    this.usedAt = usedAt;
    this.hashes = new int[replies.length];
    int keyLength = replies[0].key().bytes().length;
    int sum = OVERHEAD + head.length + keyLength + (value == null ? 0 : value.weight());
    int all = -1;
    for (int i = 0; i < replies.length; i++) {
      hashes[i] = replies[i].read().hashCode();
      boolean isAll = replies[i].read().isAllOfHash();
      all = isAll && (all < 0 || replies[i].expiresAt > replies[all].expiresAt) ? i : all;
      sum += replies[i].weight();
      uses = Math.max(uses, usedAt[i]);
    }
    this.weight = sum;
    this.allOfHash = all;
  }

  /** From the first load to the last expiry. */
  private static final class Times {
    private long loadedAt = Long.MAX_VALUE;
    private long expiresAt = Long.MIN_VALUE;

    void add(long loaded, long expires) {
      loadedAt = Math.min(loadedAt, loaded);
      expiresAt = Math.max(expiresAt, expires);
    }
  }

  /**
   * Adds a reply to what is kept of its key.
   *
   * @param before what was kept of the key, or null; all of it is still true
   * @param maxBytes what the replies may weigh together
   */
  static KeyReplies with(@Nullable Kept before, CachedReply added, int maxBytes, long now) {
    Entry value = before == null ? null : before.value(now);
    if (!(before instanceof KeyReplies older)) {
      return of(added.key(), value, new CachedReply[] {added}, new long[] {1});
    }
    int count = older.replies.length;
    CachedReply[] all = new CachedReply[count + 1];
    long[] usedAt = new long[count + 1];
    int size = 0;
    for (int i = 0; i < count; i++) {
      CachedReply reply = older.replies[i];
      if (now < reply.expiresAt && !reply.read().equals(added.read())) {
        all[size] = reply;
        usedAt[size++] = older.usedAt[i];
      }
    }
    all[size] = added.sharing(older.replies[0].key());
    usedAt[size++] = older.uses + 1;
    return bounded(added.key(), value, all, usedAt, size, maxBytes);
  }

  /** Adds a value to what is kept of its key. */
  static Kept with(@Nullable Kept before, Entry value) {
    return before instanceof KeyReplies older
        ? of(value.key(), value, older.replies, older.usedAt.clone())
        : value;
  }

  /** Drops replies beyond the bounds, the least recently used first. The last one stays. */
  private static KeyReplies bounded(
      Key key, @Nullable Entry value, CachedReply[] all, long[] usedAt, int size, int maxBytes) {
    Read added = all[size - 1].read();
    int most = added.has(Read.RANGE) ? MAX_RANGES : MAX_POINTS;
    int count = size;
    int alike = 0;
    long bytes = 0;
    for (int i = 0; i < count; i++) {
      alike += isAlike(all[i].read(), added) ? 1 : 0;
      bytes += all[i].weight();
    }
    while (count > 1 && (bytes > maxBytes || alike > most)) {
      int victim = leastRecentlyUsed(all, usedAt, count - 1, alike > most ? added : null);
      bytes -= all[victim].weight();
      alike -= isAlike(all[victim].read(), added) ? 1 : 0;
      count--;
      System.arraycopy(all, victim + 1, all, victim, count - victim);
      System.arraycopy(usedAt, victim + 1, usedAt, victim, count - victim);
    }
    return of(key, value, Arrays.copyOf(all, count), Arrays.copyOf(usedAt, count));
  }

  /** Whether the number of both is bounded together. Reads without arguments are few anyway. */
  private static boolean isAlike(Read one, Read other) {
    int kind = Read.RANGE | Read.ARGUMENTS;
    return other.has(Read.ARGUMENTS) && (one.flags() & kind) == (other.flags() & kind);
  }

  /**
   * The index of the least recently used reply.
   *
   * @param kind if not null, only replies to reads of this kind count; there is at least one
   */
  private static int leastRecentlyUsed(
      CachedReply[] all, long[] usedAt, int count, @Nullable Read kind) {
    int found = -1;
    for (int i = 0; i < count; i++) {
      boolean counts = kind == null || isAlike(all[i].read(), kind);
      if (counts && (found < 0 || usedAt[i] < usedAt[found])) {
        found = i;
      }
    }
    return found;
  }

  private static KeyReplies of(
      Key key, @Nullable Entry value, CachedReply[] replies, long[] usedAt) {
    Times times = new Times();
    if (value != null) {
      times.add(value.loadedAt(), value.expiresAt);
    }
    for (CachedReply reply : replies) {
      times.add(reply.loadedAt(), reply.expiresAt);
    }
    return new KeyReplies(begin(key, 0), value, replies, usedAt, times);
  }

  @Override
  @Nullable CachedReply reply(byte[] buffer, int offset, int length, int hash, long now) {
    for (int i = 0; i < hashes.length; i++) {
      if (hashes[i] == hash && replies[i].read().is(buffer, offset, length)) {
        return used(i, now);
      }
    }
    return null;
  }

  private @Nullable CachedReply used(int i, long now) {
    if (now >= replies[i].expiresAt) {
      return null;
    }
    usedAt[i] = ++uses;
    return replies[i];
  }

  @Override
  @Nullable CachedReply allOfHash(long now) {
    return allOfHash < 0 ? null : used(allOfHash, now);
  }

  /** The first reply is nearly always the only one. */
  @Override
  int touch() {
    byte[] read = replies[0].read().bytes();
    byte[] reply = replies[0].bytes();
    return super.touch() + hashes[0] + read[read.length - 1] + reply[0] + reply[reply.length - 1];
  }

  /** How many replies are kept, expired ones included. */
  int size() {
    return replies.length;
  }

  @Override
  public @Nullable Entry value(long now) {
    return value == null || now >= value.expiresAt ? null : value;
  }

  @Override
  int weight() {
    return weight;
  }
}
