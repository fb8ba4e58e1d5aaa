package redisproxy.cache;

import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;

/**
 * A read of one key by a command other than GET, such as {@code HGET key field} or {@code HGETALL
 * key}. Or a read of several keys, MGET or EXISTS: its arguments are the keys behind the first. Two
 * reads of a key are the same if their bytes are: nothing is normalised, because Redis may answer
 * {@code 0} and {@code 00} differently.
 *
 * <p>The bytes are one byte of {@linkplain #flags flags}, the command's name in lower case, and the
 * arguments behind the key. Two bytes of length stand before the name and before each argument, so
 * that no two reads spell the same bytes. Immutable.
 */
public final class Read {
  /** The reply is RESP3. Without this flag it is RESP2, and clients of both versions share it. */
  public static final int RESP3 = 1;

  /** There are arguments behind the key. */
  public static final int ARGUMENTS = 2;

  /** One of many ranges that can be asked for, such as LRANGE: few are kept for each key. */
  public static final int RANGE = 4;

  /** The arguments are fields of a hash, which may expire one by one. */
  public static final int FIELDS = 8;

  /** The reply names fields of a hash, which may expire one by one. */
  public static final int ALL_FIELDS = 16;

  /** The reply is a map in RESP3, and an array of its keys and values in RESP2. */
  public static final int MAP = 32;

  /** The reply is a set in RESP3, and an array in RESP2. */
  public static final int SET = 64;

  /** The arguments are further keys. */
  public static final int KEYS = 128;

  /** In a read of several keys, which asks for no range: Redis must answer it itself. */
  public static final int WHOLE = RANGE;

  /** Where the name begins, behind the flags and its length. */
  static final int NAME_AT = 3;

  private static final byte[] HGETALL = "hgetall".getBytes(StandardCharsets.US_ASCII);

  private final byte[] bytes;
  private final int hash;

  private Read(byte[] bytes) {
    this.bytes = bytes;
    this.hash = Key.hash(0, bytes, 0, bytes.length);
  }

  /** Writes the length of a name or an argument; returns the index behind it. */
  public static int putLength(byte[] buffer, int offset, int length) {
    buffer[offset] = (byte) (length >> 8);
    buffer[offset + 1] = (byte) length;
    return offset + 2;
  }

  /** A read without arguments. */
  static Read of(int flags, String command) {
    byte[] bytes = new byte[1 + 2 + command.length()];
    bytes[0] = (byte) flags;
    putLength(bytes, 1, command.length());
    byte[] name = command.getBytes(StandardCharsets.ISO_8859_1);
    System.arraycopy(name, 0, bytes, 3, name.length);
    return new Read(bytes);
  }

  /** The length that {@link #putLength} wrote. */
  static int length(byte[] buffer, int offset) {
    return (buffer[offset] & 0xff) << 8 | buffer[offset + 1] & 0xff;
  }

  /** The read that these bytes of a buffer spell; the bytes are copied. */
  public static Read copyOf(byte[] buffer, int offset, int length) {
    return new Read(Arrays.copyOfRange(buffer, offset, offset + length));
  }

  /** This read of several keys, to be answered by Redis itself. */
  public Read whole() {
    byte[] copy = bytes.clone();
    copy[0] |= WHOLE;
    return new Read(copy);
  }

  /** The hash of the read that these bytes spell. */
  static int hash(byte[] buffer, int offset, int length) {
    return Key.hash(0, buffer, offset, length);
  }

  boolean is(byte[] buffer, int offset, int length) {
    return Arrays.equals(bytes, 0, bytes.length, buffer, offset, offset + length);
  }

  /** The same read with a reply in RESP3. */
  public Read inResp3() {
    byte[] changed = bytes.clone();
    changed[0] |= RESP3;
    return new Read(changed);
  }

  /** The bytes, not a copy. Do not change them. */
  public byte[] bytes() {
    return bytes;
  }

  /** Whether this is HGETALL, without further arguments. */
  boolean isAllOfHash() {
    return Arrays.equals(bytes, NAME_AT, bytes.length, HGETALL, 0, HGETALL.length);
  }

  /** The command's name, in lower case. */
  String command() {
    return new String(bytes, NAME_AT, length(bytes, 1), StandardCharsets.ISO_8859_1);
  }

  /** The command's name, and the arguments behind the key. */
  public List<byte[]> words() {
    List<byte[]> words = new ArrayList<>();
    int at = 1;
    while (at < bytes.length) {
      int length = length(bytes, at);
      at += 2 + length;
      words.add(Arrays.copyOfRange(bytes, at - length, at));
    }
    return words;
  }

  /** All keys of a read of several keys. */
  List<Key> keys(Key first) {
    List<Key> keys = new ArrayList<>();
    keys.add(first);
    List<byte[]> words = words();
    words.subList(1, words.size()).forEach(key -> keys.add(Key.of(first.db(), key)));
    return keys;
  }

  /** All flags. */
  public int flags() {
    return bytes[0];
  }

  /** Whether a flag is set. */
  public boolean has(int flag) {
    return (bytes[0] & flag) != 0;
  }

  @Override
  public int hashCode() {
    return hash;
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof Read read && hash == read.hash && Arrays.equals(bytes, read.bytes);
  }
}
