package redisproxy.cache;

/** How far what the cache keeps can be believed. */
public enum Trust {
  /** Whatever is written is told in time, or age alone is to bound it. */
  VERIFIED,

  /** Redis answers but does not tell of writes: every lookup is a load, and none is kept. */
  BYPASSED,

  /** Redis cannot be reached: what is kept is served, as such, until it expires. */
  UNVERIFIED
}
