package redisproxy.cache;

import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * A key and what Redis said of it at one instant: a value, or that it is missing. Also the node of
 * the LRU that keeps it, so that a kept key costs one object and one array.
 *
 * <p>What the public methods show never changes, so an entry may be read on any thread. The links
 * belong to the cache that keeps it.
 */
public final class Entry implements Answer {
  private static final int MISSING = -1;

  /**
   * The key, then (unless missing) the value as a RESP bulk string, ready to send: {@code
   * $3\r\nabc\r\n}.
   */
  private final byte[] bytes;

  private final int keyLength;

  /** What HTTP asks for, found out when it first does; either thread may, both come to the same. */
  private String etag;

  private byte utf8;

  private final int valueLength;
  private final long loadedAt;

  final int db;
  final int hash;
  final long expiresAt;

  /** The next entry of the same hash bucket. */
  Entry next;

  /** The neighbours in order of use. */
  Entry newer;

  Entry older;

  /** Where the entry stands in the expiry heap. */
  int heapIndex;

  private Entry(Key key, byte[] bytes, int valueLength, long loadedAt, long expiresAt) {
    this.bytes = bytes;
    this.keyLength = key.bytes().length;
    this.valueLength = valueLength;
    this.db = key.db();
    this.hash = key.hashCode();
    this.loadedAt = loadedAt;
    this.expiresAt = expiresAt;
  }

  /** An entry for a value; the bytes are copied. Times are in milliseconds of the cache's clock. */
  public static Entry value(Key key, byte[] value, long loadedAt, long expiresAt) {
    byte[] head = ("$" + value.length + "\r\n").getBytes(StandardCharsets.US_ASCII);
    int keyLength = key.bytes().length;
    byte[] bytes = Arrays.copyOf(key.bytes(), keyLength + head.length + value.length + 2);
    System.arraycopy(head, 0, bytes, keyLength, head.length);
    System.arraycopy(value, 0, bytes, keyLength + head.length, value.length);
    bytes[bytes.length - 2] = '\r';
    bytes[bytes.length - 1] = '\n';
    return new Entry(key, bytes, value.length, loadedAt, expiresAt);
  }

  /** An entry for a key that does not exist. */
  public static Entry missing(Key key, long loadedAt, long expiresAt) {
    return new Entry(key, key.bytes(), MISSING, loadedAt, expiresAt);
  }

  public boolean isMissing() {
    return valueLength == MISSING;
  }

  /** The array that holds key and value, not a copy: not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the RESP bulk string begins in {@link #bytes()}; it reaches to the end of the array. */
  public int respOffset() {
    return keyLength;
  }

  /** The length of the RESP bulk string; 0 when missing. */
  public int respLength() {
    return bytes.length - keyLength;
  }

  /** Where the bare value begins in {@link #bytes()}. Not to be asked of a missing key. */
  public int valueOffset() {
    return bytes.length - 2 - valueLength;
  }

  /** The length of the bare value, in bytes. Not to be asked of a missing key. */
  public int valueLength() {
    return valueLength;
  }

  /** A digest of the value: sixteen characters, alike for alike values, in every process. */
  public String etag() {
    String known = etag;
    if (known == null) {
      known = Digest.of(bytes, valueOffset(), valueLength);
      etag = known;
    }
    return known;
  }

  /** Whether the value is valid UTF-8. */
  public boolean isUtf8() {
    if (utf8 == 0) {
      utf8 = Utf8.isValid(bytes, valueOffset(), valueLength) ? (byte) 1 : 2;
    }
    return utf8 == 1;
  }

  /** When the load that brought this was sent, in milliseconds of the cache's clock. */
  public long loadedAt() {
    return loadedAt;
  }

  /**
   * From when on this is no longer to be served; not after {@link #loadedAt()} for what was never
   * kept.
   */
  public long expiresAt() {
    return expiresAt;
  }

  /** The key, as a copy of its own. */
  public Key key() {
    return Key.copyOf(db, bytes, 0, keyLength, hash);
  }

  boolean is(int otherDb, byte[] buffer, int offset, int length, int otherHash) {
    return hash == otherHash
        && db == otherDb
        && keyLength == length
        && Arrays.equals(bytes, 0, length, buffer, offset, offset + length);
  }

  /** What the entry takes of the heap, in bytes, nearly: what {@code cache.max-bytes} bounds. */
  int weight() {
    return OVERHEAD + bytes.length;
  }

  /**
   * The entry object (72), the array's header and padding (16 + 4), its share of the hash table
   * (10) and its place in the expiry heap (4), an estimate from the layout on JDK 17.
   */
  static final int OVERHEAD = 112;
}
