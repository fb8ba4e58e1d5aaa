/**
 * One Redis server. {@link redisproxy.upstream.node.CacheNode} is the cache verticle's side of it:
 * loader, feed and {@link redisproxy.upstream.node.Probe}. {@link redisproxy.upstream.node.Node} is
 * the side of a RESP front's event loop: shared, dedicated and query connections.
 */
@NullMarked
package redisproxy.upstream.node;

import org.jspecify.annotations.NullMarked;
