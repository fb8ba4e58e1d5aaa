package redisproxy.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key and what Redis replied for it at one instant: a value, or that the key is missing. An entry
 * costs this object, one array, and its share of the arrays of {@link LruCache}. The ETag and the
 * UTF-8 check, which HTTP needs, are computed on demand. For a long value the result is kept.
 *
 * <p>All that a reader can see is immutable, so any thread may read an entry.
 */
public final class Entry implements Answer {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The largest number that a head of two bytes holds. */
  private static final int SHORT = Byte.MAX_VALUE;

  /** The size of a short head: the database and the key's length, a byte each. */
  private static final int SHORT_HEAD = 2;

  /** The size of a long head: a byte of -1, then the database and the key's length, an int each. */
  private static final int LONG_HEAD = 9;

  /**
   * The head, the key, and the value (unless it is missing) as a RESP bulk string, ready to send:
   * {@code $3\r\nabc\r\n}.
   */
  private final byte[] bytes;

  /** The time from the load to the expiry, in milliseconds. */
  private final int lifetime;

  final long expiresAt;

  /** Computed on demand, null before. Threads may race to compute it, but all compute the same. */
  private @Nullable Description description;

  private Entry(byte[] bytes, long loadedAt, long expiresAt) {
    this.bytes = bytes;
    this.lifetime = (int) Math.max(0, Math.min(expiresAt - loadedAt, Integer.MAX_VALUE));
    this.expiresAt = loadedAt + lifetime;
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

  private static byte[] begin(Key key, int respLength) {
    int length = key.bytes().length;
    boolean isShort = key.db() <= SHORT && length <= SHORT;
    int keyOffset = isShort ? SHORT_HEAD : LONG_HEAD;
    byte[] bytes = new byte[keyOffset + length + respLength];
    if (isShort) {
      bytes[0] = (byte) key.db();
      bytes[1] = (byte) length;
    } else {
      bytes[0] = -1;
      INTS.set(bytes, 1, key.db());
      INTS.set(bytes, 5, length);
    }
    System.arraycopy(key.bytes(), 0, bytes, keyOffset, length);
    return bytes;
  }

  private int db() {
    return bytes[0] >= 0 ? bytes[0] : (int) INTS.get(bytes, 1);
  }

  private int keyOffset() {
    return bytes[0] >= 0 ? SHORT_HEAD : LONG_HEAD;
  }

  private int keyLength() {
    return bytes[0] >= 0 ? bytes[1] : (int) INTS.get(bytes, 5);
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
    return keyOffset() + keyLength();
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

  /** When the load of this entry was sent, in milliseconds of the cache's clock. */
  public long loadedAt() {
    return expiresAt - lifetime;
  }

  /**
   * From when on this entry is no longer served, in milliseconds of the cache's clock. Not later
   * than {@link #loadedAt()} for an entry that was never kept.
   */
  public long expiresAt() {
    return expiresAt;
  }

  /** A copy of the key. */
  public Key key() {
    return Key.of(db(), Arrays.copyOfRange(bytes, keyOffset(), respOffset()));
  }

  boolean is(int db, byte[] buffer, int offset, int length) {
    int keyOffset = keyOffset();
    return db == db()
        && length == keyLength()
        && Arrays.equals(bytes, keyOffset, keyOffset + length, buffer, offset, offset + length);
  }

  /** Reads both ends of the array, so that the processor fetches them. */
  int ends() {
    return bytes[0] + bytes[bytes.length - 1];
  }

  /** About how many bytes of heap the entry takes. {@code cache.max-bytes} bounds the sum. */
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
