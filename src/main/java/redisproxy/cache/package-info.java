/**
 * The cache itself, in plain Java: a strict LRU with expiry ({@link redisproxy.cache.LruCache}) and
 * the read-through rule above it ({@link redisproxy.cache.ReadThrough}), one load per key however
 * many wait.
 *
 * <p>Nothing here knows Vert.x, Netty or the clock: time comes in as a parameter, in milliseconds
 * of a monotonic clock, and whoever waits is an opaque object. Nothing here is thread-safe: one
 * thread owns it, the cache verticle's. Only an {@link redisproxy.cache.Answer} leaves that thread,
 * and all that a reader can see of one is immutable.
 */
@NullMarked
package redisproxy.cache;

import org.jspecify.annotations.NullMarked;
