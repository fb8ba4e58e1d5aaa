package redisproxy.cache;

import java.lang.invoke.MethodHandles;
import java.lang.invoke.VarHandle;
import java.nio.ByteOrder;
import java.security.SecureRandom;
import java.util.Arrays;

/** A key of one of Redis's databases. Immutable; owns its bytes. */
public final class Key {
  private static final VarHandle LONGS =
      MethodHandles.byteArrayViewVarHandle(long[].class, ByteOrder.LITTLE_ENDIAN);

  /**
   * Random for each process, so that no attacker can prepare keys that collide. It does not derive
   * from the start time, which an attacker could find out.
   */
  private static final long SEED = new SecureRandom().nextLong() | 1;

  private static final long MULTIPLIER = 0x9E3779B97F4A7C15L;

  private final int db;
  private final byte[] bytes;
  private final int hash;

  private Key(int db, byte[] bytes, int hash) {
    this.db = db;
    this.bytes = bytes;
    this.hash = hash;
  }

  /** The key with these bytes of a buffer. The bytes are copied. */
  public static Key copyOf(int db, byte[] buffer, int offset, int length, int hash) {
    return new Key(db, Arrays.copyOfRange(buffer, offset, offset + length), hash);
  }

  /** A key that keeps the given array. */
  public static Key of(int db, byte[] bytes) {
    return new Key(db, bytes, hash(db, bytes, 0, bytes.length));
  }

  /**
   * The hash of a key, computed eight bytes at a time. The front computes it once and sends it with
   * the lookup.
   */
  public static int hash(int db, byte[] buffer, int offset, int length) {
    // Multiply by the seed. Otherwise an attacker could choose bytes that cancel the effect of
    // another length or database.
    long h = SEED * ((long) db << 32 | length);
    int i = offset;
    for (int end = offset + length - 8; i <= end; i += 8) {
      h = mix(h ^ (long) LONGS.get(buffer, i));
    }
    long tail = 0;
    for (int end = offset + length; i < end; i++) {
      tail = tail << 8 | buffer[i] & 0xff;
    }
    h = mix(h ^ tail);
    return (int) (h ^ h >>> 32);
  }

  private static long mix(long x) {
    long a = x + SEED;
    return Math.multiplyHigh(a, MULTIPLIER) ^ a * MULTIPLIER;
  }

  public int db() {
    return db;
  }

  /** The key's bytes, not a copy. Do not change them. */
  public byte[] bytes() {
    return bytes;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Key key
        && hash == key.hash
        && db == key.db
        && Arrays.equals(bytes, key.bytes);
  }
}
