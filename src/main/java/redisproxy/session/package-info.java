/**
 * The RESP front: a {@link redisproxy.session.RespVerticle} accepts clients, a {@link
 * redisproxy.session.Session} gives each request to one of two lanes, {@link
 * redisproxy.session.CachedLane} or {@link redisproxy.session.TunnelLane}. The protocol's own rules
 * are in {@code redisproxy.resp}.
 *
 * <p>All of a session belongs to the event loop of its verticle.
 */
@NullMarked
package redisproxy.session;

import org.jspecify.annotations.NullMarked;
