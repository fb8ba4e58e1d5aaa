/**
 * The event bus: what verticles say to each other ({@link redisproxy.bus.Bus}), and the {@link
 * redisproxy.bus.Front} through which the verticles of each protocol say it. Nothing here knows a
 * protocol. The cache is at the other end: {@code redisproxy.cacheverticle}.
 */
@NullMarked
package redisproxy.bus;

import org.jspecify.annotations.NullMarked;
