/**
 * Everything that talks to Redis: {@link redisproxy.upstream.Loader} brings missing values through
 * the reactive Redis client, {@link redisproxy.upstream.Link} holds its connection, {@link
 * redisproxy.upstream.ValueStream} carries a value too large for the cache past the heap.
 *
 * <p>No other package imports {@code io.vertx.redis}.
 */
package redisproxy.upstream;
