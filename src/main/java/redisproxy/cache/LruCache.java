package redisproxy.cache;

/**
 * A strict LRU, bounded by keys and by bytes, whose entries expire.
 *
 * <p>A hash table with chains, a doubly linked list in order of use and a heap in order of expiry,
 * all three made of links within the entries. A get is O(1) and allocates nothing; a put or a
 * removal is O(1) but for the expiry heap's O(log n). The table has its final size from the start,
 * so there is never a pause to rehash it.
 *
 * <p>Invariants after every call: the table, the list and the heap hold the same {@link #size()}
 * entries, no two of the same key; {@link #bytes()} is the sum of their weights; neither bound is
 * exceeded.
 */
public final class LruCache implements Cache {
  private static final int MAX_TABLE = 1 << 30;

  private final int capacity;
  private final long maxBytes;
  final Entry[] table;
  final ExpiryHeap expiry = new ExpiryHeap();

  Entry newest;
  Entry oldest;
  private long bytes;
  private long evictions;
  private long expirations;

  /**
   * An empty cache.
   *
   * @param capacity how many keys it keeps at most, 1 or more
   * @param maxBytes what its entries may weigh at most, in bytes
   */
  public LruCache(int capacity, long maxBytes) {
    this.capacity = capacity;
    this.maxBytes = maxBytes;
    long most = Math.min(capacity, maxBytes / Entry.OVERHEAD + 1);
    int slots = 16;
    while (slots < MAX_TABLE && slots * 3L / 4 < most) {
      slots <<= 1;
    }
    this.table = new Entry[slots];
  }

  @Override
  public Entry get(int db, byte[] buffer, int offset, int length, int hash, long now) {
    Entry entry = find(db, buffer, offset, length, hash);
    if (entry == null) {
      return null;
    }
    if (now >= entry.expiresAt) {
      drop(entry);
      expirations++;
      return null;
    }
    if (entry != newest) {
      unlink(entry);
      linkNewest(entry);
    }
    return entry;
  }

  @Override
  public void put(Entry entry, long now) {
    Entry previous = find(entry.db, entry.bytes(), 0, entry.respOffset(), entry.hash);
    if (previous != null) {
      drop(previous);
    }
    if (now >= entry.expiresAt || entry.weight() > maxBytes) {
      return;
    }
    while (size() >= capacity || bytes + entry.weight() > maxBytes) {
      makeRoom(now);
    }
    int slot = slot(entry.hash);
    entry.next = table[slot];
    table[slot] = entry;
    linkNewest(entry);
    expiry.add(entry);
    bytes += entry.weight();
  }

  /**
   * Drops an expired entry rather than one that could still be served, else the one least recently
   * used.
   */
  private void makeRoom(long now) {
    if (reclaim(now, 1) == 0) {
      drop(oldest);
      evictions++;
    }
  }

  @Override
  public void remove(Key key) {
    Entry entry = find(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode());
    if (entry != null) {
      drop(entry);
    }
  }

  @Override
  public void clear() {
    java.util.Arrays.fill(table, null);
    expiry.clear();
    newest = null;
    oldest = null;
    bytes = 0;
  }

  @Override
  public int reclaim(long now, int limit) {
    int dropped = 0;
    while (dropped < limit && expiry.size() > 0 && now >= expiry.first().expiresAt) {
      drop(expiry.first());
      dropped++;
    }
    expirations += dropped;
    return dropped;
  }

  @Override
  public int size() {
    return expiry.size();
  }

  @Override
  public long bytes() {
    return bytes;
  }

  @Override
  public long evictions() {
    return evictions;
  }

  @Override
  public long expirations() {
    return expirations;
  }

  private int slot(int hash) {
    return hash & table.length - 1;
  }

  private Entry find(int db, byte[] buffer, int offset, int length, int hash) {
    Entry entry = table[slot(hash)];
    while (entry != null && !entry.is(db, buffer, offset, length, hash)) {
      entry = entry.next;
    }
    return entry;
  }

  private void drop(Entry entry) {
    int slot = slot(entry.hash);
    if (table[slot] == entry) {
      table[slot] = entry.next;
    } else {
      Entry before = table[slot];
      while (before.next != entry) {
        before = before.next;
      }
      before.next = entry.next;
    }
    entry.next = null;
    unlink(entry);
    expiry.remove(entry);
    bytes -= entry.weight();
  }

  private void unlink(Entry entry) {
    if (entry.newer == null) {
      newest = entry.older;
    } else {
      entry.newer.older = entry.older;
    }
    if (entry.older == null) {
      oldest = entry.newer;
    } else {
      entry.older.newer = entry.newer;
    }
    entry.newer = null;
    entry.older = null;
  }

  private void linkNewest(Entry entry) {
    entry.newer = null;
    entry.older = newest;
    if (newest == null) {
      oldest = entry;
    } else {
      newest.newer = entry;
    }
    newest = entry;
  }
}
