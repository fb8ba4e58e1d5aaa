/**
 * Everything that talks to Redis.
 *
 * <p>A server has a {@link redisproxy.upstream.CacheNode} at the cache verticle: {@link
 * redisproxy.upstream.Loader} brings missing values through the reactive Redis client, over a
 * {@link redisproxy.upstream.Link} for each database; {@link redisproxy.upstream.Feed} is told what
 * is written; {@link redisproxy.upstream.Probe} asks for the server's role and access.
 *
 * <p>It has a {@link redisproxy.upstream.Node} on each event loop of the RESP fronts: {@link
 * redisproxy.upstream.DedicatedConnections} opens a session's own connection; {@link
 * redisproxy.upstream.SharedConnection} and {@link redisproxy.upstream.QueryConnection} are
 * connections that sessions share; {@link redisproxy.upstream.ValueStream} carries a value too
 * large for the cache past the heap.
 *
 * <p>All but the loader's connections are raw: see {@link redisproxy.upstream.connection}. No other
 * package imports {@code io.vertx.redis}.
 */
@NullMarked
package redisproxy.upstream;

import org.jspecify.annotations.NullMarked;
