package redisproxy.cache;

/** How far the entries of the cache can be trusted. */
public enum Trust {
  /** Redis reports every write, or by the settings only the expiry bounds the age of entries. */
  VERIFIED,

  /** Redis answers but does not report writes. Every lookup is a load, and no value is kept. */
  BYPASSED,

  /** Redis cannot be reached. Entries are served as unverified until they expire. */
  UNVERIFIED
}
