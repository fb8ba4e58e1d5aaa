/**
 * The feed: the connection over which Redis sends invalidations. {@link
 * redisproxy.upstream.feed.Feed} keeps one {@link redisproxy.upstream.feed.FeedConnection} open.
 * {@link redisproxy.upstream.feed.FeedHandshake} begins a connection, and {@link
 * redisproxy.upstream.feed.Heartbeat} finds out whether a silent one is dead.
 */
@NullMarked
package redisproxy.upstream.feed;

import org.jspecify.annotations.NullMarked;
