/**
 * Everything that talks to Redis.
 *
 * <p>A server has a {@link redisproxy.upstream.node.CacheNode} at the cache verticle: {@link
 * redisproxy.upstream.load.Loader} loads missing values through the reactive Redis client, over a
 * {@link redisproxy.upstream.load.Link} for each database; {@link redisproxy.upstream.feed.Feed}
 * receives Redis's invalidations; {@link redisproxy.upstream.node.Probe} asks for the server's role
 * and whether it lets the proxy in.
 *
 * <p>It has a {@link redisproxy.upstream.node.Node} on each event loop of the RESP fronts: {@link
 * redisproxy.upstream.node.DedicatedConnections} opens a session's own connection; {@link
 * redisproxy.upstream.node.SharedConnection} and {@link redisproxy.upstream.node.QueryConnection}
 * are connections that sessions share; {@link redisproxy.upstream.load.ValueStream} streams a value
 * that is too large for the cache, without holding all of it in memory.
 *
 * <p>All connections except the loader's are raw: see {@link redisproxy.upstream.connection}. No
 * other package imports {@code io.vertx.redis}.
 */
@NullMarked
package redisproxy.upstream;

import org.jspecify.annotations.NullMarked;
