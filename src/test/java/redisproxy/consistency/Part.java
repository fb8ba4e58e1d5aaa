package redisproxy.consistency;

/**
 * One key that a request reads or writes.
 *
 * @param key database and name, as in {@code 0/k1}
 * @param value what is written, null when the key is missing then; of a read nothing
 * @param tag what names a write in Redis's own log: no two have the same; null of a read
 * @param lifetimeMs after which a value written expires; 0 = never
 */
record Part(String key, String value, String tag, long lifetimeMs) {
  static Part read(String key) {
    return new Part(key, null, null, 0);
  }

  static Part write(String key, String value) {
    return new Part(key, value, value, 0);
  }

  static Part delete(String key, String tag) {
    return new Part(key, null, tag, 0);
  }

  boolean isWrite() {
    return tag != null;
  }
}
