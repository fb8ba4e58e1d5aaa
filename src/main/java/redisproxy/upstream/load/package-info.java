/**
 * Values from Redis: {@link redisproxy.upstream.load.Loader} brings those that fit into the cache,
 * through the reactive Redis client, over a {@link redisproxy.upstream.load.Link} for each
 * database; {@link redisproxy.upstream.load.ValueStream} carries one that does not fit past the
 * heap.
 */
@NullMarked
package redisproxy.upstream.load;

import org.jspecify.annotations.NullMarked;
