package redisproxy.consistency;

/**
 * One key that a request reads or writes.
 *
 * @param key database and name, as in {@code 0/k1}
 * @param value the value that is written, or whose presence is asked for; null for a deletion and
 *     for any other read
 * @param tag the unique tag that identifies a write in Redis's log; null for a read
 * @param lifetimeMs the time after which a written value expires; 0 = never
 */
record Part(String key, String value, String tag, long lifetimeMs) {
  static Part read(String key) {
    return new Part(key, null, null, 0);
  }

  /** A read that says whether a set has this value. */
  static Part isMember(String key, String value) {
    return new Part(key, value, null, 0);
  }

  static Part write(String key, String value) {
    return new Part(key, value, value, 0);
  }

  static Part delete(String key, String tag) {
    return new Part(key, null, tag, 0);
  }

  boolean isMember() {
    return tag == null && value != null;
  }

  boolean isWrite() {
    return tag != null;
  }
}
