/**
 * Values from Redis: {@link redisproxy.upstream.load.Loader} loads those that fit into the cache,
 * through the reactive Redis client, over a {@link redisproxy.upstream.load.Link} for each
 * database; {@link redisproxy.upstream.load.ValueStream} streams one that does not fit, without
 * holding all of it in memory.
 */
@NullMarked
package redisproxy.upstream.load;

import org.jspecify.annotations.NullMarked;
