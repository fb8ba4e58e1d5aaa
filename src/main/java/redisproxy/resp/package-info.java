/**
 * RESP, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/):
 * {@link redisproxy.resp.ReplyFramer} finds where replies end, {@link redisproxy.resp.FeedParser}
 * reads the messages of the feed, and {@link redisproxy.resp.Reply} encodes replies.
 *
 * <p>This package uses only java.* and Netty's ByteBuf, no sockets. So tests can split the input at
 * every byte.
 */
@NullMarked
package redisproxy.resp;

import org.jspecify.annotations.NullMarked;
