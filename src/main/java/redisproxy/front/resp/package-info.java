/**
 * The RESP front. A {@link redisproxy.front.resp.RespVerticle} accepts clients. A {@link
 * redisproxy.front.resp.ClientConnection} handles the bytes of a socket. A {@link
 * redisproxy.front.resp.Session} holds the state of a client. A {@link
 * redisproxy.front.resp.Dispatcher} chooses the route of each request. The rules of the protocol
 * are in {@code redisproxy.resp}.
 *
 * <p>All objects of a session belong to the event loop of its verticle.
 */
@NullMarked
package redisproxy.front.resp;

import org.jspecify.annotations.NullMarked;
