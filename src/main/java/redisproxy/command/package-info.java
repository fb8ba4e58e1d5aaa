/**
 * Requests and commands. A {@link redisproxy.command.RequestParser} reads a {@link
 * redisproxy.command.Request} in place, without copying it out of the buffer. The {@link
 * redisproxy.command.CommandTable} finds its command, its keys, and what it {@link
 * redisproxy.command.Writes}. {@link redisproxy.command.ConnectionState} tracks the state of a
 * client's connection. {@link redisproxy.command.OutstandingRequests} matches each reply to its
 * request.
 *
 * <p>This package uses only java.* and Netty's ByteBuf, no sockets. So tests can split the input at
 * every byte.
 */
@NullMarked
package redisproxy.command;

import org.jspecify.annotations.NullMarked;
