/**
 * RESP, the protocol of Redis (https://redis.io/docs/latest/develop/reference/protocol-spec/):
 * {@link redisproxy.resp.RequestParser} reads requests where they lie in a buffer, {@link
 * redisproxy.resp.Reply} spells replies, {@link redisproxy.resp.ReplyQueue} keeps replies in the
 * order of their requests.
 *
 * <p>Pure: java.* and Netty's ByteBuf, no sockets, so that every split of the input can be tested.
 */
@NullMarked
package redisproxy.resp;

import org.jspecify.annotations.NullMarked;
