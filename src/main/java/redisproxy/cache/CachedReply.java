package redisproxy.cache;

/**
 * What Redis answered to a {@link Read} of a key, byte for byte and ready to send. Immutable, so it
 * may be read on any thread.
 */
public final class CachedReply implements Answer {
  /**
   * This object (48), the read (24), and the headers and padding of the arrays of both (16 + 4
   * each), and its places in the arrays of {@link KeyReplies} (4 + 4 + 8), on JDK 17. The key is
   * counted there, because all replies of a key share it.
   */
  static final int OVERHEAD = 128;

  private final Key key;
  private final Read read;
  private final byte[] bytes;

  /** The lookups of the same command. Belongs to the thread that owns the cache. */
  final CommandCounts.Of counts;

  private final long loadedAt;
  final long expiresAt;

  /**
   * A reply; nothing is copied.
   *
   * @param bytes the caller must not change them afterwards
   * @param loadedAt when the load was sent, in milliseconds of the cache's clock
   * @param expiresAt when the reply expires; for a reply that is not kept, at or before {@code
   *     loadedAt}
   */
  CachedReply(
      Key key, Read read, byte[] bytes, CommandCounts.Of counts, long loadedAt, long expiresAt) {
    this.key = key;
    this.read = read;
    this.bytes = bytes;
    this.counts = counts;
    this.loadedAt = loadedAt;
    this.expiresAt = expiresAt;
  }

  /** The same reply, with an equal key that other replies hold too. */
  CachedReply sharing(Key shared) {
    return new CachedReply(shared, read, bytes, counts, loadedAt, expiresAt);
  }

  public Key key() {
    return key;
  }

  public Read read() {
    return read;
  }

  /** The reply as RESP, not a copy. Do not change it. */
  public byte[] bytes() {
    return bytes;
  }

  /** When the load that brought this was sent, in milliseconds of the cache's clock. */
  public long loadedAt() {
    return loadedAt;
  }

  /** About how many bytes of heap the reply takes without its key. */
  int weight() {
    return OVERHEAD + read.bytes().length + bytes.length;
  }
}
