/**
 * The RESP front: a {@link redisproxy.front.resp.RespVerticle} accepts clients. {@link
 * redisproxy.front.resp.ClientConnection} is the bytes of a socket, {@link
 * redisproxy.front.resp.Session} the states a client goes through, and {@link
 * redisproxy.front.resp.Dispatcher} chooses the route of each request. The protocol's own rules are
 * in {@code redisproxy.resp}.
 *
 * <p>All of a session belongs to the event loop of its verticle.
 */
@NullMarked
package redisproxy.front.resp;

import org.jspecify.annotations.NullMarked;
