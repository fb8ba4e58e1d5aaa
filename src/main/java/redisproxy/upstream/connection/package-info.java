/**
 * Raw connections to Redis: {@link redisproxy.upstream.connection.RedisConnection} carries bytes,
 * and {@link redisproxy.upstream.connection.PendingReplies} matches replies with requests. This
 * package does not know what a connection is used for.
 */
@NullMarked
package redisproxy.upstream.connection;

import org.jspecify.annotations.NullMarked;
