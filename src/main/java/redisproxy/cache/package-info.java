/**
 * The cache itself, in plain Java: a strict LRU with expiry ({@link redisproxy.cache.LruCache}),
 * and the read-through rule above it ({@link redisproxy.cache.ReadThrough}). Concurrent misses of a
 * key share one load.
 *
 * <p>This package does not depend on Vert.x, Netty or a clock. Time is a parameter, in milliseconds
 * of a monotonic clock, and a waiter is an opaque object. Nothing here is thread-safe: the cache
 * verticle's thread owns it. Only an {@link redisproxy.cache.Answer} leaves that thread, and all
 * that other threads can see of it is immutable.
 */
@NullMarked
package redisproxy.cache;

import org.jspecify.annotations.NullMarked;
