/**
 * How sockets are read and written: with io_uring, epoll or NIO. The transport is chosen once, at
 * the start, by trying what works here.
 */
@NullMarked
package redisproxy.transport;

import org.jspecify.annotations.NullMarked;
