/**
 * RESP, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/):
 * {@link redisproxy.resp.ReplyFramer} finds where replies end, {@link redisproxy.resp.FeedParser}
 * reads what the feed tells, {@link redisproxy.resp.Reply} spells replies.
 *
 * <p>Pure: java.* and Netty's ByteBuf, no sockets, so that every split of the input can be tested.
 */
@NullMarked
package redisproxy.resp;

import org.jspecify.annotations.NullMarked;
