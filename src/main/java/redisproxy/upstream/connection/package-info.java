/**
 * Raw connections to Redis: {@link redisproxy.upstream.connection.RedisConnection} is one, as
 * bytes, and {@link redisproxy.upstream.connection.PendingReplies} tells which reply belongs to
 * which request. What a connection is for, and where it leads, is not known here.
 */
@NullMarked
package redisproxy.upstream.connection;

import org.jspecify.annotations.NullMarked;
