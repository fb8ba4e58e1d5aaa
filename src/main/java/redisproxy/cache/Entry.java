package redisproxy.cache;

import java.nio.charset.StandardCharsets;
import org.jspecify.annotations.Nullable;

/**
 * A key and what Redis replied for it at one instant: a value, or that the key is missing. An entry
 * costs this object, one array, and its share of the arrays of {@link LruCache}. The ETag and the
 * UTF-8 check, which HTTP needs, are computed on demand. For a long value the result is kept.
 *
 * <p>Behind the key, the array holds the value (unless it is missing) as a RESP bulk string, ready
 * to send: {@code $3\r\nabc\r\n}.
 *
 * <p>All that a reader can see is immutable, so any thread may read an entry.
 */
public final class Entry extends Kept implements Answer {
  /** Computed on demand, null before. Threads may race to compute it, but all compute the same. */
  private @Nullable Description description;

  private Entry(byte[] bytes, long loadedAt, long expiresAt) {
    super(bytes, loadedAt, expiresAt);
  }

  /**
   * An entry for a value. The bytes are copied. Times are in milliseconds of the cache's clock. An
   * entry expires at most about 24 days after its load.
   */
  public static Entry value(Key key, byte[] value, long loadedAt, long expiresAt) {
    byte[] line = ("$" + value.length + "\r\n").getBytes(StandardCharsets.US_ASCII);
    byte[] bytes = begin(key, line.length + value.length + 2);
    int valueOffset = bytes.length - 2 - value.length;
    System.arraycopy(line, 0, bytes, valueOffset - line.length, line.length);
    System.arraycopy(value, 0, bytes, valueOffset, value.length);
    bytes[bytes.length - 2] = '\r';
    bytes[bytes.length - 1] = '\n';
    return new Entry(bytes, loadedAt, expiresAt);
  }

  /** An entry for a key that does not exist. */
  public static Entry missing(Key key, long loadedAt, long expiresAt) {
    return new Entry(begin(key, 0), loadedAt, expiresAt);
  }

  public boolean isMissing() {
    return respLength() == 0;
  }

  /** The array that holds key and value, not a copy. Do not change it. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the RESP bulk string begins in {@link #bytes()}. It ends at the end of the array. */
  public int respOffset() {
    return keyEnd();
  }

  /** The length of the RESP bulk string; 0 if the key is missing. */
  public int respLength() {
    return bytes.length - respOffset();
  }

  /** Where the bare value begins in {@link #bytes()}. Do not call this for a missing key. */
  public int valueOffset() {
    int i = respOffset();
    while (bytes[i] != '\r') {
      i++;
    }
    return i + 2;
  }

  /** The length of the bare value, in bytes. Do not call this for a missing key. */
  public int valueLength() {
    return bytes.length - 2 - valueOffset();
  }

  /** A digest of the value: sixteen characters, the same for equal values in every process. */
  public String etag() {
    return isLong() ? description().etag : Digest.of(bytes, valueOffset(), valueLength());
  }

  /** Whether the value is valid UTF-8. */
  public boolean isUtf8() {
    return isLong() ? description().isUtf8 : Utf8.isValid(bytes, valueOffset(), valueLength());
  }

  /** Whether to keep the description: it is small beside the value, and takes long to compute. */
  private boolean isLong() {
    return bytes.length >= LONG;
  }

  private Description description() {
    Description found = description;
    if (found == null) {
      int offset = valueOffset();
      int length = valueLength();
      found =
          new Description(Digest.of(bytes, offset, length), Utf8.isValid(bytes, offset, length));
      description = found;
    }
    return found;
  }

  /** Has only final fields, so any thread that sees it sees it complete. */
  private record Description(String etag, boolean isUtf8) {}

  @Override
  public @Nullable Entry value(long now) {
    return now >= expiresAt ? null : this;
  }

  @Override
  @Nullable CachedReply reply(byte[] buffer, int offset, int length, int hash, long now) {
    return null;
  }

  @Override
  @Nullable CachedReply allOfHash(long now) {
    return null;
  }

  @Override
  int weight() {
    int described = isLong() ? DESCRIPTION : 0;
    int array = bytes.length < LARGE ? bytes.length : wholeRegions(bytes.length);
    return OVERHEAD + described + array;
  }

  /**
   * The size of the G1 regions that a large array takes. G1 gives an array of more than half a
   * region, header included, whole regions of its own. A region has 1 MiB in heaps of less than 4
   * GiB, and more in larger heaps.
   */
  private static int wholeRegions(int length) {
    return (length + HEADER + REGION - 1) / REGION * REGION;
  }

  private static final int HEADER = 16;

  private static final int REGION = 1 << 20;

  static final int LARGE = REGION / 2 - HEADER;

  /**
   * The entry object (32), the array's header and padding (16 + 4), and its share of the LRU's
   * arrays (32), on JDK 17.
   */
  static final int OVERHEAD = 84;

  /** From this length on the description is kept, in bytes. */
  static final int LONG = 4 * 1024;

  /** The size of a description: a record (24) and a string of sixteen characters (24 + 32). */
  static final int DESCRIPTION = 80;
}
