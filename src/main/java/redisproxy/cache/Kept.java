package redisproxy.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * What the cache keeps of one key, and so the content of one node of the LRU: the key's value, as
 * nearly always, or replies to other reads of it.
 */
public abstract sealed class Kept permits Entry, KeyReplies {
  private static final VarHandle INTS =
      MethodHandles.byteArrayViewVarHandle(int[].class, ByteOrder.LITTLE_ENDIAN);

  /** The largest number that a head of two bytes holds. */
  private static final int SHORT = Byte.MAX_VALUE;

  /** The size of a short head: the database and the key's length, a byte each. */
  private static final int SHORT_HEAD = 2;

  /** The size of a long head: a byte of -1, then the database and the key's length, an int each. */
  private static final int LONG_HEAD = 9;

  /** A head, the key, and what a subclass puts behind them. */
  final byte[] bytes;

  /** The time from the load to the expiry, in milliseconds. */
  final int lifetime;

  final long expiresAt;

  Kept(byte[] bytes, long loadedAt, long expiresAt) {
    this.bytes = bytes;
    this.lifetime = (int) Math.max(0, Math.min(expiresAt - loadedAt, Integer.MAX_VALUE));
    this.expiresAt = loadedAt + lifetime;
  }

  /** A head and a key, with room for {@code more} bytes behind them. */
  static byte[] begin(Key key, int more) {
    int length = key.bytes().length;
    boolean isShort = key.db() <= SHORT && length <= SHORT;
    int keyOffset = isShort ? SHORT_HEAD : LONG_HEAD;
    byte[] bytes = new byte[keyOffset + length + more];
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

  final int keyLength() {
    return bytes[0] >= 0 ? bytes[1] : (int) INTS.get(bytes, 5);
  }

  /** Where the key ends in {@link #bytes}. */
  final int keyEnd() {
    return keyOffset() + keyLength();
  }

  /** The key, as a copy of its own. */
  public final Key key() {
    return Key.of(db(), Arrays.copyOfRange(bytes, keyOffset(), keyEnd()));
  }

  final boolean is(int db, byte[] buffer, int offset, int length) {
    int keyOffset = keyOffset();
    return db == db()
        && length == keyLength()
        && Arrays.equals(bytes, keyOffset, keyOffset + length, buffer, offset, offset + length);
  }

  /** Reads what a lookup will read, so that the processor fetches it. */
  int touch() {
    return bytes[0] + bytes[bytes.length - 1];
  }

  /** When the load that brought this was sent, in milliseconds of the cache's clock. */
  public final long loadedAt() {
    return expiresAt - lifetime;
  }

  /**
   * When all of this has expired, in milliseconds of the cache's clock. At or before {@link
   * #loadedAt()} if it was never kept.
   */
  public final long expiresAt() {
    return expiresAt;
  }

  /** The value, or that the key is missing. Null if neither is kept, or it has expired. */
  public abstract @Nullable Entry value(long now);

  /**
   * The reply to the read that these bytes spell; null if it is not kept, or has expired. Counts as
   * a use of the reply.
   *
   * @param hash the read's hash by {@link Read#hash}
   */
  abstract @Nullable CachedReply reply(byte[] buffer, int offset, int length, int hash, long now);

  /** The reply to HGETALL; null if it is not kept, or has expired. Counts as a use of the reply. */
  abstract @Nullable CachedReply allOfHash(long now);

  /** About how many bytes of heap this takes. {@code cache.max-bytes} bounds the sum. */
  abstract int weight();
}
