/**
 * Commands: {@link redisproxy.command.RequestParser} reads a {@link redisproxy.command.Request}
 * where it lies in a buffer, {@link redisproxy.command.CommandTable} tells what its command is,
 * which of its arguments are keys and what it {@link redisproxy.command.Writes}. {@link
 * redisproxy.command.ConnectionState} is what a client's requests make of its connection, and
 * {@link redisproxy.command.Outstanding} tells which reply belongs to which request.
 *
 * <p>Pure: java.* and Netty's ByteBuf, no sockets, so that every split of the input can be tested.
 */
@NullMarked
package redisproxy.command;

import org.jspecify.annotations.NullMarked;
