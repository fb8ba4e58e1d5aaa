package redisproxy.cache;

import java.util.Arrays;
import java.util.Iterator;
import org.jspecify.annotations.Nullable;

/**
 * A strict LRU, bounded by keys and by bytes, whose entries expire.
 *
 * <p>It has a hash table with chains, a doubly linked list in order of use, and a heap in order of
 * expiry. A get is O(1), allocates nothing and stores no reference, unless its key is due for a
 * {@link TouchQueue}. A put or a removal is O(1), except for the expiry heap's O(log n). All three
 * structures are arrays of numbers: 32 bytes for each entry of the capacity. They have their final
 * size from the start, so filling the cache never pauses to copy or rehash. Only {@link #resize}
 * beyond the room that there is copies them.
 *
 * <p>Invariants after every call: the table, the list and the heap hold the same {@link #size()}
 * nodes; no two nodes have the same key; {@link #bytes()} is the sum of the entries' weights;
 * neither bound is exceeded.
 */
public final class LruCache implements Cache {
  private int capacity;
  private long maxBytes;

  /** The first node of each hash bucket. There are as many buckets as possible nodes. */
  private int[] table;

  final Nodes nodes;
  final ExpiryHeap expiry;

  private final int[] ahead = new int[AHEAD];

  /** The result of reading ahead. Stored so that the compiler does not remove the reads. */
  @SuppressWarnings("UnusedVariable")
  private int readAhead;

  /** Null unless Redis is to hear of hits. */
  private @Nullable TouchQueue touches;

  private long bytes;
  private long evictions;
  private long expirations;

  /**
   * Makes an empty cache.
   *
   * @param capacity the most keys, 1 or more
   * @param maxBytes the most bytes that the entries may weigh
   */
  public LruCache(int capacity, long maxBytes) {
    this.capacity = Math.min(capacity, Nodes.MOST);
    this.maxBytes = maxBytes;
    int most = most();
    this.table = new int[most];
    this.nodes = new Nodes(most);
    this.expiry = new ExpiryHeap(nodes, most);
  }

  /** The most nodes that the bounds allow at a time. */
  private int most() {
    return (int) Math.min(capacity, maxBytes / Entry.OVERHEAD + 1);
  }

  @Override
  public @Nullable Kept get(int db, byte[] buffer, int offset, int length, int hash, long now) {
    int node = find(db, buffer, offset, length, hash);
    if (node == Nodes.NONE) {
      return null;
    }
    Kept entry = nodes.entry(node);
    if (now >= entry.expiresAt) {
      drop(node);
      expirations++;
      return null;
    }
    if (node != newest()) {
      nodes.unlink(node);
      nodes.linkNewest(node);
    }
    if (touches != null) {
      touches.hit(node, entry, now);
    }
    return entry;
  }

  @Override
  public @Nullable Kept peek(Key key, long now) {
    int node = find(key);
    return node == Nodes.NONE || now >= nodes.entry(node).expiresAt ? null : nodes.entry(node);
  }

  /**
   * Reads one level of all lookups in each loop. The reads in a loop do not depend on each other,
   * so the processor runs many of them in parallel. One lookup after another would wait for each
   * read.
   */
  @Override
  public void readAhead(int[] hashes, int from, int to) {
    int count = Math.min(AHEAD, to - from);
    int sum = 0;
    for (int i = 0; i < count; i++) {
      ahead[i] = table[slot(hashes[from + i])];
    }
    for (int i = 0; i < count; i++) {
      ahead[i] = withHash(hashes[from + i], ahead[i]);
    }
    for (int i = 0; i < count; i++) {
      Kept entry = nodes.entryIfAny(ahead[i]);
      sum += nodes.hash(nodes.newer(ahead[i])) + nodes.hash(nodes.older(ahead[i]));
      sum += entry == null ? 0 : (int) entry.expiresAt;
    }
    for (int i = 0; i < count; i++) {
      Kept entry = nodes.entryIfAny(ahead[i]);
      sum += entry == null ? 0 : entry.touch();
    }
    readAhead = sum;
  }

