/**
 * The event bus. {@link redisproxy.bus.Bus} defines the messages between verticles. The RESP and
 * HTTP verticles send and receive them through a {@link redisproxy.bus.Front}. This package does
 * not depend on either protocol. {@code redisproxy.cacheverticle} is at the other end of the bus.
 */
@NullMarked
package redisproxy.bus;

import org.jspecify.annotations.NullMarked;
