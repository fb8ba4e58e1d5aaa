package redisproxy.snapshot;

/** What reader and writer have to agree on. */
final class Format {
  static final byte[] MAGIC = {'R', 'P', 'K', 'E', 'Y', 'S', '\n'};
  static final byte VERSION = 1;

  /** In the place of a database, behind the last key. */
  static final int END = -1;

  /** The end and the checksum, in bytes. */
  static final int TRAILER = 8;

  /** Longer keys are not written down, in bytes: a reader has to have room for any. */
  static final int MAX_KEY = 64 << 10;

  private Format() {}
}