  @Override
  public void put(Key key, Kept entry, long now) {
    remove(key);
    if (now >= entry.expiresAt || entry.weight() > maxBytes) {
      return;
    }
    while (size() >= capacity || bytes + entry.weight() > maxBytes) {
      makeRoom(now);
    }
    int slot = slot(key.hashCode());
    int node = nodes.add(entry, key.hashCode(), table[slot]);
    table[slot] = node;
    nodes.linkNewest(node);
    expiry.add(node);
    bytes += entry.weight();
    if (touches != null) {
      touches.loaded(node, now);
    }
  }

  /** Drops an expired entry if there is one, else the least recently used entry. */
  private void makeRoom(long now) {
    if (reclaim(now, 1) == 0) {
      drop(nodes.newer(Nodes.NONE));
      evictions++;
    }
  }

  @Override
  public void remove(Key key) {
    int node = find(key);
    if (node != Nodes.NONE) {
      drop(node);
    }
  }

  @Override
  public void clear() {
    Arrays.fill(table, Nodes.NONE);
    nodes.clear();
    expiry.clear();
    bytes = 0;
  }

  @Override
  public int reclaim(long now, int limit) {
    int dropped = 0;
    while (dropped < limit && size() > 0 && now >= nodes.entry(expiry.first()).expiresAt) {
      drop(expiry.first());
      dropped++;
    }
    expirations += dropped;
    return dropped;
  }

  @Override
  public boolean resize(int capacity, long maxBytes, int limit, long now) {
    for (int i = 0; i < limit && (size() > capacity || bytes > maxBytes); i++) {
      makeRoom(now);
    }
    this.capacity = Math.max(Math.min(capacity, Nodes.MOST), size());
    this.maxBytes = Math.max(maxBytes, bytes);
    if (most() > table.length) {
      grow(most());
    }
    return size() <= capacity && bytes <= maxBytes;
  }

  /** Grows the arrays. The nodes keep their numbers, but their hash slots change. */
  private void grow(int most) {
    nodes.grow(most);
    expiry.grow(most);
    if (touches != null) {
      touches.grow(most);
    }
    table = new int[most];
    for (int node = newest(); node != Nodes.NONE; node = nodes.older(node)) {
      int slot = slot(nodes.hash(node));
      nodes.setNext(node, table[slot]);
      table[slot] = node;
    }
  }

  @Override
  public void touch(@Nullable TouchQueue queue) {
    touches = queue;
    if (queue != null) {
      queue.grow(table.length);
    }
  }

  @Override
  public Iterator<Kept> oldestFirst() {
    return nodes.oldestFirst();
  }

  @Override
  public int capacity() {
    return capacity;
  }

  @Override
  public long maxBytes() {
    return maxBytes;
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

  int newest() {
    return nodes.older(Nodes.NONE);
  }

  /** The first node of a slot's chain. */
  int chain(int slot) {
    return table[slot];
  }

  int slots() {
    return table.length;
  }

  /** Scales the hash to the number of slots. Any number of slots is used evenly. */
  int slot(int hash) {
    return (int) ((hash & 0xffff_ffffL) * table.length >>> 32);
  }

  private int find(Key key) {
    return find(key.db(), key.bytes(), 0, key.bytes().length, key.hashCode());
  }

  private int find(int db, byte[] buffer, int offset, int length, int hash) {
    int node = withHash(hash, table[slot(hash)]);
    while (node != Nodes.NONE && !nodes.entry(node).is(db, buffer, offset, length)) {
      node = withHash(hash, nodes.next(node));
    }
    return node;
  }

  /** The first node with this hash in a chain, from this node on. */
  private int withHash(int hash, int chain) {
    int node = chain;
    while (node != Nodes.NONE && nodes.hash(node) != hash) {
      node = nodes.next(node);
    }
    return node;
  }

  private void drop(int node) {
    int slot = slot(nodes.hash(node));
    int before = table[slot];
    if (before == node) {
      table[slot] = nodes.next(node);
    } else {
      while (nodes.next(before) != node) {
        before = nodes.next(before);
      }
      nodes.setNext(before, nodes.next(node));
    }
    nodes.unlink(node);
    expiry.remove(node);
    bytes -= nodes.entry(node).weight();
    nodes.free(node);
  }
}
