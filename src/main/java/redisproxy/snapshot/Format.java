package redisproxy.snapshot;

/** The constants of the file format. The package's Javadoc describes the format. */
final class Format {
  static final byte[] MAGIC = {'R', 'P', 'K', 'E', 'Y', 'S', '\n'};
  static final byte VERSION = 1;

  /** Marks the end: stands in place of a database after the last key. */
  static final int END = -1;

  /** The size of the end mark and the checksum together, in bytes. */
  static final int TRAILER = 8;

  /** The longest key that is written, in bytes. It bounds the memory that a reader needs. */
  static final int MAX_KEY = 64 << 10;

  private Format() {}
}
