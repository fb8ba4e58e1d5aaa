package redisproxy.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * A key and what Redis said of it at one instant: a value, or that it is missing. A kept key costs
 * this object, one array, and what {@link LruCache} finds it by. What HTTP asks for and the array
 * tells is found out when asked, and of a long value kept.
 *
 * <p>Never changes to whoever asks, so it may be read on any thread.
 */
public final class Entry implements Answer {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The largest number that a head of two bytes holds. */
  private static final int SHORT = Byte.MAX_VALUE;

  /** Where the key begins, behind the database and the length of the key as a byte each. */
  private static final int BEHIND_SHORT = 2;

  /** The same, where they are an int each, behind a byte of -1. */
  private static final int BEHIND_LONG = 9;

  /**
   * A head, the key, then (unless missing) the value as a RESP bulk string, ready to send: {@code
   * $3\r\nabc\r\n}.
   */
  private final byte[] bytes;

  /** From the load to the expiry, in milliseconds. */
  private final int lifetime;

  final long expiresAt;

  /** Null until it is asked for. Each thread that finds none finds the same out. */
  private @Nullable Description description;

  private Entry(byte[] bytes, long loadedAt, long expiresAt) {
    this.bytes = bytes;
    this.lifetime = (int) Math.max(0, Math.min(expiresAt - loadedAt, Integer.MAX_VALUE));
    this.expiresAt = loadedAt + lifetime;
  }

  /**
   * An entry for a value; the bytes are copied. Times are in milliseconds of the cache's clock. One
   * that would expire later than some 24 days after its load expires then.
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
    int keyOffset = isShort ? BEHIND_SHORT : BEHIND_LONG;
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
    return bytes[0] >= 0 ? BEHIND_SHORT : BEHIND_LONG;
  }

  private int keyLength() {
    return bytes[0] >= 0 ? bytes[1] : (int) INTS.get(bytes, 5);
  }

  public boolean isMissing() {
    return respLength() == 0;
  }

  /** The array that holds key and value, not a copy: not to be changed. */
  public byte[] bytes() {
    return bytes;
  }

  /** Where the RESP bulk string begins in {@link #bytes()}; it reaches to the end of the array. */
  public int respOffset() {
    return keyOffset() + keyLength();
  }

  /** The length of the RESP bulk string; 0 when missing. */
  public int respLength() {
    return bytes.length - respOffset();
  }

  /** Where the bare value begins in {@link #bytes()}. Not to be asked of a missing key. */
  public int valueOffset() {
    int i = respOffset();
    while (bytes[i] != '\r') {
      i++;
    }
    return i + 2;
  }

  /** The length of the bare value, in bytes. Not to be asked of a missing key. */
  public int valueLength() {
    return bytes.length - 2 - valueOffset();
  }

  /** A digest of the value: sixteen characters, alike for alike values, in every process. */
  public String etag() {
    return isLong() ? description().etag : Digest.of(bytes, valueOffset(), valueLength());
  }

  /** Whether the value is valid UTF-8. */
  public boolean isUtf8() {
    return isLong() ? description().isUtf8 : Utf8.isValid(bytes, valueOffset(), valueLength());
  }

  /** Whether a description costs little beside the value, and much time to find it out. */
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

  /** Of final fields, so that it is whole to any thread that sees it. */
  private record Description(String etag, boolean isUtf8) {}

  /** When the load that brought this was sent, in milliseconds of the cache's clock. */
  public long loadedAt() {
    return expiresAt - lifetime;
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
    return Key.of(db(), Arrays.copyOfRange(bytes, keyOffset(), respOffset()));
  }

  boolean is(int db, byte[] buffer, int offset, int length) {
    int keyOffset = keyOffset();
    return db == db()
        && length == keyLength()
        && Arrays.equals(bytes, keyOffset, keyOffset + length, buffer, offset, offset + length);
  }

  /** Looks at both ends of the array. */
  int ends() {
    return bytes[0] + bytes[bytes.length - 1];
  }

  /** What the entry takes of the heap, in bytes, nearly: what {@code cache.max-bytes} bounds. */
  int weight() {
    int described = isLong() ? DESCRIPTION : 0;
    int array = bytes.length < LARGE ? bytes.length : wholeRegions(bytes.length);
    return OVERHEAD + described + array;
  }

  /**
   * G1 has regions of their own for arrays, with their headers, of more than half a region; which
   * has 1 MiB in heaps of less than 4 GiB, and more where there is more to spare.
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

  /** From so many bytes on the description is kept. */
  static final int LONG = 4 * 1024;

  /** What it takes: a record (24) and a string of sixteen characters (24 + 32). */
  static final int DESCRIPTION = 80;
}
