/**
 * The event bus and who owns the cache: what verticles say to each other ({@link
 * redisproxy.bus.Bus}), the one {@link redisproxy.bus.CacheVerticle} at its one end and the {@link
 * redisproxy.bus.Front} of each protocol's verticles at the other. Nothing here knows a protocol.
 */
@NullMarked
package redisproxy.bus;

import org.jspecify.annotations.NullMarked;
