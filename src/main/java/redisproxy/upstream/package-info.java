/**
 * Everything that talks to Redis: {@link redisproxy.upstream.Loader} brings missing values through
 * the reactive Redis client, over a {@link redisproxy.upstream.Link} for each database; {@link
 * redisproxy.upstream.ValueStream} carries a value too large for the cache past the heap; {@link
 * redisproxy.upstream.Tunnels} opens a session's own connection; {@link redisproxy.upstream.Trunk}
 * and {@link redisproxy.upstream.Aside} are connections that sessions share. All of these but the
 * first are raw: see {@link redisproxy.upstream.connection}.
 *
 * <p>No other package imports {@code io.vertx.redis}.
 */
@NullMarked
package redisproxy.upstream;

import org.jspecify.annotations.NullMarked;
