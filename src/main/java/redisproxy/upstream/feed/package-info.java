/**
 * The connection over which Redis tells which keys are written: {@link
 * redisproxy.upstream.feed.Feed} holds one, {@link redisproxy.upstream.feed.FeedConnection} is one,
 * {@link redisproxy.upstream.feed.FeedHandshake} begins it, {@link
 * redisproxy.upstream.feed.Heartbeat} tells a silent one from a dead one.
 */
@NullMarked
package redisproxy.upstream.feed;

import org.jspecify.annotations.NullMarked;
